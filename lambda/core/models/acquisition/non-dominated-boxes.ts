/** A box of losses, open towards -Infinity where `lower` is. */
export interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * What no point dominates, below a reference, as boxes that don't overlap: slices along the last objective, between one
 * point and the next, in which the points so far leave the same region of the other objectives.
 *
 * Source: While, Hingston, Barone, Huband, "A faster algorithm for calculating hypervolume", IEEE Trans. Evolutionary
 * Computation 10, 2006 (slicing objectives).
 */
export function nonDominatedBoxes(points: readonly (readonly number[])[], reference: readonly number[]): Box[] {
  const last = reference.length - 1;
  const inside = points.filter((point) => point.every((loss, k) => loss < reference[k]));
  if (last === 0) {
    return [{ lower: [-Infinity], upper: [Math.min(reference[0], ...inside.map(([loss]) => loss))] }];
  }
  const cuts = [...new Set(inside.map((point) => point[last]))].sort((a, b) => a - b);
  return [-Infinity, ...cuts].flatMap((from, i) => {
    const to = cuts[i] ?? reference[last];
    const below = inside.filter((point) => point[last] <= from).map((point) => point.slice(0, last));
    return nonDominatedBoxes(below, reference.slice(0, last)).map(({ lower, upper }) => ({
      lower: [...lower, from],
      upper: [...upper, to],
    }));
  });
}
