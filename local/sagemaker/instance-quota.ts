import { ServiceError } from '../service';
import { hasEnded, instancesOf } from './training-job';
import type { CreateTrainingJobRequest, TrainingJob } from './training-job';

/** How many instances may train at once: in all, or for each instance type that is named. */
export type InstanceQuota = number | Readonly<Record<string, number>>;

/** Throws ResourceLimitExceeded, in the words of AWS, when a job would not fit beside those that run. */
export function checkQuota(quota: InstanceQuota, request: CreateTrainingJobRequest, jobs: Iterable<TrainingJob>): void {
  const running = [...jobs].filter((job) => !hasEnded(job));
  const asked = instancesOf(request);
  const used = running.flatMap((job) => instancesOf(job.request));
  if (typeof quota === 'number') {
    refuseOver('Number of instances across all training jobs', quota, count(used), count(asked));
    return;
  }
  for (const type of new Set(asked.map(({ InstanceType }) => InstanceType))) {
    const limit = quota[type];
    if (limit === undefined) continue;
    const ofType = (groups: typeof asked) => count(groups.filter(({ InstanceType }) => InstanceType === type));
    refuseOver(`${type} for training job usage`, limit, ofType(used), ofType(asked));
  }
}

function refuseOver(name: string, limit: number, used: number, asked: number): void {
  if (used + asked <= limit) return;
  throw new ServiceError(
    'ResourceLimitExceeded',
    `The account-level service limit '${name}' is ${limit} Instances, with current utilization of ${used} Instances ` +
      `and a request delta of ${asked} Instances. Please use AWS Service Quotas to request an increase for this quota.`,
  );
}

function count(groups: readonly { readonly InstanceCount: number }[]): number {
  return groups.reduce((sum, group) => sum + group.InstanceCount, 0);
}
