import type { JobExit, JobRun } from './job-launcher';

export interface RunFaults {
  /** Its end is not seen before it is stopped. */
  readonly hangs: boolean;
  /** SIGTERM does nothing. */
  readonly ignoresStop: boolean;
}

const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;

/** A program's run with faults that both launchers have in common. */
export function faultyRun(run: JobRun, { hangs, ignoresStop }: RunFaults): JobRun {
  if (!hangs) return ignoresStop ? { ...run, terminate: () => undefined } : run;
  let stopped = false;
  let programEnded = false;
  let resolve!: (exit: JobExit) => void;
  let reject!: (error: unknown) => void;
  const ended = new Promise<JobExit>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  run.ended.then((exit) => {
    programEnded = true;
    if (stopped) resolve(exit);
  }, reject);
  const stop = (send: () => void, exitCode: number) => {
    stopped = true;
    if (programEnded) resolve({ exitCode });
    else send();
  };
  return {
    ended,
    terminate: () => {
      if (!ignoresStop) stop(() => run.terminate(), SIGTERM_EXIT);
    },
    kill: () => stop(() => run.kill(), SIGKILL_EXIT),
  };
}
