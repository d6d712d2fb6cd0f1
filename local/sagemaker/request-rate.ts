/** Lets so many requests a second through, with as many at once. */
export class RequestRate {
  private readonly capacity: number;
  private tokens: number;
  private refilled: number;

  constructor(
    /** Milliseconds. */
    private readonly time: () => number,
    private readonly perSecond: number,
  ) {
    this.capacity = Math.max(1, perSecond);
    this.tokens = this.capacity;
    this.refilled = time();
  }

  /** False when the request comes too early. */
  take(): boolean {
    const now = this.time();
    this.tokens = Math.min(this.capacity, this.tokens + ((now - this.refilled) / 1000) * this.perSecond);
    this.refilled = now;
    // the sum of many small refills may end just below the whole.
    if (this.tokens < 1 - 1e-9) return false;
    this.tokens -= 1;
    return true;
  }
}
