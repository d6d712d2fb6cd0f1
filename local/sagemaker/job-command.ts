import { extname, join } from 'node:path';
import { CONTAINER_BASE } from './job-folder';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

/** In Environment, in script mode: the program's twin that runs on this machine, and the variable that it replaces. */
const LOCAL_PROGRAM = 'CDK_HPO_LOCAL_PROGRAM';
const PROGRAM = 'CDK_HPO_PROGRAM';

/** In Environment, of a training cluster's job: its program is a worker, which starts the user's program for each trial. */
const WORKER_FUNCTION = 'CDK_HPO_WORKER_FUNCTION';
/** The command of a trial, a JSON list of words. */
const WORKER_COMMAND = 'CDK_HPO_WORKER_COMMAND';

/** The entry points of script mode, as they are shipped. */
const ENTRY_FOLDER = join(__dirname, '..', '..', 'client', 'dist', 'entry');

/** The command that runs a job's program as a process of this machine. */
export function localCommand(request: CreateTrainingJobRequest, base: string): string[] {
  const twin = request.Environment?.[LOCAL_PROGRAM];
  // a worker runs as it is: the twin is of the program that it starts.
  if (twin !== undefined && !isWorker(request)) return entryCommand(twin);

  const { ContainerEntrypoint, ContainerArguments = [], TrainingImage, AlgorithmName } = request.AlgorithmSpecification;
  if (ContainerEntrypoint === undefined) {
    const script = toolkitScript(request, base);
    if (script !== undefined) return ['python3', script];
    throw new JobFailure(
      `ClientError: the training image ${TrainingImage ?? AlgorithmName} brings its own program, which runs locally ` +
        'only in Docker, and that must be asked for (option docker: true). Or give the job a program by ' +
        'TrainingProgram.fromScript.',
    );
  }
  const words = [...ContainerEntrypoint, ...ContainerArguments].map((word) => word.replaceAll(CONTAINER_BASE, base));
  // the very node that runs this, whatever else is on the PATH.
  return words[0] === 'node' ? [process.execPath, ...words.slice(1)] : words;
}

/** The script that SageMaker's training toolkit in the image would start, from a folder of the container. */
function toolkitScript({ HyperParameters = {} }: CreateTrainingJobRequest, base: string): string | undefined {
  const [program, folder] = [HyperParameters.sagemaker_program, HyperParameters.sagemaker_submit_directory].map(plain);
  if (program === undefined || !folder?.startsWith(`${CONTAINER_BASE}/`)) return undefined;
  return join(folder.replace(CONTAINER_BASE, base), program);
}

/** The toolkit reads hyperparameters as JSON, and takes what isn't JSON as it is. */
function plain(value: string | undefined): string | undefined {
  return value !== undefined && /^".*"$/.test(value) ? (JSON.parse(value) as string) : value;
}

/** Makes the entry point, or the worker that starts it, run the twin where there is one. */
export function localProgramEnvironment(request: CreateTrainingJobRequest): Record<string, string> {
  const twin = request.Environment?.[LOCAL_PROGRAM];
  if (twin === undefined) return {};
  if (!isWorker(request)) return { [PROGRAM]: twin };
  return { [PROGRAM]: twin, [WORKER_COMMAND]: JSON.stringify(entryCommand(twin)) };
}

/** The entry point for the twin's interpreter: the channel holds only that of the program itself. */
export function entryCommand(twin: string): string[] {
  return extname(twin) === '.py'
    ? ['python3', join(ENTRY_FOLDER, 'python_entry.py')]
    : [process.execPath, join(ENTRY_FOLDER, 'node-entry.mjs')];
}

function isWorker({ Environment }: CreateTrainingJobRequest): boolean {
  return Environment?.[WORKER_FUNCTION] !== undefined;
}
