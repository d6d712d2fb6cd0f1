import { Purpose, Random } from '../random/random';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';
import { SOBOL_DIRECTIONS } from './sobol-directions';

const BITS = 32;

/**
 * A scrambled Sobol sequence: points that fill the cube evenly, at any number of trials.
 *
 * Sources: Sobol, "On the distribution of points in a cube", 1967; the scrambling is Owen's ("Scrambled net variance for
 * integrals of smooth functions", 1997) in the hashed form of Burley, "Practical hash-based Owen scrambling", JCGT 9, 2020.
 */
export class SobolSearch implements SearchAlgorithm {
  suggest({ space, seed, trial, initialTrials }: SearchContext): Suggestion {
    const index = trial - initialTrials - 1;
    const point = Array.from({ length: space.dimension }, (_, dimension) => {
      const scramble = new Random(seed, dimension, Purpose.SCRAMBLE).next32();
      return scrambled(sobol(index, dimension), scramble) / 2 ** BITS;
    });
    return { configuration: space.decode(point) };
  }
}

/** The point's coordinate as a 32-bit fraction, in the order of the binary digits (not Gray code). */
export function sobol(index: number, dimension: number): number {
  const directions = directionsOf(dimension);
  let result = 0;
  for (let bit = 0, rest = index; rest > 0; bit++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result ^= directions[bit];
  }
  return result >>> 0;
}

/** Permutes the digits below each digit by a hash of those above, so that the net's structure stays. */
function scrambled(value: number, seed: number): number {
  return reverseBits(laineKarras(reverseBits(value), seed));
}

function laineKarras(value: number, seed: number): number {
  let x = value >>> 0;
  x = (x ^ Math.imul(x, 0x3d20adea)) >>> 0;
  x = (x + seed) >>> 0;
  x = Math.imul(x, (seed >>> 16) | 1) >>> 0;
  x = (x ^ Math.imul(x, 0x05526c56)) >>> 0;
  x = (x ^ Math.imul(x, 0x53a22864)) >>> 0;
  return x;
}

function reverseBits(value: number): number {
  let x = value >>> 0;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}

const computed: number[][] = [];

/** The direction numbers v_1, v_2, ... of one dimension as 32-bit fractions. */
function directionsOf(dimension: number): number[] {
  return (computed[dimension] ??= directions(dimension));
}

function directions(dimension: number): number[] {
  if (dimension === 0) return Array.from({ length: BITS }, (_, i) => 2 ** (BITS - 1 - i));
  const [degree, inner, initial] = SOBOL_DIRECTIONS[dimension - 1];
  const v = initial.map((m, i) => m * 2 ** (BITS - 1 - i));
  for (let k = degree; k < BITS; k++) {
    let value = (v[k - degree] ^ (v[k - degree] >>> degree)) >>> 0;
    for (let i = 1; i < degree; i++) {
      if ((inner >> (degree - 1 - i)) & 1) value = (value ^ v[k - i]) >>> 0;
    }
    v.push(value);
  }
  return v;
}
