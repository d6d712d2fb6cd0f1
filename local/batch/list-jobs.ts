import { violationsOf } from '../sagemaker/constraint';
import type { StructureConstraint } from '../sagemaker/constraint';
import type { BatchJob } from './batch-job';
import { clientException } from './client-exception';
import { summarizeJob } from './describe-job';

const STATUSES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'];
const FILTERS = ['JOB_NAME', 'JOB_DEFINITION', 'BEFORE_CREATED_AT', 'AFTER_CREATED_AT'];

const LIST_JOBS: StructureConstraint = {
  type: 'structure',
  required: ['jobQueue'],
  fields: {
    jobQueue: { type: 'string', min: 1 },
    jobStatus: { type: 'string', oneOf: STATUSES },
    maxResults: { type: 'integer', min: 1 },
    nextToken: { type: 'string' },
    filters: {
      type: 'list',
      max: 1,
      member: {
        type: 'structure',
        required: ['name', 'values'],
        fields: {
          name: { type: 'string', oneOf: FILTERS },
          values: { type: 'list', min: 1, max: 1, member: { type: 'string', min: 1 } },
        },
      },
    },
  },
};

/** The longest page of a list with a filter, and of one without. */
const FILTERED_PAGE = 100;
const PAGE = 1000;

interface Filter {
  readonly name: string;
  readonly values: readonly [string];
}

export interface ListJobsInput {
  readonly jobQueue: string;
  readonly jobStatus?: string;
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly filters?: readonly Filter[];
}

export function validateListJobs(input: Record<string, unknown>): ListJobsInput {
  const violations = violationsOf(input, LIST_JOBS);
  if (violations.length > 0) throw clientException(violations.join('; '));
  return input as unknown as ListJobsInput;
}

/** Answers ListJobs over the jobs of a queue, the newest first; a page's token is the last job on it. */
export function listJobs(jobs: readonly BatchJob[], input: ListJobsInput): Record<string, unknown> {
  const filter = input.filters?.[0];
  // with a filter, jobs of every status are listed, whatever jobStatus says.
  const isMeant =
    filter === undefined ? ({ status }: BatchJob) => status === (input.jobStatus ?? 'RUNNING') : filterOf(filter);
  // the number of the last job listed, so that jobs that are new in the meantime shift no page.
  const before = input.nextToken === undefined ? Infinity : Number(input.nextToken);
  if (Number.isNaN(before)) throw clientException(`nextToken '${input.nextToken}' is not one that ListJobs answered`);
  const found = jobs.filter((job) => job.number < before && isMeant(job)).sort((a, b) => b.number - a.number);
  const limit = filter === undefined ? PAGE : FILTERED_PAGE;
  const page = found.slice(0, Math.min(input.maxResults ?? limit, limit));
  return {
    jobSummaryList: page.map(summarizeJob),
    ...(page.length < found.length && { nextToken: String(page.at(-1)!.number) }),
  };
}

function filterOf({ name, values: [value] }: Filter): (job: BatchJob) => boolean {
  const beginsOrIs = (text: string, pattern: string) =>
    pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
  switch (name) {
    case 'JOB_NAME':
      return (job) => beginsOrIs(job.name.toLowerCase(), value.toLowerCase());
    case 'JOB_DEFINITION':
      return ({ jobDefinition }) =>
        value.startsWith('arn:')
          ? jobDefinition === value
          : beginsOrIs(jobDefinition.replace(/^.*:job-definition\/|:\d+$/g, ''), value);
    case 'BEFORE_CREATED_AT':
      return ({ createdAt }) => createdAt < timeOf(name, value);
    default:
      return ({ createdAt }) => createdAt > timeOf(name, value);
  }
}

function timeOf(name: string, value: string): number {
  const time = Number(value);
  if (Number.isNaN(time)) throw clientException(`${name}: '${value}' is no time. Give milliseconds since the epoch`);
  return time;
}
