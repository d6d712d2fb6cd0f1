import type { Clock } from '../clock';
import type { JobExit, JobLauncher, JobRun, LaunchContext, LaunchedJob } from './job-launcher';

export interface SimulationApi {
  /** Prints a line, in which the job's metric definitions are looked for. */
  log(line: string): void;
  /** Aborted by StopTrainingJob and by MaxRuntimeInSeconds, as a program gets SIGTERM. */
  readonly signal: AbortSignal;
}

/** A training program that takes time but does no work: answers its exit code, or why it never ran. */
export type SimulatedProgram = (job: LaunchedJob, clock: Clock, api: SimulationApi) => Promise<number | JobExit>;

export interface SimulatedJobLauncherOptions {
  readonly clock: Clock;
  readonly program: SimulatedProgram;
  /** Instance launch, image pull and download. @default 120 */
  readonly startupSeconds?: number | ((job: LaunchedJob) => number);
}

const DEFAULT_STARTUP_SECONDS = 120;
const SIGTERM_EXIT = 143;
const SIGKILL_EXIT = 137;

/** Runs functions in place of processes, on whatever clock it is given. */
export class SimulatedJobLauncher implements JobLauncher {
  readonly needsFiles = false;

  constructor(private readonly options: SimulatedJobLauncherOptions) {}

  startupSeconds(job: LaunchedJob): number {
    const { startupSeconds = DEFAULT_STARTUP_SECONDS } = this.options;
    return typeof startupSeconds === 'function' ? startupSeconds(job) : startupSeconds;
  }

  launch({ job, onLine }: LaunchContext): JobRun {
    const terminated = new AbortController();
    let killed!: (exit: JobExit) => void;
    const kill = new Promise<JobExit>((resolve) => {
      killed = resolve;
    });
    const api: SimulationApi = { log: onLine, signal: terminated.signal };
    return {
      ended: Promise.race([this.run(job, api), kill]),
      terminate: () => terminated.abort(new Error('SIGTERM')),
      kill: () => {
        terminated.abort(new Error('SIGKILL'));
        killed({ exitCode: SIGKILL_EXIT });
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async run(job: LaunchedJob, api: SimulationApi): Promise<JobExit> {
    try {
      const exit = await this.options.program(job, this.options.clock, api);
      return typeof exit === 'number' ? { exitCode: exit } : exit;
    } catch (error) {
      // a program that does not listen to the signal ends by it, in a sleep.
      if (api.signal.aborted) return { exitCode: SIGTERM_EXIT };
      return { exitCode: 1, failure: error instanceof Error ? error.message : String(error) };
    }
  }
}
