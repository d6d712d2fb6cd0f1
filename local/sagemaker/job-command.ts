import { extname, join } from 'node:path';
import { CONTAINER_BASE } from './job-folder';
import { JobFailure } from './job-failure';
import type { CreateTrainingJobRequest } from './training-job';

/** In Environment: a JSON list of strings, the command that takes the entry point's place on this machine. */
export const LOCAL_ENTRYPOINT = 'CDK_HPO_LOCAL_ENTRYPOINT';

/** In Environment, in script mode: the program's twin that runs on this machine; see `localProgramEnvironment`. */
const LOCAL_PROGRAM = 'CDK_HPO_LOCAL_PROGRAM';

/** The entry points of script mode, as they are shipped. */
const ENTRY_FOLDER = join(__dirname, '..', '..', 'client', 'dist', 'entry');

function entryCommand(program: string): string[] {
  return extname(program) === '.py'
    ? ['python3', join(ENTRY_FOLDER, 'python_entry.py')]
    : [process.execPath, join(ENTRY_FOLDER, 'node-entry.mjs')];
}

/** Makes the entry point run the twin. */
export function localProgramEnvironment(request: CreateTrainingJobRequest): Record<string, string> {
  const program = request.Environment?.[LOCAL_PROGRAM];
  return program === undefined ? {} : { CDK_HPO_PROGRAM: program };
}

/** The command that runs a job's program as a process of this machine. */
export function localCommand(request: CreateTrainingJobRequest, base: string): string[] {
  const { ContainerEntrypoint, ContainerArguments = [], TrainingImage, AlgorithmName } = request.AlgorithmSpecification;
  const program = request.Environment?.[LOCAL_PROGRAM];
  if (program !== undefined) return entryCommand(program);

  const local = request.Environment?.[LOCAL_ENTRYPOINT];
  const command = local !== undefined ? parseLocal(local) : ContainerEntrypoint;
  if (command === undefined) {
    throw new JobFailure(
      `ClientError: the training image ${TrainingImage ?? AlgorithmName} brings its own program, which runs locally ` +
        'only in Docker, and that must be asked for (option docker: true). Or set ContainerEntrypoint to a command ' +
        `that this machine has, or ${LOCAL_ENTRYPOINT} in Environment.`,
    );
  }
  const words = local !== undefined ? command : [...command, ...ContainerArguments];
  const moved = words.map((word) => word.replaceAll(CONTAINER_BASE, base));
  // the very node that runs this, whatever else is on the PATH.
  if (moved[0] === 'node') moved[0] = process.execPath;
  return moved;
}

function parseLocal(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((word) => typeof word === 'string')) {
    throw new JobFailure(
      `ClientError: Environment.${LOCAL_ENTRYPOINT} is ${JSON.stringify(text)}, not a JSON list of strings such as ["node", "train.js"].`,
    );
  }
  return value as string[];
}
