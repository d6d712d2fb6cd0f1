import { extname, join } from 'node:path';
import { CONTAINER_BASE } from './job-folder';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

/** In Environment, in script mode: the program's twin that runs on this machine, and the variable that it replaces. */
const LOCAL_PROGRAM = 'CDK_HPO_LOCAL_PROGRAM';
const PROGRAM = 'CDK_HPO_PROGRAM';

/** The entry points of script mode, as they are shipped. */
const ENTRY_FOLDER = join(__dirname, '..', '..', 'client', 'dist', 'entry');

/** The command that runs a job's program as a process of this machine. */
export function localCommand(request: CreateTrainingJobRequest, base: string): string[] {
  const twin = request.Environment?.[LOCAL_PROGRAM];
  if (twin !== undefined) return entryCommand(twin);

  const { ContainerEntrypoint, ContainerArguments = [], TrainingImage, AlgorithmName } = request.AlgorithmSpecification;
  if (ContainerEntrypoint === undefined) {
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

/** Makes the entry point run the twin where there is one. */
export function localProgramEnvironment(request: CreateTrainingJobRequest): Record<string, string> {
  const twin = request.Environment?.[LOCAL_PROGRAM];
  return twin === undefined ? {} : { [PROGRAM]: twin };
}

/** The entry point for the twin's interpreter: the channel holds only that of the program itself. */
function entryCommand(program: string): string[] {
  return extname(program) === '.py'
    ? ['python3', join(ENTRY_FOLDER, 'python_entry.py')]
    : [process.execPath, join(ENTRY_FOLDER, 'node-entry.mjs')];
}
