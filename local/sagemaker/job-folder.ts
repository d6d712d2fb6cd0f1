import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { layOutChannels } from './host-channels';
import { channelsOf, hostFolder, hostsOf, otherHostsFolder, resourceConfig } from './hosts';
import type { Host } from './hosts';
import type { ChannelSources } from './input-channels';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

export const CONTAINER_BASE = '/opt/ml';

/** The folders of one job that has been laid out. */
export interface JobFolder {
  /** That of the first host; the others lie beside it. */
  readonly base: string;
  readonly checkpoints?: string;
}

/** Lays out what SageMaker puts under /opt/ml of each host before it starts the containers. */
export function layOutJobFolder(request: CreateTrainingJobRequest, base: string, sources: ChannelSources): JobFolder {
  const hosts = hostsOf(request);
  rmSync(otherHostsFolder(base), { recursive: true, force: true });
  for (const host of hosts) layOutConfig(request, hostFolder(base, host), hosts, host);
  layOutChannels(request, base, hosts, sources);
  // one folder for all: SageMaker keeps that of each host in step with one prefix.
  const checkpoints = hosts.map((host) => linkCheckpoints(request, hostFolder(base, host), sources));
  return { base, checkpoints: checkpoints[0] };
}

/** Removes the copies of the input; what the job wrote is kept. */
export function removeInput(base: string): void {
  const others = otherHostsFolder(base);
  const names = existsSync(others) ? readdirSync(others) : [];
  for (const folder of [base, ...names.map((name) => join(others, name))]) {
    rmSync(join(folder, 'input', 'data'), { recursive: true, force: true });
  }
}

function layOutConfig(request: CreateTrainingJobRequest, folder: string, hosts: readonly Host[], host: Host): void {
  for (const part of ['input/config', 'input/data', 'model', 'output/data']) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const write = (name: string, value: unknown) =>
    writeFileSync(join(folder, 'input', 'config', name), JSON.stringify(value, undefined, 2));
  write('hyperparameters.json', request.HyperParameters ?? {});
  write('inputdataconfig.json', channelConfig(request, host));
  write('resourceconfig.json', resourceConfig(hosts, host));
}

function channelConfig(request: CreateTrainingJobRequest, host: Host): Record<string, unknown> {
  const entries = channelsOf(request, host).map(({ ChannelName, ContentType, DataSource, InputMode }) => [
    ChannelName,
    {
      ...(ContentType === undefined ? {} : { ContentType }),
      TrainingInputMode: InputMode ?? request.AlgorithmSpecification.TrainingInputMode,
      S3DistributionType: DataSource.S3DataSource?.S3DataDistributionType ?? 'FullyReplicated',
      RecordWrapperType: 'None',
    },
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

// a link to the folder in the local S3 is in step with it at every moment, also when the job is killed.
function linkCheckpoints(
  { CheckpointConfig }: CreateTrainingJobRequest,
  base: string,
  { objectStore }: ChannelSources,
): string | undefined {
  if (CheckpointConfig === undefined) return undefined;
  const localPath = posix.normalize(CheckpointConfig.LocalPath ?? `${CONTAINER_BASE}/checkpoints`).replace(/\/+$/, '');
  if (!localPath.startsWith(`${CONTAINER_BASE}/`)) {
    throw new JobFailure(
      `ClientError: CheckpointConfig.LocalPath is ${JSON.stringify(CheckpointConfig.LocalPath)}; ` +
        `only a folder under ${CONTAINER_BASE} can be moved to a local folder.`,
    );
  }
  const target = objectStore.pathOf(CheckpointConfig.S3Uri);
  const link = join(base, localPath.slice(CONTAINER_BASE.length + 1));
  mkdirSync(target, { recursive: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link, 'junction');
  return target;
}
