import type { JobExit } from './job-launcher';

const MAX_CHARACTERS = 1024;
const SIGKILL_EXIT = 137;

/** The FailureReason of a program that ended badly, as SageMaker words it; undefined for a good end. */
export function failureReasonOf(exit: JobExit): string | undefined {
  if ('failureReason' in exit) return exit.failureReason.slice(0, MAX_CHARACTERS);
  const { exitCode, failure } = exit;
  if (exitCode === 0) return undefined;
  const end = `, exit code: ${exitCode}${exitCode === SIGKILL_EXIT ? ' (killed by SIGKILL, likely out of memory)' : ''}`;
  const text = failure?.trim() || 'the training program ended with an error and wrote no output/failure';
  return `AlgorithmError: ${text}`.slice(0, MAX_CHARACTERS - end.length) + end;
}
