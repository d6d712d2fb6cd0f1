import { hasEnded } from './training-job';
import type { CreateTrainingJobRequest, TrainingJob } from './training-job';

/** However often it is reused, a pool's instances are given back after 28 days. */
const MAX_CHAIN_MS = 28 * 86_400_000;

/** Failures that take the instances with them; after those of the program or the request they stay. */
const LOSES_INSTANCES = /^(?:InternalServerError|CapacityError)/;

/** Keeps the instances of a job that ends now, where it asks for that and has had any. */
export function keepWarm(job: TrainingJob, now: number): void {
  const seconds = job.request.ResourceConfig.KeepAlivePeriodInSeconds ?? 0;
  if (seconds === 0 || job.trainingStartTime === undefined || LOSES_INSTANCES.test(job.failureReason ?? '')) return;
  const chainStartTime = job.poolChainStartTime ?? job.trainingStartTime;
  const availableUntil = Math.min(now + seconds * 1000, chainStartTime + MAX_CHAIN_MS);
  if (availableUntil > now) job.warmPool = { availableSince: now, availableUntil, chainStartTime };
}

/** The job whose pool fits a request; of several, the one whose time is over first. */
export function findWarmPool(
  request: CreateTrainingJobRequest,
  jobs: Iterable<TrainingJob>,
  now: number,
): TrainingJob | undefined {
  if (request.EnableManagedSpotTraining || request.ResourceConfig.InstanceGroups !== undefined) return undefined;
  const key = poolKey(request);
  return [...jobs]
    .filter((job) => isAvailable(job, now) && poolKey(job.request) === key)
    .sort((a, b) => a.warmPool!.availableUntil - b.warmPool!.availableUntil)[0];
}

export function isAvailable({ warmPool }: TrainingJob, now: number): boolean {
  return warmPool !== undefined && warmPool.reusedByJob === undefined && now < warmPool.availableUntil;
}

/** Hands the pool of a job over to the next. */
export function reusePool(owner: TrainingJob, next: TrainingJob, now: number): void {
  owner.warmPool!.reusedByJob = next.name;
  owner.warmPool!.reusedAt = now;
  next.poolChainStartTime = owner.warmPool!.chainStartTime;
}

/** WarmPoolStatus as Describe and List show it; undefined for a job that keeps nothing. */
export function warmPoolStatus(job: TrainingJob, now: number): Record<string, unknown> | undefined {
  const { request, warmPool } = job;
  if ((request.ResourceConfig.KeepAlivePeriodInSeconds ?? 0) === 0) return undefined;
  if (warmPool === undefined) return hasEnded(job) ? undefined : { Status: 'InUse' };
  const { availableSince, availableUntil, reusedAt, reusedByJob } = warmPool;
  const end = reusedAt ?? Math.min(now, availableUntil);
  const Status = reusedByJob !== undefined ? 'Reused' : now < availableUntil ? 'Available' : 'Terminated';
  return {
    Status,
    ResourceRetainedBillableTimeInSeconds: Math.ceil((end - availableSince) / 1000),
    ...(reusedByJob === undefined ? {} : { ReusedByJob: reusedByJob }),
  };
}

/** All that must be the same in both jobs. */
function poolKey({
  RoleArn,
  ResourceConfig,
  VpcConfig,
  EnableInterContainerTrafficEncryption,
  EnableNetworkIsolation,
}: CreateTrainingJobRequest): string {
  const { InstanceType, InstanceCount, VolumeKmsKeyId, VolumeSizeInGB } = ResourceConfig;
  return JSON.stringify([
    RoleArn,
    [InstanceType, InstanceCount, VolumeKmsKeyId, VolumeSizeInGB],
    [...(VpcConfig?.SecurityGroupIds ?? [])].sort(),
    [...(VpcConfig?.Subnets ?? [])].sort(),
    [EnableInterContainerTrafficEncryption ?? false, EnableNetworkIsolation ?? false],
  ]);
}
