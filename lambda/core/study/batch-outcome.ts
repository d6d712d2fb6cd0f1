import { AttemptOutcome } from '../../../lib/contract/calls';

/** Why Batch's console says that a job ended which a study has stopped. */
export const STOP_REASON = 'Stopped by cdk-hpo';

/** Of our entry point, which may notice the end of the time before Batch does. */
const TIME_OUT_EXIT_CODE = 124;

/** In no name of a job and in no id: Batch lets many jobs have one name. */
export const NAME_SEPARATOR = ':';

/** What DescribeJobs tells of a job of AWS Batch, as far as it matters here. */
export interface BatchJobDetail {
  readonly jobName?: string;
  readonly jobId?: string;
  readonly status?: string;
  readonly statusReason?: string;
  readonly isTerminated?: boolean;
  readonly isCancelled?: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  readonly container?: BatchContainer;
  readonly attempts?: readonly {
    readonly startedAt?: number;
    readonly stoppedAt?: number;
    readonly container?: BatchContainer;
  }[];
}

interface BatchContainer {
  readonly exitCode?: number;
  readonly reason?: string;
}

/** Step Functions writes the fields of Batch's answers in capitals. */
export function batchJobOf(description: Record<string, unknown>): BatchJobDetail | undefined {
  return typeof description.JobId === 'string' ? (uncapitalized(description) as BatchJobDetail) : undefined;
}

/** How a job of Batch has come along, in the words that outcomes of training jobs have. */
export function batchOutcome(job: BatchJobDetail, at: string): AttemptOutcome {
  const status = statusOf(job);
  return {
    jobName: `${job.jobName}${NAME_SEPARATOR}${job.jobId}`,
    status,
    ...(status === 'Stopped' && { secondaryStatus: 'Stopped' }),
    ...(isTimeOut(job) && { secondaryStatus: 'MaxRuntimeExceeded' }),
    ...(status === 'Failed' && { failureReason: reasonOf(job) }),
    billableSeconds: secondsOf(job, at),
  };
}

export function hasEnded({ status }: BatchJobDetail): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

function statusOf(job: BatchJobDetail): string {
  if (job.status === 'SUCCEEDED') return 'Completed';
  if (!hasEnded(job)) return 'InProgress';
  return job.statusReason === STOP_REASON || job.isTerminated || job.isCancelled || isTimeOut(job)
    ? 'Stopped'
    : 'Failed';
}

/** https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html */
function isTimeOut({ status, statusReason = '', container }: BatchJobDetail): boolean {
  const isOver = /duration exceeded timeout/i.test(statusReason) || container?.exitCode === TIME_OUT_EXIT_CODE;
  return status === 'FAILED' && isOver;
}

function reasonOf({ statusReason, container = {} }: BatchJobDetail): string {
  const parts = [statusReason, container.reason].filter((part) => part !== undefined && part !== '');
  const code = container.exitCode === undefined ? '' : `, exit code: ${container.exitCode}`;
  return `${parts.join('; ') || 'no reason given'}${code}`;
}

/** Of all its attempts: Batch itself starts a job anew whose host was lost. */
function secondsOf({ attempts = [], startedAt, stoppedAt }: BatchJobDetail, at: string): number {
  const ended = attempts.reduce((sum, attempt) => sum + between(attempt.startedAt, attempt.stoppedAt), 0);
  const isCounted = attempts.some((attempt) => attempt.startedAt === startedAt);
  const last = isCounted ? 0 : between(startedAt, stoppedAt ?? Date.parse(at));
  return Math.round((ended + last) / 1000);
}

function between(from: number | undefined, to: number | undefined): number {
  // of no number is any larger: the time of now may be unknown.
  return from !== undefined && to !== undefined && to > from ? to - from : 0;
}

function uncapitalized(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncapitalized);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name.charAt(0).toLowerCase() + name.slice(1), uncapitalized(part)]),
  );
}
