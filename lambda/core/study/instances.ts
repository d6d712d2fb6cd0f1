import { Configuration } from '../../../lib/contract/search-space';
import { ClusterDefinition, ComputeDefinition, InstancesDefinition } from '../../../lib/contract/tuner-definition';
import { AttemptRecord } from '../store/records';

type Chosen = Pick<AttemptRecord, 'instanceType' | 'instanceCount'>;

/** The types that a trial of this configuration may run on, in order of preference. */
export function instanceTypesFor(compute: ComputeDefinition, configuration: Configuration): string[] {
  const { instanceTypeParameter, instanceTypes } = compute;
  return instanceTypeParameter === undefined ? instanceTypes : [String(configuration[instanceTypeParameter])];
}

/** How many instances a trial of this configuration runs on, where all are of one type. */
export function instanceCountFor(compute: ComputeDefinition, configuration: Configuration): number {
  const { instanceCountParameter, instanceCount } = compute;
  return instanceCountParameter === undefined ? instanceCount : Number(configuration[instanceCountParameter]);
}

/** All that an attempt runs on. */
export function instancesOf(
  compute: ComputeDefinition,
  { instanceType, instanceCount }: Chosen,
): InstancesDefinition[] {
  return (
    compute.instanceGroups ?? [
      {
        instanceType: instanceType ?? compute.instanceTypes[0],
        instanceCount: instanceCount ?? compute.instanceCount,
      },
    ]
  );
}

/** What a second of an attempt has to be kept for: Batch may run it several times. */
export function usdToKeepPerSecond(
  compute: ComputeDefinition,
  instances: readonly InstancesDefinition[],
): number | undefined {
  const price = usdPerSecond(compute, instances);
  return price === undefined ? undefined : price * (compute.batch?.attempts ?? 1);
}

/** Instances of a cluster that so many slots need. */
export function hostsFor({ instanceCount, trialsPerInstance }: ClusterDefinition, slots: number): number {
  return Math.min(instanceCount, Math.ceil(slots / trialsPerInstance));
}

export function countOf(instances: readonly InstancesDefinition[]): number {
  return instances.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
}

/** US dollars for a second of all the instances, or undefined where a price isn't known. */
export function usdPerSecond(
  { prices }: ComputeDefinition,
  instances: readonly InstancesDefinition[],
): number | undefined {
  let sum = 0;
  for (const { instanceType, instanceCount } of instances) {
    const price = prices.find((candidate) => candidate.instanceType === instanceType);
    if (price === undefined) return undefined;
    sum += (price.usdPerHour * instanceCount) / 3600;
  }
  return sum;
}
