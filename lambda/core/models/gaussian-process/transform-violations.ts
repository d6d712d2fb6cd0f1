import { standardize } from './output-transform';

/** Larger than any excess that means something, so that squares stay finite. */
const LARGEST = 1e100;

/**
 * The excess over an outcome constraint's bound as the model sees it: its sign kept, its size by the logarithm in units of
 * the median size, then standardized. What matters lies around 0, where the bound is.
 *
 * Source: Eriksson, Poloczek, "Scalable constrained Bayesian optimization", AISTATS 2021 (the bilog transformation).
 *
 * @returns the values, and where the bound came to lie
 */
export function transformViolations(violations: readonly number[]): { values: Float64Array; bound: number } {
  const bounded = violations.map((excess) => Math.min(Math.max(excess, -LARGEST), LARGEST));
  const sizes = bounded.map(Math.abs).filter((size) => size > 0);
  const unit = sizes.length === 0 ? 1 : sizes.sort((a, b) => a - b)[sizes.length >> 1];
  const bilog = Float64Array.from(
    bounded,
    (excess) => Math.sign(excess) * Math.log1p(Math.min(Math.abs(excess) / unit, LARGEST)),
  );
  const { values, mean, deviation } = standardize(bilog);
  // where all are alike, whether they hold is all that is known.
  return { values, bound: deviation > 0 ? -mean / deviation : -Math.sign(mean) };
}
