/**
 * The time of the local runtime. Everything under `local/` asks this clock and never `Date.now` or `setTimeout`,
 * so that the same study runs in real time or on a clock that jumps from event to event.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;

  /** Resolves after `ms` milliseconds of this clock; rejects with the signal's reason when aborted before. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;

  /** Marks work that takes real time (a Lambda invocation, a database call): a virtual clock stands still meanwhile. */
  track<T>(work: Promise<T>): Promise<T>;
}

/** The clock on the wall. */
export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const deadline = Date.now() + ms;
      let timer: NodeJS.Timeout;
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal!.reason as Error);
      };
      const arm = () => {
        // setTimeout overflows past 2^31 ms; long waits are taken in pieces.
        timer = setTimeout(
          () => {
            if (deadline - Date.now() > 0) {
              arm();
            } else {
              signal?.removeEventListener('abort', onAbort);
              resolve();
            }
          },
          Math.min(Math.max(deadline - Date.now(), 0), 2 ** 30),
        );
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      arm();
    });
  }

  track<T>(work: Promise<T>): Promise<T> {
    return work;
  }
}

interface Sleeper {
  readonly wakeAt: number;
  readonly order: number;
  readonly wake: () => void;
}

/** How many turns of the event loop without new work count as idle. */
const IDLE_TURNS = 3;

/**
 * A clock that jumps: when no tracked work is in flight and the event loop has come to rest, time moves to the next
 * sleeper's wake-up. Sleepers of the same instant wake one after another in the order in which they went to sleep.
 */
export class VirtualClock implements Clock {
  private time: number;
  private order = 0;
  private working = 0;
  private idleTurns = 0;
  private scheduled = false;
  private readonly sleepers: Sleeper[] = [];

  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper: Sleeper = {
        wakeAt: this.time + Math.max(ms, 0),
        order: this.order++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = () => {
        this.sleepers.splice(this.sleepers.indexOf(sleeper), 1);
        reject(signal!.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      // kept sorted by insertion: few sleepers, many look-ups of the first one.
      let at = this.sleepers.length;
      while (at > 0 && this.sleepers[at - 1].wakeAt > sleeper.wakeAt) at--;
      this.sleepers.splice(at, 0, sleeper);
      this.watch();
    });
  }

  async track<T>(work: Promise<T>): Promise<T> {
    this.working++;
    try {
      return await work;
    } finally {
      this.working--;
      this.watch();
    }
  }

  private watch(): void {
    this.idleTurns = 0;
    if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(() => this.turn());
    }
  }

  private turn(): void {
    this.scheduled = false;
    // resumed by the end of the tracked work.
    if (this.working > 0 || this.sleepers.length === 0) return;
    if (++this.idleTurns < IDLE_TURNS) {
      this.scheduled = true;
      setImmediate(() => this.turn());
      return;
    }
    const next = this.sleepers.shift()!;
    this.time = Math.max(this.time, next.wakeAt);
    next.wake();
    this.watch();
  }
}
