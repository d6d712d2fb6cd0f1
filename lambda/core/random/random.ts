import { normalQuantile } from '../numerics/normal';
import { Block, philox4x32 } from './philox';

/**
 * A stream of random numbers that depends only on the study's seed, the trial's number and what the numbers are for. So
 * a study replays exactly from its table, and a step that is run twice draws the same numbers.
 */
export class Random {
  private block: Block = [0, 0, 0, 0];
  private used = 4;
  private counter = 0;

  /**
   * @param seed the study's seed, an integer from 0 to 2^53 - 1
   * @param trial the trial's number; 0 for what belongs to the whole study
   * @param purpose a small integer of its own for each use, so that no two uses share numbers
   */
  constructor(
    private readonly seed: number,
    private readonly trial: number,
    private readonly purpose: number,
  ) {}

  /** A 32-bit unsigned integer. */
  next32(): number {
    if (this.used === 4) {
      const key: [number, number] = [this.seed >>> 0, Math.floor(this.seed / 2 ** 32) >>> 0];
      this.block = philox4x32([this.counter++ >>> 0, this.trial >>> 0, this.purpose >>> 0, 0], key);
      this.used = 0;
    }
    return this.block[this.used++];
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.next32() >>> 5;
    const low = this.next32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A number of the standard normal distribution. */
  normal(): number {
    return normalQuantile(this.uniform() || Number.EPSILON);
  }

  /** A point of the unit cube. */
  point(dimension: number): number[] {
    return Array.from({ length: dimension }, () => this.uniform());
  }

  /** A permutation of 0 to n - 1. */
  permutation(n: number): number[] {
    const result = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [result[i], result[j]] = [result[j], result[i]];
    }
    return result;
  }

  /** An integer in 0 <= i < n, without bias, for n up to 2^32. */
  integer(n: number): number {
    const limit = 2 ** 32 - (2 ** 32 % n);
    let value = this.next32();
    while (value >= limit) value = this.next32();
    return value % n;
  }
}

/** What random numbers are drawn for; each has its own stream. */
export const Purpose = {
  SEARCH: 1,
  SCRAMBLE: 2,
  FILL: 3,
  INITIAL_DESIGN: 4,
  DISTINCT: 5,
  IMPORTANCE: 6,
  CMA_ES_REPLAY: 7,
  BRACKET: 8,
  EXPLOIT: 9,
  EXPLORE: 10,
  BELIEF: 11,
} as const;

/** A seed from a text, by 32-bit FNV-1a: the default seed of a study is made of its name. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}
