import type { Clock } from '../clock';
import type { SimulationApi } from '../sagemaker/simulated-launcher';
import type { BatchLauncher, ContainerContext, ContainerExit, ContainerRun, LaunchedContainer } from './batch-launcher';
import { SIGKILL_EXIT, SIGTERM_EXIT } from './exits';

/** What runs in place of a container: answers its exit code, or how it ended. */
export type SimulatedContainer = (
  job: LaunchedContainer,
  clock: Clock,
  api: SimulationApi,
) => Promise<number | ContainerExit>;

export interface SimulatedBatchLauncherOptions {
  readonly clock: Clock;
  readonly program: SimulatedContainer;
}

/** Runs functions in place of containers, on whatever clock it is given. */
export class SimulatedBatchLauncher implements BatchLauncher {
  readonly needsFiles = false;

  constructor(private readonly options: SimulatedBatchLauncherOptions) {}

  launch({ job, onLine }: ContainerContext): ContainerRun {
    const terminated = new AbortController();
    let end!: (exit: ContainerExit) => void;
    const killed = new Promise<ContainerExit>((resolve) => {
      end = resolve;
    });
    return {
      ended: Promise.race([this.run(job, { log: onLine, signal: terminated.signal }), killed]),
      terminate: () => terminated.abort(new Error('SIGTERM')),
      kill: () => {
        terminated.abort(new Error('SIGKILL'));
        end({ exitCode: SIGKILL_EXIT });
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async run(job: LaunchedContainer, api: SimulationApi): Promise<ContainerExit> {
    try {
      const exit = await this.options.program(job, this.options.clock, api);
      return typeof exit === 'number' ? { exitCode: exit } : exit;
    } catch (error) {
      // a program that does not listen to the signal ends by it, in a sleep.
      if (api.signal.aborted) return { exitCode: SIGTERM_EXIT };
      api.log(error instanceof Error ? error.message : String(error));
      return { exitCode: 1 };
    }
  }
}
