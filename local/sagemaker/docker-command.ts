import { spawn } from 'node:child_process';
import type { ServiceEndpoints } from '../lambda/endpoints';
import { CONTAINER_BASE } from './job-folder';
import { jobEnvironment } from './job-environment';
import { JobFailure } from './job-failure';
import type { LaunchedJob } from './job-launcher';

export interface DockerFolders {
  readonly baseFolder: string;
  readonly checkpointFolder?: string;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
}

/** What `docker run` exits with when it could not run the container. */
const DOCKER_FAILED = 125;

/** The command that runs a job in its own training image, as SageMaker does. */
export function dockerCommand(job: LaunchedJob, folders: DockerFolders): string[] {
  const { TrainingImage, ContainerEntrypoint, ContainerArguments } = job.request.AlgorithmSpecification;
  if (TrainingImage === undefined) {
    throw new JobFailure('ClientError: AlgorithmSpecification has no TrainingImage, and Docker runs only images.');
  }
  if (TrainingImage.startsWith('-')) {
    throw new JobFailure(`ClientError: TrainingImage ${JSON.stringify(TrainingImage)} is no name of an image.`);
  }
  // the local services listen on the loopback interface of this machine and nowhere else.
  const network = job.request.EnableNetworkIsolation ? 'none' : 'host';
  const words = ['docker', 'run', '--rm', '--network', network, '--name', containerName(job.name)];
  words.push('-v', `${folders.baseFolder}:${CONTAINER_BASE}`);
  if (folders.checkpointFolder !== undefined) {
    const path = job.request.CheckpointConfig?.LocalPath ?? `${CONTAINER_BASE}/checkpoints`;
    words.push('-v', `${folders.checkpointFolder}:${path}`);
  }
  const environment = jobEnvironment(job, CONTAINER_BASE, folders.endpoints, folders.region);
  for (const [name, value] of Object.entries(environment)) words.push('-e', `${name}=${value}`);
  if (ContainerEntrypoint === undefined) return [...words, TrainingImage, ...(ContainerArguments ?? ['train'])];
  const [program, ...rest] = ContainerEntrypoint;
  return [...words, '--entrypoint', program, TrainingImage, ...rest, ...(ContainerArguments ?? [])];
}

export function dockerKill(jobName: string, environment: Record<string, string>): void {
  const child = spawn('docker', ['kill', containerName(jobName)], { stdio: 'ignore', env: environment });
  // without an engine there is no container either.
  child.on('error', () => undefined);
}

/** Why Docker did not run the container; undefined when it did and the program ended by itself. */
export function dockerFailure(exitCode: number, dockerLine: string): string | undefined {
  if (exitCode !== DOCKER_FAILED) return undefined;
  return `ClientError: docker could not run the training image: ${dockerLine || 'no reason given'}`;
}

function containerName(jobName: string): string {
  return `cdk-hpo-${jobName}`;
}
