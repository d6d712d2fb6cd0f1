import { join } from 'node:path';
import { JobFailure } from './job-failure';
import { instancesOf } from './training-job';
import type { Channel, CreateTrainingJobRequest } from './training-job';

/** One instance of a job; on this machine a process with a folder of its own. */
export interface Host {
  readonly name: string;
  readonly instanceType: string;
  readonly groupName: string;
}

/** More processes than that, each with its own libraries in memory, take a machine down rather than test anything. */
const MAX_HOSTS = 16;

/** What SageMaker names the only group of a job that has none. */
const ONLY_GROUP = 'homogeneousCluster';

/** The hosts of a job, counted over its instance groups: algo-1, algo-2, ... */
export function hostsOf(request: CreateTrainingJobRequest): Host[] {
  const groups = instancesOf(request);
  const count = groups.reduce((sum, { InstanceCount }) => sum + InstanceCount, 0);
  if (count > MAX_HOSTS) {
    const property = request.ResourceConfig.InstanceGroups === undefined ? 'InstanceCount' : 'InstanceGroups';
    throw new JobFailure(
      `ClientError: ResourceConfig.${property} asks for ${count} instances; this machine runs at most ${MAX_HOSTS} ` +
        'hosts of a job. Ask for fewer to run it locally, or simulate the job.',
    );
  }
  const instances = groups.flatMap((group) => Array<typeof group>(group.InstanceCount).fill(group));
  return instances.map(({ InstanceType, InstanceGroupName = ONLY_GROUP }, index) => ({
    name: `algo-${index + 1}`,
    instanceType: InstanceType,
    groupName: InstanceGroupName,
  }));
}

/** The names of hosts in the order in which SageMaker lists them. */
export function namesOf(hosts: readonly Host[]): string[] {
  return hosts.map(({ name }) => name).sort();
}

/** What is /opt/ml for a host: the job's base folder for the first, a folder beside it for the others. */
export function hostFolder(base: string, { name }: Host): string {
  return name === 'algo-1' ? base : join(otherHostsFolder(base), name);
}

export function otherHostsFolder(base: string): string {
  return `${base}-hosts`;
}

/** What resourceconfig.json says to a host. */
export function resourceConfig(hosts: readonly Host[], host: Host): Record<string, unknown> {
  const groups = [...new Set(hosts.map(({ groupName }) => groupName))].map((name) => {
    const members = hosts.filter(({ groupName }) => groupName === name);
    return { instance_group_name: name, instance_type: members[0].instanceType, hosts: namesOf(members) };
  });
  return {
    current_host: host.name,
    current_instance_type: host.instanceType,
    current_group_name: host.groupName,
    hosts: namesOf(hosts),
    instance_groups: groups,
    network_interface_name: 'lo',
  };
}

/** The channels that reach a host: a channel may be for some instance groups only. */
export function channelsOf({ InputDataConfig = [] }: CreateTrainingJobRequest, { groupName }: Host): Channel[] {
  return InputDataConfig.filter(({ DataSource }) => {
    const groups = DataSource.S3DataSource?.InstanceGroupNames ?? [];
    return groups.length === 0 || groups.includes(groupName);
  });
}
