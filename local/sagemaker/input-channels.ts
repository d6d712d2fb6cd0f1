import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ObjectStore } from '../s3/object-store';
import { parseS3Uri } from '../s3/s3-uri';
import type { AssetLookup } from '../template/description';
import { zippedAsset } from './asset-archive';
import { JobFailure } from './job-failure';
import type { Channel, CreateTrainingJobRequest } from './training-job';

export interface ChannelSources {
  readonly objectStore: ObjectStore;
  readonly assets?: AssetLookup;
  readonly cacheFolder: string;
}

/** Lays out input/data/<channel> for every channel of the request. */
export function copyChannels(request: CreateTrainingJobRequest, dataFolder: string, sources: ChannelSources): void {
  for (const channel of request.InputDataConfig ?? []) {
    const mode = channel.InputMode ?? request.AlgorithmSpecification.TrainingInputMode;
    if (mode === 'Pipe') {
      throw new JobFailure(
        `ClientError: the channel ${channel.ChannelName} has InputMode Pipe. Use File to run it locally.`,
      );
    }
    copyChannel(channel, join(dataFolder, channel.ChannelName), sources);
  }
}

function copyChannel({ ChannelName, DataSource }: Channel, folder: string, sources: ChannelSources): void {
  const source = DataSource.S3DataSource;
  const fileSystem = DataSource.FileSystemDataSource;
  if (fileSystem !== undefined) {
    throw new JobFailure(
      `ClientError: the channel ${ChannelName} is the folder ${fileSystem.DirectoryPath} of the ${fileSystem.FileSystemType} ` +
        `file system ${fileSystem.FileSystemId}, which can't be mounted here. Use an S3DataSource to run it locally.`,
    );
  }
  if (source?.S3DataType !== 'S3Prefix') {
    const given = source === undefined ? 'no S3DataSource' : `S3DataType ${source.S3DataType}`;
    throw new JobFailure(`ClientError: the channel ${ChannelName} has ${given}. Use S3Prefix to run it locally.`);
  }
  mkdirSync(folder, { recursive: true });
  const { bucket, key } = parseS3Uri(source.S3Uri);
  const asset = sources.assets?.byKey(key);
  if (asset !== undefined) {
    const file = asset.packaging === 'zip' ? zippedAsset(asset.path, sources.cacheFolder, key) : asset.path;
    copy(file, join(folder, basename(key)));
    return;
  }
  // S3Prefix means just that: every key that begins so, named by what follows the prefix's last slash.
  const objects = sources.objectStore.list(source.S3Uri);
  if (objects.length === 0) {
    throw new JobFailure(
      `ClientError: Data download failed: no S3 object under ${source.S3Uri} for the channel ${ChannelName}. ` +
        `Put it into ${sources.objectStore.pathOf(`s3://${bucket}`)}.`,
    );
  }
  const base = key.slice(0, key.lastIndexOf('/') + 1);
  for (const object of objects) {
    copy(sources.objectStore.pathOf(`s3://${bucket}/${object.key}`), join(folder, object.key.slice(base.length)));
  }
}

// copied and not linked: a program may write into its input, and the asset and the object stay as they are.
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}
