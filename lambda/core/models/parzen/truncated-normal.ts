import { normalProbability, normalQuantile } from '../../numerics/normal';

/** The normal distribution between 0 and 1. */

/** Probability of lower <= x <= upper of the normal distribution that isn't truncated. */
export function intervalProbability(mean: number, deviation: number, lower: number, upper: number): number {
  const a = (lower - mean) / deviation;
  const b = (upper - mean) / deviation;
  // both in the lower tail, where small probabilities are exact.
  return a > 0 ? normalProbability(-a) - normalProbability(-b) : normalProbability(b) - normalProbability(a);
}

/** The x below which a share `p` of the distribution lies. */
export function truncatedNormalQuantile(mean: number, deviation: number, p: number): number {
  const lower = normalProbability(-mean / deviation);
  const upper = normalProbability((1 - mean) / deviation);
  const x = mean + deviation * normalQuantile(lower + p * (upper - lower));
  return Math.min(Math.max(x, 0), 1);
}
