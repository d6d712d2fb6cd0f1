import type { Clock } from '../clock';
import type { DueFault } from '../faults';
import type { BatchLauncher, ContainerContext, ContainerRun } from './batch-launcher';
import type { Place } from './compute-environment';
import { ENDED_REASON, NOT_STARTED_REASON, TIMEOUT_REASON } from './exits';

export interface AttemptRunOptions {
  readonly clock: Clock;
  readonly launcher: BatchLauncher;
  readonly context: ContainerContext;
  readonly place: Place;
  readonly attemptDurationSeconds?: number;
  readonly stopGraceSeconds: number;
  /** What strikes this attempt. */
  readonly strike?: DueFault;
}

export interface AttemptEnd {
  readonly exitCode?: number;
  readonly reason?: string;
  readonly statusReason: string;
  readonly hasStarted: boolean;
  /** Batch retries no attempt that took too long. */
  readonly timedOut: boolean;
}

/** A container that prints nothing is struck by a fault after this many seconds. */
const SILENT_SECONDS = 60;

/** One attempt of a job, from the launch of its container to its end. */
export class AttemptRun {
  readonly ended: Promise<AttemptEnd>;
  private readonly run: ContainerRun;
  private readonly over = new AbortController();
  private strike?: DueFault;
  private timedOut = false;
  private stopping = false;

  constructor(private readonly options: AttemptRunOptions) {
    const { clock, launcher, context, place, attemptDurationSeconds, strike } = options;
    this.strike = strike;
    const run = launcher.launch({
      ...context,
      onLine: (line) => {
        context.onLine(line);
        // in a turn of its own: a program may print while it is launched.
        if (strike?.afterSeconds === undefined) queueMicrotask(() => this.strikeNow());
      },
    });
    // a process works in real time: a virtual clock must not run ahead of it.
    this.run = launcher.needsFiles ? { ...run, ended: clock.track(run.ended) } : run;
    place.lost.addEventListener('abort', () => this.run.kill(), { once: true });
    if (attemptDurationSeconds !== undefined) this.later(attemptDurationSeconds, () => this.timeOut());
    if (strike !== undefined) this.later(strike.afterSeconds ?? SILENT_SECONDS, () => this.strikeNow());
    this.ended = this.follow();
  }

  /** SIGTERM, and SIGKILL after the grace period. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.run.terminate();
    this.later(this.options.stopGraceSeconds, () => this.run.kill());
  }

  kill(): void {
    this.stopping = true;
    this.run.kill();
  }

  private timeOut(): void {
    if (this.stopping) return;
    this.timedOut = true;
    this.stop();
  }

  private async follow(): Promise<AttemptEnd> {
    const { place } = this.options;
    try {
      const exit = await this.run.ended;
      // a container that ends before its fault is struck at its end.
      this.strikeNow();
      const { timedOut } = this;
      // nobody is left to tell how the container ended.
      if (place.lost.aborted) return { statusReason: place.lossReason, hasStarted: true, timedOut };
      if ('notStarted' in exit) {
        return { reason: exit.notStarted, statusReason: NOT_STARTED_REASON, hasStarted: false, timedOut };
      }
      return { ...exit, statusReason: timedOut ? TIMEOUT_REASON : ENDED_REASON, hasStarted: true, timedOut };
    } finally {
      this.over.abort(new Error('the container has ended.'));
    }
  }

  private strikeNow(): void {
    const { strike } = this;
    if (strike === undefined || this.stopping) return;
    this.strike = undefined;
    strike.announce();
    this.options.place.environment.lose(this.options.place);
  }

  private later(seconds: number, work: () => void): void {
    this.options.clock.sleep(seconds * 1000, this.over.signal).then(work, () => undefined);
  }
}
