import type { Clock } from '../clock';

/** Lets so many requests a second through, with as many at once. */
export class RequestRate {
  private readonly capacity: number;
  private tokens: number;
  private refilled: number;

  constructor(
    private readonly clock: Clock,
    private readonly perSecond: number,
  ) {
    this.capacity = Math.max(1, perSecond);
    this.tokens = this.capacity;
    this.refilled = clock.now();
  }

  /** False when the request comes too early. */
  take(): boolean {
    const now = this.clock.now();
    this.tokens = Math.min(this.capacity, this.tokens + ((now - this.refilled) / 1000) * this.perSecond);
    this.refilled = now;
    // the sum of many small refills may end just below the whole.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens -= 1;
    return true;
  }
}
