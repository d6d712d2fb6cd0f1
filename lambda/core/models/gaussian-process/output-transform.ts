import { normalQuantile } from '../../numerics/normal';

/**
 * Losses as the model sees them: what lies above the median is replaced by what a normal distribution of the lower half's
 * spread would have there, then all is standardized. A few very bad trials, such as diverged ones, would otherwise take up the
 * whole scale, and the differences among good ones, which decide, would vanish.
 *
 * Only order above the median and relative distances below it count, so an affine change of the losses changes nothing.
 *
 * @param losses finite numbers
 */
export function transformLosses(losses: readonly number[]): Float64Array {
  const n = losses.length;
  const scaled = rescaled(losses);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => scaled[a] - scaled[b]);
  const median = n % 2 === 1 ? scaled[order[(n - 1) / 2]] : (scaled[order[n / 2 - 1]] + scaled[order[n / 2]]) / 2;
  let squares = 0;
  let lower = 0;
  for (const y of scaled) {
    if (y <= median) {
      squares += (y - median) ** 2;
      lower++;
    }
  }
  const spread = Math.sqrt(squares / Math.max(lower, 1));
  const result = Float64Array.from(scaled);
  if (spread > 0) {
    for (let first = 0; first < n; ) {
      // equal losses share their middle rank.
      let last = first;
      while (last + 1 < n && scaled[order[last + 1]] === scaled[order[first]]) last++;
      const rank = (first + last) / 2;
      for (let i = first; i <= last; i++) {
        if (scaled[order[i]] > median) result[order[i]] = median + spread * normalQuantile((rank + 0.5) / n);
      }
      first = last + 1;
    }
  }
  return standardized(result);
}

/** To the range 0 to 1, so that nothing overflows. */
function rescaled(losses: readonly number[]): Float64Array {
  let min = Infinity;
  let max = -Infinity;
  for (const y of losses) {
    min = Math.min(min, y);
    max = Math.max(max, y);
  }
  // halves first: the difference of two finite numbers may not be finite.
  const half = max / 2 - min / 2;
  return Float64Array.from(losses, (y) => (half > 0 ? (y / 2 - min / 2) / half : 0));
}

function standardized(values: Float64Array): Float64Array {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, y) => sum + (y - mean) ** 2, 0) / n);
  return values.map((y) => (deviation > 0 ? (y - mean) / deviation : 0));
}
