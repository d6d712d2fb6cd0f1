import type { BatchJob } from './batch-job';

/** A job as DescribeJobs answers it. */
export interface JobDetail extends Readonly<Record<string, unknown>> {
  readonly jobId: string;
  readonly jobName: string;
  readonly status: string;
  readonly statusReason?: string;
}

export function describeJob(job: BatchJob): JobDetail {
  const last = job.attempts.at(-1)?.container;
  const logStreamName = job.logStreamName ?? last?.logStreamName;
  return withoutGaps({
    jobArn: job.arn,
    jobId: job.id,
    jobName: job.name,
    jobQueue: job.jobQueue,
    jobDefinition: job.jobDefinition,
    status: job.status,
    statusReason: job.statusReason,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    isCancelled: job.isCancelled,
    isTerminated: job.isTerminated,
    attempts: [...job.attempts],
    retryStrategy: { ...job.retryStrategy, evaluateOnExit: job.retryStrategy.evaluateOnExit ?? [] },
    ...(job.attemptDurationSeconds !== undefined && {
      timeout: { attemptDurationSeconds: job.attemptDurationSeconds },
    }),
    dependsOn: [],
    parameters: {},
    tags: job.tags,
    container: withoutGaps({ ...job.container, exitCode: last?.exitCode, reason: last?.reason, logStreamName }),
  }) as JobDetail;
}

/** A job as ListJobs answers it. */
export function summarizeJob(job: BatchJob): Record<string, unknown> {
  const { exitCode, reason } = job.attempts.at(-1)?.container ?? {};
  return withoutGaps({
    jobArn: job.arn,
    jobId: job.id,
    jobName: job.name,
    jobDefinition: job.jobDefinition,
    status: job.status,
    statusReason: job.statusReason,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    ...(job.attempts.length > 0 && { container: withoutGaps({ exitCode, reason }) }),
  });
}

function withoutGaps(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
