/** How much each member of a population, the best first, counts. */
export interface Recombination {
  /** In the new mean: none is negative, their sum is 1. */
  readonly mean: number[];
  /** In the covariance: steps of bad members have negative ones. */
  readonly covariance: number[];
}

/**
 * The weights of a population in which some are as good as each other, and share what their places are worth, and some
 * at the end have no result, and have no part in the mean.
 *
 * @param weights of the places, see `strategyParameters`
 * @param ties how many members stand at the first place together, how many at the next, and so on
 * @param finished how many members have a result, at least 1
 */
export function recombination(weights: Float64Array, ties: readonly number[], finished: number): Recombination {
  const good = [...weights].map((weight, place) => (place < finished ? Math.max(weight, 0) : 0));
  const sum = good.reduce((total, weight) => total + weight, 0);
  const signed = [...weights].map((weight, place) => (place < finished ? weight : Math.min(weight, 0)));
  return {
    mean: shared(good, ties).map((weight) => weight / sum),
    covariance: shared(signed, ties),
  };
}

function shared(weights: readonly number[], ties: readonly number[]): number[] {
  let begin = 0;
  return ties.flatMap((count) => {
    const own = weights.slice(begin, (begin += count));
    return new Array<number>(count).fill(own.reduce((sum, weight) => sum + weight, 0) / count);
  });
}
