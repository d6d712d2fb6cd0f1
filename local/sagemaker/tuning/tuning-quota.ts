import { ServiceError } from '../../service';
import { trainingJobLimit } from './training-job-limit';
import type { CreateTuningJobRequest, TuningJob } from './tuning-job';

/** How large a tuning job may be in the account. */
export interface TuningQuota {
  /** Training jobs at a time; 10 in a new account. @default - no limit */
  readonly parallelTrainingJobs?: number;
  /** Training jobs in all, those of a warm start's parents included; 750 in a new account. @default - no limit */
  readonly trainingJobs?: number;
}

/** Throws ResourceLimitExceeded where a tuning job is larger than the account lets it be. */
export function checkTuningQuota(
  { parallelTrainingJobs, trainingJobs }: TuningQuota = {},
  request: CreateTuningJobRequest,
  parents: readonly TuningJob[],
): void {
  const { MaxParallelTrainingJobs } = request.HyperParameterTuningJobConfig.ResourceLimits;
  const limit = trainingJobLimit(request);
  const inherited = parents.reduce((sum, { children }) => sum + children.length, 0);
  // one that ends by time or by its objective asks for no number.
  const asked = inherited + (limit === Infinity ? 0 : limit);
  refuseOver(
    'Maximum number of parallel training jobs per hyperparameter tuning job',
    parallelTrainingJobs,
    MaxParallelTrainingJobs,
  );
  refuseOver('Maximum number of training jobs per hyperparameter tuning job', trainingJobs, asked);
}

function refuseOver(name: string, limit: number | undefined, asked: number): void {
  if (limit === undefined || asked <= limit) return;
  throw new ServiceError(
    'ResourceLimitExceeded',
    `The account-level service limit '${name}' is ${limit} Jobs, with a request of ${asked} Jobs. ` +
      'Please use AWS Service Quotas to request an increase for this quota.',
  );
}
