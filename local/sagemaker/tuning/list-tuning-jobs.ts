import { violationsOf } from '../constraint';
import type { StructureConstraint } from '../constraint';
import { isBetween, TIME } from '../list-training-jobs';
import { validationErrors } from '../validate-request';
import { summarizeTuningJob } from './describe-tuning-job';
import type { FindJob } from './objective';
import { page, sorted } from './page';
import type { TuningJob } from './tuning-job';

const LIST_TUNING_JOBS: StructureConstraint = {
  type: 'structure',
  fields: {
    NextToken: { type: 'string', max: 8192 },
    MaxResults: { type: 'integer', min: 1, max: 100 },
    SortBy: { type: 'string', oneOf: ['Name', 'Status', 'CreationTime'] },
    SortOrder: { type: 'string', oneOf: ['Ascending', 'Descending'] },
    NameContains: { type: 'string', max: 63, pattern: '[a-zA-Z0-9-]+' },
    CreationTimeAfter: TIME,
    CreationTimeBefore: TIME,
    LastModifiedTimeAfter: TIME,
    LastModifiedTimeBefore: TIME,
    StatusEquals: {
      type: 'string',
      oneOf: ['Completed', 'InProgress', 'Failed', 'Stopped', 'Stopping', 'Deleting', 'DeleteFailed'],
    },
  },
};

/** Answers ListHyperParameterTuningJobs. */
export function listTuningJobs(jobs: readonly TuningJob[], input: Record<string, unknown>, find: FindJob) {
  const violations = violationsOf(input, LIST_TUNING_JOBS);
  if (violations.length > 0) throw validationErrors(violations);
  const { NameContains, StatusEquals, SortBy } = input;
  const found = jobs.filter(
    ({ name, status, creationTime, lastModifiedTime }) =>
      (NameContains === undefined || name.includes(NameContains as string)) &&
      (StatusEquals === undefined || status === StatusEquals) &&
      isBetween(creationTime, input.CreationTimeAfter, input.CreationTimeBefore) &&
      isBetween(lastModifiedTime, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore),
  );
  const key = ({ name, status, creationTime }: TuningJob) =>
    SortBy === 'CreationTime' ? creationTime : SortBy === 'Status' ? status : name;
  const inOrder = sorted(found, input, key, ({ name }) => name);
  const { entries, next } = page('ListHyperParameterTuningJobs', inOrder, input);
  return { HyperParameterTuningJobSummaries: entries.map((job) => summarizeTuningJob(job, find)), ...next };
}
