import { normalQuantile } from '../../numerics/normal';
import { ScheduledTrial } from '../scheduler';
import { num } from './variant';

/** What is believed of the rank correlation between a rung and the next before any trial has passed both... */
const PRIOR_CORRELATION = num('priorRho', 0.8);
/** ...and how many trials that belief is worth. */
const PRIOR_TRIALS = num('priorN', 4);

/**
 * The rung that new trials train to first: the one that finds the best trials for the same effort.
 *
 * Of n trials that are compared by a value of which the rank correlation with the final loss is ρ, the one that looks best
 * lies ρ times the expected maximum of n normal variables above the average. A lower rung allows more trials, n = effort /
 * resource, but its values may tell less: ρ is estimated from the study's own curves, rung by rung.
 *
 * @returns its index
 */
export function firstRung(trials: readonly ScheduledTrial[], levels: readonly number[], correlations: readonly number[]): number {
  const spent = trials.reduce((sum, { curve }) => sum + (curve.at(-1)?.resource ?? 0), 0);
  let best = 0;
  let most = -Infinity;
  levels.forEach((level, i) => {
    const n = spent / level;
    if (n < 1) return;
    const worth = correlations[i] * expectedMaximum(n);
    if (worth > most) [best, most] = [i, worth];
  });
  return best;
}

/** The correlation of each rung with the last: the product of those between neighbours. */
export function correlationsWithEnd(trials: readonly ScheduledTrial[], levels: readonly number[]): number[] {
  const result = levels.map(() => 1);
  for (let i = levels.length - 2; i >= 0; i--) {
    const pairs = trials.flatMap(({ curve, failed }) => {
      const here = curve.find(({ rung }) => rung === levels[i]);
      const next = curve.find(({ rung }) => rung === levels[i + 1]);
      return failed || here === undefined || next === undefined ? [] : [[here.losses[0], next.losses[0]]];
    });
    const seen = pairs.length >= 2 ? rankCorrelation(pairs) : 0;
    const weight = pairs.length >= 2 ? pairs.length : 0;
    const correlation = (weight * seen + PRIOR_TRIALS * PRIOR_CORRELATION) / (weight + PRIOR_TRIALS);
    result[i] = result[i + 1] * Math.max(correlation, 0);
  }
  return result;
}

/** Of n standard normal variables, after Blom, "Statistical estimates and transformed beta-variables", 1958. */
function expectedMaximum(n: number): number {
  return normalQuantile((n - 0.375) / (n + 0.25));
}

/** Spearman's. */
function rankCorrelation(pairs: readonly number[][]): number {
  const ranks = [0, 1].map((side) => ranksOf(pairs.map((pair) => pair[side])));
  const middle = (pairs.length - 1) / 2;
  let product = 0;
  const squares = [0, 0];
  pairs.forEach((_, i) => {
    const [a, b] = [ranks[0][i] - middle, ranks[1][i] - middle];
    product += a * b;
    squares[0] += a * a;
    squares[1] += b * b;
  });
  return squares[0] > 0 && squares[1] > 0 ? product / Math.sqrt(squares[0] * squares[1]) : 0;
}

function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0));
  const ranks: number[] = [];
  for (let first = 0; first < order.length;) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1]] === values[order[first]]) last++;
    for (let i = first; i <= last; i++) ranks[order[i]] = (first + last) / 2;
    first = last + 1;
  }
  return ranks;
}
