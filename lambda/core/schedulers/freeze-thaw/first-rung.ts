import { normalQuantile } from '../../numerics/normal';

/**
 * The rung that new trials train to first: the one that finds the best trials for the same effort.
 *
 * Of n trials that are compared by a value with the correlation ρ to the final one, the one that looks best lies ρ times the
 * expected maximum of n normal variables above the average. A lower rung allows more trials for the same effort, but its values
 * may tell less.
 *
 * @param spent resource that all trials have had
 * @param levels the rungs, ascending
 * @param correlations of the value at each rung with the final one, as the study itself shows
 * @returns its place among the rungs
 */
export function firstRung(spent: number, levels: readonly number[], correlations: readonly number[]): number {
  let best = 0;
  let most = -Infinity;
  levels.forEach((level, i) => {
    const trials = spent / level;
    const worth = trials < 1 ? -Infinity : correlations[i] * expectedMaximum(trials);
    if (worth > most) [best, most] = [i, worth];
  });
  return best;
}

/** Of n standard normal variables: Blom, "Statistical estimates and transformed beta-variables", 1958. */
function expectedMaximum(n: number): number {
  return normalQuantile((n - 0.375) / (n + 0.25));
}
