import { AttemptOutcome } from '../../../lib/contract/calls';
import { FailureClass } from '../store/records';

/** Why Batch's console says that a job ended which a study has stopped. */
export const STOP_REASON = 'Stopped by cdk-hpo';

/** Of our entry point, which may notice the end of the time before Batch does. */
const TIME_OUT_EXIT_CODE = 124;

/** Why a queue ends a job that waits: for what can't be, or for what there is none of at present. */
const HOPELESS = /^(\w+ by JobStateTimeLimit\b.*)?\bMISCONFIGURATION:/i;
const NO_CAPACITY = /^(\w+ by JobStateTimeLimit\b.*)?\bCAPACITY:/i;

/** Of ECS, which Batch asks to start a job. */
const TOO_LONG = /^Container Overrides length must be at most/i;

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
  // cancelled as well, but by no person.
  if (isEndedByQueue(job)) return 'Failed';
  return job.statusReason === STOP_REASON || job.isTerminated || job.isCancelled || isTimeOut(job)
    ? 'Stopped'
    : 'Failed';
}

/** https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html */
function isTimeOut({ status, statusReason = '', container }: BatchJobDetail): boolean {
  const isOver = /duration exceeded timeout/i.test(statusReason) || container?.exitCode === TIME_OUT_EXIT_CODE;
  return status === 'FAILED' && isOver;
}

/**
 * By an action of the queue on jobs that wait too long; the reason may also be what it was while the job waited.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable_misconfiguration.html
 */
function isEndedByQueue({ statusReason = '' }: BatchJobDetail): boolean {
  return HOPELESS.test(statusReason) || NO_CAPACITY.test(statusReason);
}

/** Reads why a job failed that Batch or ECS never let begin; undefined for all other reasons. */
export function classOfWaiting(reason: string): FailureClass | undefined {
  if (NO_CAPACITY.test(reason)) return 'quota';
  return HOPELESS.test(reason) || TOO_LONG.test(reason) ? 'badRequest' : undefined;
}

function reasonOf({ statusReason, container = {} }: BatchJobDetail): string {
  const parts = [statusReason, container.reason, adviceFor(statusReason)].filter(
    (part) => part !== undefined && part !== '',
  );
  const code = container.exitCode === undefined ? '' : `, exit code: ${container.exitCode}`;
  return `${parts.join('; ') || 'no reason given'}${code}`;
}

function adviceFor(statusReason = ''): string | undefined {
  if (/MAX_RESOURCE|JOB_RESOURCE_REQUIREMENT/.test(statusReason) && HOPELESS.test(statusReason)) {
    return 'no instance of the job queue can ever hold the job: lower vcpus, memory or gpus, or allow larger instanceTypes and more maxVcpus';
  }
  return TOO_LONG.test(statusReason)
    ? 'shorten names and values of searchSpace, or what else comes with each job where jobDefinition is given'
    : undefined;
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
