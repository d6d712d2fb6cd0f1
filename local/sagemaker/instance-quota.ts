import { ServiceError } from '../service';
import { hasEnded, instancesOf } from './training-job';
import type { CreateTrainingJobRequest, InstanceGroup, TrainingJob } from './training-job';
import { isAvailable } from './warm-pool';

/** How many instances may be used at once: in all, or for each instance type that is named. */
export type InstanceQuota = number | Readonly<Record<string, number>>;

export interface InstanceQuotas {
  /** Of jobs on demand, and of warm pools beside them. @default - no limit */
  readonly training?: InstanceQuota;
  /** Of jobs on managed spot. @default - no limit */
  readonly spot?: InstanceQuota;
  /** Of jobs that will keep their instances, and of those that are kept. @default - no limit */
  readonly warmPool?: InstanceQuota;
  /** How long the instances of an ended job still count. */
  readonly releaseSeconds: number;
}

interface QuotaName {
  readonly all: string;
  readonly ofType: string;
}

const TRAINING: QuotaName = { all: 'training jobs', ofType: 'training job usage' };
const SPOT: QuotaName = { all: 'spot training jobs', ofType: 'spot training job usage' };
const WARM_POOL: QuotaName = { all: 'training warm pools', ofType: 'training warm pool usage' };

/**
 * Throws ResourceLimitExceeded, in the words of AWS, when a job would not fit beside what is in use.
 *
 * @param reused the job whose warm pool the new one takes over
 */
export function checkQuotas(
  { training, spot, warmPool, releaseSeconds }: InstanceQuotas,
  request: CreateTrainingJobRequest,
  jobs: Iterable<TrainingJob>,
  now: number,
  reused?: TrainingJob,
): void {
  const isSpot = request.EnableManagedSpotTraining === true;
  const quota = isSpot ? spot : training;
  const keepsWarm = (job: CreateTrainingJobRequest) => (job.ResourceConfig.KeepAlivePeriodInSeconds ?? 0) > 0;
  const poolQuota = keepsWarm(request) ? warmPool : undefined;
  if (quota === undefined && poolQuota === undefined) return;
  const asked = instancesOf(request);
  const holding = [...jobs].filter((job) => job !== reused && holdsInstances(job, now, releaseSeconds));
  const used = (filter: (job: CreateTrainingJobRequest) => boolean) =>
    holding.filter((job) => filter(job.request)).flatMap((job) => instancesOf(job.request));
  if (quota !== undefined) {
    const name = isSpot ? SPOT : TRAINING;
    checkQuota(
      quota,
      name,
      asked,
      used((job) => (job.EnableManagedSpotTraining === true) === isSpot),
    );
  }
  if (poolQuota !== undefined) checkQuota(poolQuota, WARM_POOL, asked, used(keepsWarm));
}

/** The error of a quota that is used up, for the instances that a request asks for. */
export function quotaUsedUp(request: CreateTrainingJobRequest): ServiceError {
  const { InstanceType } = instancesOf(request)[0];
  const asked = count(instancesOf(request));
  const { ofType } = request.EnableManagedSpotTraining ? SPOT : TRAINING;
  return limitExceeded(`${InstanceType} for ${ofType}`, 0, 0, asked);
}

function holdsInstances(job: TrainingJob, now: number, releaseSeconds: number): boolean {
  if (!hasEnded(job) || isAvailable(job, now)) return true;
  // a pool that was handed over is held by its new job.
  return job.warmPool === undefined && now < job.lastModifiedTime + releaseSeconds * 1000;
}

function checkQuota(
  quota: InstanceQuota,
  name: QuotaName,
  asked: readonly InstanceGroup[],
  used: readonly InstanceGroup[],
): void {
  if (typeof quota === 'number') {
    refuseOver(`Number of instances across all ${name.all}`, quota, count(used), count(asked));
    return;
  }
  for (const type of new Set(asked.map(({ InstanceType }) => InstanceType))) {
    const limit = quota[type];
    if (limit === undefined) continue;
    const ofType = (groups: readonly InstanceGroup[]) =>
      count(groups.filter(({ InstanceType }) => InstanceType === type));
    refuseOver(`${type} for ${name.ofType}`, limit, ofType(used), ofType(asked));
  }
}

function refuseOver(name: string, limit: number, used: number, asked: number): void {
  if (used + asked > limit) throw limitExceeded(name, limit, used, asked);
}

function limitExceeded(name: string, limit: number, used: number, asked: number): ServiceError {
  return new ServiceError(
    'ResourceLimitExceeded',
    `The account-level service limit '${name}' is ${limit} Instances, with current utilization of ${used} Instances ` +
      `and a request delta of ${asked} Instances. Please use AWS Service Quotas to request an increase for this quota.`,
  );
}

function count(groups: readonly { readonly InstanceCount: number }[]): number {
  return groups.reduce((sum, group) => sum + group.InstanceCount, 0);
}
