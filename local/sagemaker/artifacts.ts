import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ObjectStore } from '../s3/object-store';
import { gather } from './gather-outputs';
import { hostFolder, hostsOf } from './hosts';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

/** Where a job's output goes, as SageMaker names it. */
export function outputPrefix({ OutputDataConfig, TrainingJobName }: CreateTrainingJobRequest): string {
  return `${OutputDataConfig.S3OutputPath.replace(/\/+$/, '')}/${TrainingJobName}/output`;
}

/** The URI of the model, whether there is one or not. */
export function modelUri(request: CreateTrainingJobRequest): string {
  const prefix = outputPrefix(request);
  return request.OutputDataConfig.CompressionType === 'NONE' ? `${prefix}/model/` : `${prefix}/model.tar.gz`;
}

/** Uploads model/ and output/data of all hosts where they hold something; answers whether there is a model. */
export async function uploadArtifacts(
  request: CreateTrainingJobRequest,
  base: string,
  objectStore: ObjectStore,
): Promise<boolean> {
  const prefix = outputPrefix(request);
  const packed = request.OutputDataConfig.CompressionType !== 'NONE';
  const hostFolders = hostsOf(request).map((host) => hostFolder(base, host));
  const upload = (part: string, name: string): Promise<boolean> =>
    gather(hostFolders, part, `${base}-gathered`, async (folder, entries) => {
      if (packed) await pack(folder, entries, objectStore.pathOf(`${prefix}/${name}.tar.gz`));
      else copyTree(folder, `${prefix}/${name}`, objectStore);
    });
  const model = await upload('model', 'model');
  await upload(join('output', 'data'), 'output');
  return model;
}

async function pack(folder: string, entries: readonly string[], target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.new`;
  let stderr = '';
  const child = spawn('tar', ['-czf', temporary, '-C', folder, '--', ...entries], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(0, 400);
  });
  const problem = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ENOENT' ? 'this machine has no tar command; install it' : error.message),
    );
    child.once('close', (code) => resolve(code === 0 ? undefined : `tar ended with ${code}: ${stderr.trim()}`));
  });
  if (problem !== undefined) {
    rmSync(temporary, { force: true });
    throw new JobFailure(`ClientError: the model artifacts of ${folder} can't be packed: ${problem}.`);
  }
  renameSync(temporary, target);
}

function copyTree(folder: string, prefix: string, objectStore: ObjectStore): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) copyTree(path, `${prefix}/${entry.name}`, objectStore);
    else if (entry.isFile()) objectStore.put(`${prefix}/${entry.name}`, { file: path });
  }
}
