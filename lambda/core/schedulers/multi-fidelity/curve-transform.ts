import { normalQuantile } from '../../numerics/normal';
import { V } from './variant';
import { standardize } from '../../models/gaussian-process/output-transform';

/**
 * Losses along curves as the model sees them: in units of the spread of the better half of the trials' best losses, those
 * above the median pulled in by the logarithm, then standardized.
 *
 * @param losses finite numbers
 * @param bests the lowest loss of each trial, at least one
 */
export function transformCurves(losses: readonly number[], bests: readonly number[]): Float64Array {
  const sorted = [...bests].sort((a, b) => a - b);
  const best = sorted[0];
  const median = sorted[(sorted.length - 1) >> 1];
  // halves first: the difference of two finite numbers may not be finite.
  const lower = sorted.slice(0, ((sorted.length - 1) >> 1) + 1).map((loss) => loss / 2 - median / 2);
  const largest = median / 2 - best / 2;
  const unit =
    largest > 0
      ? largest * Math.sqrt(lower.reduce((sum, delta) => sum + (delta / largest) ** 2, 0) / lower.length)
      : Math.max(...losses.map((loss) => Math.abs(loss / 2 - median / 2)));
  if (V.tr === 'rank') {
    const above = losses.map((loss, i) => ({ loss, i })).filter(({ loss }) => loss > median).sort((a, b) => a.loss - b.loss);
    const result = Float64Array.from(losses, (loss) => (unit > 0 ? Math.min((loss / 2 - median / 2) / unit, 0) : 0));
    for (let first = 0; first < above.length;) {
      let last = first;
      while (last + 1 < above.length && above[last + 1].loss === above[first].loss) last++;
      const score = normalQuantile(0.5 + (0.5 * ((first + last) / 2 + 0.5)) / above.length);
      for (let k = first; k <= last; k++) result[above[k].i] = score;
      first = last + 1;
    }
    return standardize(result).values;
  }
  const values = Float64Array.from(losses, (loss) => {
    const z = unit > 0 ? (loss / 2 - median / 2) / unit : 0;
    return z > 0 ? Math.log1p(z) : z;
  });
  return standardize(values).values;
}
