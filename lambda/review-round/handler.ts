import { ReviewAnswer, ReviewRequest } from '../../lib/contract/calls';
import { REVIEW_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { runnerJobs } from '../core/aws/runner-jobs';
import { SageMakerTuningJobs } from '../core/aws/tuning-jobs';
import { parseRequest, studyStore } from '../core/step';
import { reviewRound } from '../core/study/review';

const jobs = runnerJobs();
const tuningJobs = new SageMakerTuningJobs();

export async function handler(event: unknown): Promise<ReviewAnswer> {
  const request = parseRequest<ReviewRequest>('Review round', REVIEW_REQUEST_SCHEMA, event);
  return reviewRound(request, { store: studyStore(), jobs, tuningJobs });
}
