/** Against rounding: multiples of an interval aren't exact. */
const TOLERANCE = 1e-9;

/** Rungs at the multiples of an interval up to the maximum resource, and there. */
export class IntervalLevels {
  /**
   * @param interval above 0
   * @param maxResource the last rung
   */
  constructor(
    private readonly interval: number,
    readonly maxResource: number,
  ) {}

  /** The highest rung at or below a resource; 0 before the first. */
  upTo(resource: number): number {
    if (resource >= this.maxResource * (1 - TOLERANCE)) return this.maxResource;
    return this.interval * this.count(resource);
  }

  /** The first rung beyond a resource; the last one has none. */
  after(resource: number): number | undefined {
    if (this.upTo(resource) === this.maxResource) return undefined;
    return this.upTo(this.interval * (this.count(resource) + 1));
  }

  /** The last rung below a resource; 0 if there is none. */
  before(resource: number): number {
    return this.interval * Math.max(Math.ceil((resource / this.interval) * (1 - TOLERANCE)) - 1, 0);
  }

  private count(resource: number): number {
    return Math.floor((resource / this.interval) * (1 + TOLERANCE));
  }
}
