import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { channelsOf, hostFolder } from './hosts';
import type { Host } from './hosts';
import { copyChannels } from './input-channels';
import type { ChannelSources } from './input-channels';
import type { CreateTrainingJobRequest } from './training-job';

/** Lays out input/data of every host: each has all of a channel, or its share of one that is ShardedByS3Key. */
export function layOutChannels(
  request: CreateTrainingJobRequest,
  base: string,
  hosts: readonly Host[],
  sources: ChannelSources,
): void {
  for (const channel of request.InputDataConfig ?? []) {
    const folders = hosts
      .filter((host) => channelsOf(request, host).includes(channel))
      .map((host) => join(hostFolder(base, host), 'input', 'data'));
    if (folders.length === 0) continue;
    copyChannels({ ...request, InputDataConfig: [channel] }, folders[0], sources);
    const sharded = channel.DataSource.S3DataSource?.S3DataDistributionType === 'ShardedByS3Key';
    const place = sharded ? deal : share;
    place(folders.map((folder) => join(folder, channel.ChannelName)));
  }
}

// links and not copies: many hosts are not to fill the disk; what one removes or replaces, the others keep.
function share([first, ...others]: readonly string[]): void {
  for (const folder of others) {
    mkdirSync(folder, { recursive: true });
    for (const file of filesUnder(first)) put(join(first, file), join(folder, file), link);
  }
}

function deal(folders: readonly string[]): void {
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  for (const [index, file] of filesUnder(folders[0]).entries()) {
    const folder = folders[index % folders.length];
    if (folder !== folders[0]) put(join(folders[0], file), join(folder, file), renameSync);
  }
}

function filesUnder(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort();
}

function put(from: string, to: string, by: (from: string, to: string) => void): void {
  mkdirSync(dirname(to), { recursive: true });
  by(from, to);
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // a file system that knows no links, or allows no more of this file.
    copyFileSync(from, to);
  }
}
