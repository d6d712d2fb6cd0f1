import { violationsOf } from '../constraint';
import type { StructureConstraint } from '../constraint';
import { validationErrors } from '../validate-request';
import { TUNING_JOB_NAME } from './create-tuning-job-model';
import { summarizeChild } from './describe-tuning-job';
import { childResults } from './objective';
import type { ChildResult, FindJob } from './objective';
import { page, sorted } from './page';
import type { TuningJob } from './tuning-job';

const LIST_CHILDREN: StructureConstraint = {
  type: 'structure',
  required: ['HyperParameterTuningJobName'],
  fields: {
    HyperParameterTuningJobName: TUNING_JOB_NAME,
    NextToken: { type: 'string', max: 8192 },
    MaxResults: { type: 'integer', min: 1, max: 100 },
    StatusEquals: { type: 'string', oneOf: ['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped', 'Deleting'] },
    SortBy: { type: 'string', oneOf: ['Name', 'CreationTime', 'Status', 'FinalObjectiveMetricValue'] },
    SortOrder: { type: 'string', oneOf: ['Ascending', 'Descending'] },
  },
};

/** Throws a ValidationException where the request of ListTrainingJobsForHyperParameterTuningJob has a wrong field. */
export function validateListChildren(input: Record<string, unknown>): string {
  const violations = violationsOf(input, LIST_CHILDREN);
  if (violations.length > 0) throw validationErrors(violations);
  return input.HyperParameterTuningJobName as string;
}

/** Answers ListTrainingJobsForHyperParameterTuningJob, for a valid request. */
export function listChildren(tuning: TuningJob, input: Record<string, unknown>, find: FindJob) {
  const { StatusEquals, SortBy } = input;
  const found = childResults(tuning, find).filter(
    ({ job, value }) =>
      (StatusEquals === undefined || job.status === StatusEquals) &&
      // as AMT says: one without a value is left out of a list by value.
      (SortBy !== 'FinalObjectiveMetricValue' || value !== undefined),
  );
  const key = ({ job, value }: ChildResult) => {
    if (SortBy === 'CreationTime') return job.creationTime;
    if (SortBy === 'Status') return job.status;
    return SortBy === 'FinalObjectiveMetricValue' ? value! : job.name;
  };
  const inOrder = sorted(found, input, key, ({ job }) => job.name);
  const { entries, next } = page('ListTrainingJobsForHyperParameterTuningJob', inOrder, input);
  return { TrainingJobSummaries: entries.map((result) => summarizeChild(tuning, result)), ...next };
}
