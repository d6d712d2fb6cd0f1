import { ascending } from '../../numerics/ascending';

/**
 * How much room each loss vector of one front has: the sum over the objectives of the distance between its two
 * neighbours, in units of the front's extent. Infinity for the ends of the front.
 *
 * Source: Deb, Pratap, Agarwal, Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans.
 * Evolutionary Computation 6, 2002, section III.B.
 */
export function crowdingDistances(losses: readonly (readonly number[])[]): number[] {
  const distances = new Array<number>(losses.length).fill(0);
  const objectives = losses[0]?.length ?? 0;
  for (let k = 0; k < objectives; k++) {
    const order = losses.map((_, i) => i).sort((i, j) => ascending(losses[i][k], losses[j][k]) || i - j);
    // halves, since the extent of losses around 1e308 isn't finite.
    const half = order.map((i) => losses[i][k] / 2);
    const extent = half[half.length - 1] - half[0];
    if (!(extent > 0)) continue;
    distances[order[0]] = Infinity;
    distances[order[order.length - 1]] = Infinity;
    for (let place = 1; place < order.length - 1; place++) {
      distances[order[place]] += (half[place + 1] - half[place - 1]) / extent;
    }
  }
  return distances;
}
