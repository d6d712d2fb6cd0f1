import type { Clock } from '../clock';
import type { DueFault, FaultName } from '../faults';
import { faultyRun } from './faulty-run';
import type { RunFaults } from './faulty-run';
import type { JobExit, JobLauncher, JobRun, LaunchContext } from './job-launcher';

/** How one run of the program ended; a job whose instances were taken away starts again. */
export type RunEnd = JobExit | 'interrupted' | 'internal-error';

export interface ProgramRunOptions {
  readonly clock: Clock;
  readonly launcher: JobLauncher;
  readonly context: Omit<LaunchContext, 'stopGraceSeconds'>;
  readonly stopGraceSeconds: number;
  readonly faults: RunFaults;
  /** What strikes this run. */
  readonly strike?: DueFault;
  /** Training time of the job's earlier runs. */
  readonly trainedSeconds: number;
  readonly maxSeconds: number;
  readonly onMaxRuntime: () => void;
  /** Someone stops the job. */
  readonly onStoppedByPerson: () => void;
}

/** A program that prints nothing is struck after this many seconds of training. */
const SILENT_SECONDS = 60;

/** What each fault of a running program makes of its end; the program is killed. */
const STRUCK_END: Partial<Record<FaultName, RunEnd>> = {
  'spot-interrupted': 'interrupted',
  'internal-error': 'internal-error',
  'out-of-memory': { exitCode: 137 },
  'program-error': { exitCode: 1, failure: 'RuntimeError: the fault program-error was injected' },
};

const NOTHING_TO_FREEZE: RunEnd = {
  failureReason:
    'ClientError: the fault host-hangs was planned for a job that is no process of this machine. Plan it for one that is.',
};

/** One run of a job's program, from its launch to its end. */
export class ProgramRun {
  readonly ended: Promise<RunEnd>;
  private readonly run: JobRun;
  private readonly over = new AbortController();
  private strike?: DueFault;
  private struckEnd?: RunEnd;
  private stopping = false;

  constructor(private readonly options: ProgramRunOptions) {
    const { clock, launcher, context, stopGraceSeconds, faults, strike, maxSeconds, onMaxRuntime } = options;
    this.strike = strike;
    const run = launcher.launch({
      ...context,
      stopGraceSeconds,
      onLine: (line) => {
        context.onLine(line);
        // in a turn of its own: a program may print while it is launched.
        if (strike?.afterSeconds === undefined) queueMicrotask(() => this.strikeNow());
      },
    });
    // a process works in real time: a virtual clock must not run ahead of it.
    this.run = faultyRun(launcher.needsFiles ? { ...run, ended: clock.track(run.ended) } : run, faults);
    this.later(maxSeconds, onMaxRuntime);
    if (strike !== undefined) {
      const { afterSeconds } = strike;
      const seconds = afterSeconds === undefined ? SILENT_SECONDS : Math.max(0, afterSeconds - options.trainedSeconds);
      this.later(seconds, () => this.strikeNow());
    }
    this.ended = this.follow();
  }

  /** SIGTERM, and SIGKILL after the grace period. */
  stop(): void {
    this.stopping = true;
    this.run.terminate();
    this.later(this.options.stopGraceSeconds, () => this.run.kill());
  }

  /** The managed spot instance is taken away. */
  interrupt(): void {
    this.end('interrupted');
  }

  kill(): void {
    this.stopping = true;
    this.run.kill();
  }

  private async follow(): Promise<RunEnd> {
    try {
      const exit = await this.run.ended;
      // a program that ends before its fault is struck at its end.
      this.strikeNow();
      return this.struckEnd ?? exit;
    } finally {
      this.over.abort(new Error('the program has ended.'));
    }
  }

  private strikeNow(): void {
    const { strike } = this;
    if (strike === undefined || this.stopping) return;
    this.strike = undefined;
    strike.announce();
    if (strike.name === 'stopped-by-person') this.options.onStoppedByPerson();
    else if (strike.name === 'host-hangs') this.freeze(strike.lastsSeconds!);
    else this.end(STRUCK_END[strike.name]!);
  }

  private freeze(seconds: number): void {
    if (this.run.freezeLastHost === undefined) this.end(NOTHING_TO_FREEZE);
    else this.run.freezeLastHost(seconds);
  }

  private end(end: RunEnd): void {
    if (this.stopping || this.struckEnd !== undefined) return;
    this.struckEnd = end;
    this.run.kill();
  }

  private later(seconds: number, work: () => void): void {
    this.options.clock.sleep(seconds * 1000, this.over.signal).then(work, () => undefined);
  }
}
