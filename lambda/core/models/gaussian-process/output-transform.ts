import { normalQuantile } from '../../numerics/normal';

/** Differences below this part of the lower half's range are rounding errors. */
const RESOLUTION = 2 ** -30;

/**
 * Losses as the model sees them: what lies above the median is replaced by what a normal distribution of the lower half's
 * spread would have there, then all is standardized. A few very bad trials, such as diverged ones, would otherwise take up
 * the whole scale, and the differences among good ones, which decide, would vanish.
 *
 * Only order counts above the median and relative distances below it, so an affine change of the losses changes nothing.
 *
 * @param losses finite numbers, at least one
 * @returns numbers with mean 0 and standard deviation 1; all 0 where all losses are equal
 */
export function transformLosses(losses: readonly number[]): Float64Array {
  const n = losses.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => losses[a] - losses[b]);
  const best = losses[order[0]];
  const median = losses[order[(n - 1) >> 1]];
  // halves first: the difference of two finite numbers may not be finite.
  const half = median / 2 - best / 2;
  const result = Float64Array.from(losses, (loss) =>
    half > 0 ? Math.round((loss / 2 - median / 2) / half / RESOLUTION) * RESOLUTION : 0,
  );
  let squares = 0;
  let lower = 0;
  losses.forEach((loss, i) => {
    if (loss > median) return;
    squares += result[i] ** 2;
    lower++;
  });
  const spread = half > 0 ? Math.sqrt(squares / lower) : 1;
  for (let first = 0; first < n;) {
    let last = first;
    while (last + 1 < n && losses[order[last + 1]] === losses[order[first]]) last++;
    // equal losses share their middle rank.
    const score = spread * normalQuantile(((first + last) / 2 + 0.5) / n);
    for (let i = first; i <= last; i++) if (losses[order[i]] > median) result[order[i]] = Math.max(score, 0);
    first = last + 1;
  }
  return standardize(result).values;
}

/** Values with mean 0 and standard deviation 1, and what was subtracted and divided by; equal values become 0. */
export function standardize(values: Float64Array): { values: Float64Array; mean: number; deviation: number } {
  // the sum of equal values is rounded: their mean would lie beside them.
  const areEqual = values.every((y) => y === values[0]);
  const mean = areEqual ? (values[0] ?? 0) : values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = areEqual ? 0 : Math.sqrt(values.reduce((sum, y) => sum + (y - mean) ** 2, 0) / values.length);
  return { values: values.map((y) => (deviation > 0 ? (y - mean) / deviation : 0)), mean, deviation };
}
