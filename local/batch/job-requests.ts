import { violationsOf } from '../sagemaker/constraint';
import type { StructureConstraint } from '../sagemaker/constraint';
import { clientException } from './client-exception';

const MAX_JOBS = 100;

const DESCRIBE_JOBS: StructureConstraint = {
  type: 'structure',
  required: ['jobs'],
  fields: { jobs: { type: 'list', max: Infinity, member: { type: 'string', min: 1 } } },
};

const JOB_AND_REASON: StructureConstraint = {
  type: 'structure',
  required: ['jobId', 'reason'],
  fields: { jobId: { type: 'string', min: 1 }, reason: { type: 'string', min: 1, max: 1024 } },
};

/** The ids of DescribeJobs. */
export function validateDescribeJobs(input: Record<string, unknown>): readonly string[] {
  check(input, DESCRIBE_JOBS);
  const jobs = input.jobs as readonly string[];
  if (jobs.length > MAX_JOBS) {
    throw clientException(`Maximum number of jobs supported is ${MAX_JOBS}; the request has ${jobs.length}`);
  }
  return jobs;
}

/** The input of TerminateJob and of CancelJob. */
export function validateJobAndReason(input: Record<string, unknown>): {
  readonly jobId: string;
  readonly reason: string;
} {
  check(input, JOB_AND_REASON);
  return input as { jobId: string; reason: string };
}

function check(input: Record<string, unknown>, constraint: StructureConstraint): void {
  const violations = violationsOf(input, constraint);
  if (violations.length > 0) throw clientException(violations.join('; '));
}
