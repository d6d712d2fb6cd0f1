import { standardize } from '../../models/gaussian-process/output-transform';
import { rankEntries } from '../rank-entries';
import { ScheduledTrial } from '../scheduler';
import { RungValues } from './curve-extrapolation';

/** The trials' curves as the model sees them. */
export interface CurveValues {
  /** By trial, at the rungs. */
  readonly atRungs: readonly RungValues[];
  /** The best value that each trial has shown anywhere; Infinity without one. */
  readonly best: readonly number[];
}

/**
 * Losses in units of the spread of the better half of the trials, those above the median pulled in by the logarithm, then
 * standardized: a trial that diverged must not flatten the differences among the good ones.
 *
 * Several objectives, or trials that miss outcome constraints, are put in one order first, that of a rung; a value is then a
 * place in it.
 *
 * @param levels the rungs, ascending
 */
export function curveValues(trials: readonly ScheduledTrial[], levels: readonly number[]): CurveValues {
  const points = trials.flatMap(({ curve, failed }, index) =>
    failed
      ? []
      : curve
          .filter(({ losses }) => losses.every(Number.isFinite))
          .map((point) => ({ ...point, index, rung: levels.indexOf(point.rung ?? NaN) })),
  );
  const isSimple = points.every(
    ({ losses, violations = [] }) => losses.length === 1 && violations.every((violation) => violation <= 0),
  );
  const losses = isSimple ? points.map((point) => point.losses[0]) : placesOf(points);
  const least = trials.map(() => Infinity);
  points.forEach(({ index }, i) => (least[index] = Math.min(least[index], losses[i])));
  const values = transform(
    losses,
    least.filter((loss) => loss < Infinity),
  );

  const atRungs = trials.map(() => [] as (number | undefined)[]);
  const best = trials.map(() => Infinity);
  points.forEach(({ index, rung }, i) => {
    if (rung >= 0) atRungs[index][rung] = values[i];
    best[index] = Math.min(best[index], values[i]);
  });
  return { atRungs, best };
}

function placesOf(points: readonly { losses: readonly number[]; violations?: readonly number[] }[]): number[] {
  const places = new Array<number>(points.length).fill(0);
  rankEntries(
    points.map(({ losses, violations }, trial) => ({ trial, losses, ...(violations && { violations }) })),
    points.length,
  ).forEach(({ trial }, place) => (places[trial] = place));
  return places;
}

function transform(losses: readonly number[], bests: readonly number[]): Float64Array {
  if (bests.length === 0) return new Float64Array(losses.length);
  const sorted = [...bests].sort((a, b) => a - b);
  const middle = (sorted.length - 1) >> 1;
  const median = sorted[middle];
  // halves first: the difference of two finite numbers may not be finite.
  const lower = sorted.slice(0, middle + 1).map((loss) => loss / 2 - median / 2);
  const largest = Math.max(...lower.map(Math.abs));
  const unit =
    largest > 0
      ? largest * Math.sqrt(lower.reduce((sum, delta) => sum + (delta / largest) ** 2, 0) / lower.length)
      : losses.reduce((most, loss) => Math.max(most, Math.abs(loss / 2 - median / 2)), 0);
  return standardize(
    Float64Array.from(losses, (loss) => {
      const z = unit > 0 ? (loss / 2 - median / 2) / unit : 0;
      return z > 0 ? Math.log1p(z) : z;
    }),
  ).values;
}
