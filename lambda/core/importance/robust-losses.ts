/** Losses further from the median than this many times what good ones are below it count as if they were just there. */
const FENCE = 3;

/** The good ones: this part of all. */
const GOOD = 0.05;

/**
 * Losses on a scale of their own, so that a few trials that went far astray don't make up all of the variance: they are
 * winsorized at 3 times the distance from the median to the best 5 %, on both sides. Half of the trials may diverge
 * before that scale gives way. Losses without such extremes, also skewed ones, keep their shape.
 *
 * Where half of the losses are the same there is no such distance; then ranks take their place.
 *
 * @returns numbers of about -3 to 3; undefined if all losses are the same
 */
export function robustLosses(losses: readonly number[]): Float64Array | undefined {
  // halves, so that no difference leaves the range of numbers.
  const halves = Float64Array.from(losses, (loss) => loss / 2);
  const sorted = halves.slice().sort();
  if (sorted[0] === sorted[sorted.length - 1]) return undefined;

  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  const scale = median - sorted[Math.floor(GOOD * (sorted.length - 1))];
  return scale === 0
    ? ranksOf(halves, sorted)
    : halves.map((loss) => Math.min(Math.max((loss - median) / scale, -FENCE), FENCE));
}

/** Ranks from -1 to 1; equal losses share the middle of theirs. */
function ranksOf(losses: Float64Array, sorted: Float64Array): Float64Array {
  const middles = new Map<number, number>();
  for (let first = 0; first < sorted.length;) {
    let last = first;
    while (last + 1 < sorted.length && sorted[last + 1] === sorted[first]) last++;
    middles.set(sorted[first], (first + last) / (sorted.length - 1) - 1);
    first = last + 1;
  }
  return losses.map((loss) => middles.get(loss)!);
}
