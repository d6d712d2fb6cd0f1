import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { copyChannels } from './input-channels';
import type { ChannelSources } from './input-channels';
import { JobFailure } from './job-failure';
import { instancesOf } from './training-job';
import type { CreateTrainingJobRequest } from './training-job';

export const CONTAINER_BASE = '/opt/ml';
const HOST = 'algo-1';

/** The folders of one job that has been laid out. */
export interface JobFolder {
  readonly base: string;
  readonly checkpoints?: string;
}

/** Lays out what SageMaker puts under /opt/ml before it starts a container. */
export function layOutJobFolder(request: CreateTrainingJobRequest, base: string, sources: ChannelSources): JobFolder {
  for (const folder of ['input/config', 'input/data', 'model', 'output/data']) {
    mkdirSync(join(base, folder), { recursive: true });
  }
  const write = (name: string, value: unknown) =>
    writeFileSync(join(base, 'input', 'config', name), JSON.stringify(value, undefined, 2));
  write('hyperparameters.json', request.HyperParameters ?? {});
  write('inputdataconfig.json', channelConfig(request));
  write('resourceconfig.json', {
    current_host: HOST,
    current_instance_type: instancesOf(request)[0]?.InstanceType,
    hosts: [HOST],
    network_interface_name: 'lo',
  });
  copyChannels(request, join(base, 'input', 'data'), sources);
  return { base, checkpoints: linkCheckpoints(request, base, sources) };
}

/** Removes the copies of the input; what the job wrote is kept. */
export function removeInput(base: string): void {
  rmSync(join(base, 'input', 'data'), { recursive: true, force: true });
}

function channelConfig(request: CreateTrainingJobRequest): Record<string, unknown> {
  const entries = (request.InputDataConfig ?? []).map(({ ChannelName, ContentType, DataSource, InputMode }) => [
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
