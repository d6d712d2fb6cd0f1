import { violationsOf } from './constraint';
import type { StructureConstraint } from './constraint';
import { summarizeTrainingJob } from './describe-training-job';
import type { TrainingJob } from './training-job';
import { validationError, validationErrors } from './validate-request';
import { warmPoolStatus } from './warm-pool';

export const TIME = { type: 'any' } as const;

const LIST_TRAINING_JOBS: StructureConstraint = {
  type: 'structure',
  fields: {
    NextToken: { type: 'string', max: 8192 },
    MaxResults: { type: 'integer', min: 1, max: 100 },
    CreationTimeAfter: TIME,
    CreationTimeBefore: TIME,
    LastModifiedTimeAfter: TIME,
    LastModifiedTimeBefore: TIME,
    NameContains: { type: 'string', max: 63, pattern: '[a-zA-Z0-9-]*' },
    WarmPoolStatusEquals: { type: 'string', oneOf: ['Available', 'Terminated', 'Reused', 'InUse'] },
    StatusEquals: { type: 'string', oneOf: ['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped'] },
    SortBy: { type: 'string', oneOf: ['Name', 'CreationTime', 'Status'] },
    SortOrder: { type: 'string', oneOf: ['Ascending', 'Descending'] },
  },
};

const DEFAULT_PAGE = 10;

/** Answers ListTrainingJobs; a page's token is the number of jobs before it. */
export function listTrainingJobs(
  jobs: readonly TrainingJob[],
  input: Record<string, unknown>,
  now: number,
): Record<string, unknown> {
  const violations = violationsOf(input, LIST_TRAINING_JOBS);
  if (violations.length > 0) throw validationErrors(violations);
  const start = input.NextToken === undefined ? 0 : Number(input.NextToken);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw validationError(`NextToken ${JSON.stringify(input.NextToken)} is not one that ListTrainingJobs answered.`);
  }
  const found = jobs.filter((job) => matches(job, input, now)).sort(order(input));
  const end = start + ((input.MaxResults as number | undefined) ?? DEFAULT_PAGE);
  return {
    TrainingJobSummaries: found.slice(start, end).map((job) => summarizeTrainingJob(job, now)),
    ...(end < found.length ? { NextToken: String(end) } : {}),
  };
}

function matches(job: TrainingJob, input: Record<string, unknown>, now: number): boolean {
  const { NameContains, StatusEquals, WarmPoolStatusEquals } = input;
  return (
    (NameContains === undefined || job.name.includes(NameContains as string)) &&
    (StatusEquals === undefined || job.status === StatusEquals) &&
    (WarmPoolStatusEquals === undefined || warmPoolStatus(job, now)?.Status === WarmPoolStatusEquals) &&
    isBetween(job.creationTime, input.CreationTimeAfter, input.CreationTimeBefore) &&
    isBetween(job.lastModifiedTime, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore)
  );
}

/** @param after a time as a request carries it: seconds since the epoch, or a text */
export function isBetween(time: number, after: unknown, before: unknown): boolean {
  return (after === undefined || time > toMs(after)) && (before === undefined || time < toMs(before));
}

function toMs(value: unknown): number {
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value));
  if (Number.isNaN(ms)) throw validationError(`${JSON.stringify(value)} is no time. Give seconds since the epoch.`);
  return ms;
}

function order(input: Record<string, unknown>): (left: TrainingJob, right: TrainingJob) => number {
  const key = (job: TrainingJob): string | number =>
    input.SortBy === 'Name' ? job.name : input.SortBy === 'Status' ? job.status : job.creationTime;
  const direction = input.SortOrder === 'Descending' ? -1 : 1;
  return (left, right) => {
    const [a, b] = [key(left), key(right)];
    if (a !== b) return a < b ? -direction : direction;
    return left.name < right.name ? -direction : direction;
  };
}
