import { awsEnvironment } from '../lambda/endpoints';
import { entryCommand } from '../sagemaker/job-command';
import { machineEnvironment } from '../sagemaker/job-environment';
import type { ContainerContext, LaunchedContainer } from './batch-launcher';

/** In the container's environment: the twin of the user's program that runs on this machine. */
const LOCAL_PROGRAM = 'CDK_HPO_LOCAL_PROGRAM';
/** What a worker starts for each trial: the program, and the command as a JSON list of words. */
const PROGRAM = 'CDK_HPO_PROGRAM';
const WORKER_COMMAND = 'CDK_HPO_WORKER_COMMAND';
/** Where a worker has the folder of its trial, in place of one in the container's own /tmp. */
const WORKER_FOLDER = 'CDK_HPO_WORKER_FOLDER';

/** What Batch itself tells a container. */
export function batchEnvironment({
  jobId,
  attempt,
  jobQueue,
}: Pick<LaunchedContainer, 'jobId' | 'attempt' | 'jobQueue'>): Record<string, string> {
  return { AWS_BATCH_JOB_ID: jobId, AWS_BATCH_JOB_ATTEMPT: String(attempt), AWS_BATCH_JQ_NAME: jobQueue };
}

/** All variables of a container that runs as a process of this machine. */
export function containerEnvironment({ job, folder, endpoints, region }: ContainerContext): Record<string, string> {
  const own = Object.fromEntries(job.container.environment.map(({ name, value }) => [name, value]));
  return {
    ...machineEnvironment(),
    ...awsEnvironment(endpoints, region),
    PYTHONUNBUFFERED: '1',
    // jobs side by side, of one study or of two, have the same trials.
    [WORKER_FOLDER]: folder,
    ...own,
    ...twinEnvironment(own[LOCAL_PROGRAM]),
    ...batchEnvironment(job),
  };
}

/** The command of a container as this machine starts it. */
export function containerCommand({ command }: { readonly command: readonly string[] }): string[] {
  // the very node that runs this, whatever else is on the PATH.
  return command[0] === 'node' ? [process.execPath, ...command.slice(1)] : [...command];
}

// the command stays as it is: the worker in it starts the twin.
function twinEnvironment(twin: string | undefined): Record<string, string> {
  if (twin === undefined) return {};
  return { [PROGRAM]: twin, [WORKER_COMMAND]: JSON.stringify(entryCommand(twin)) };
}
