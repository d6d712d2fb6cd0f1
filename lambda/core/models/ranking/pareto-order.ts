import { nonDominatedRanks } from '../pareto/non-dominated-sort';

/**
 * Indices of loss vectors, the best first: front by front, and inside the front of which only some are among the
 * leading ones, those that lie farthest from each other. Only the order of each objective's losses is used, never their
 * scale.
 *
 * Sources: Ozaki et al., "Multiobjective tree-structured Parzen estimator", JAIR 73, 2022, for good observations by fronts;
 * there the last front is cut by hypervolume, here by the traversal of Gonzalez, "Clustering to minimize the maximum
 * intercluster distance", Theoretical Computer Science 38, 1985, which needs no reference point and costs the same with any
 * number of objectives.
 *
 * @param leading how many places matter
 */
export function paretoOrder(losses: readonly (readonly number[])[], leading: number): number[] {
  const fronts: number[][] = [];
  nonDominatedRanks(losses).forEach((rank, i) => (fronts[rank] ??= []).push(i));
  const order: number[] = [];
  for (const front of fronts) {
    const room = leading - order.length;
    order.push(...(room > 0 && room < front.length ? spread(front, losses, room) : front));
  }
  return order;
}

/** The front with its first `count` members far from each other: one end of it first, then always the most distant. */
function spread(front: readonly number[], losses: readonly (readonly number[])[], count: number): number[] {
  const places = placesOf(front.map((i) => losses[i]));
  const distances = new Float64Array(front.length).fill(Infinity);
  const isChosen = new Uint8Array(front.length);
  const chosen: number[] = [];
  let next = places.reduce((best, place, i) => (place[0] < places[best][0] ? i : best), 0);
  while (chosen.length < count) {
    isChosen[next] = 1;
    chosen.push(front[next]);
    const last = places[next];
    next = -1;
    for (let i = 0; i < front.length; i++) {
      distances[i] = Math.min(distances[i], squaredDistance(places[i], last));
      if (!isChosen[i] && (next < 0 || distances[i] > distances[next])) next = i;
    }
  }
  return [...chosen, ...front.filter((_, i) => !isChosen[i])];
}

/** Each loss as its place among those of its objective, equal ones at the same place. */
function placesOf(losses: readonly (readonly number[])[]): Float64Array[] {
  const places = losses.map((vector) => new Float64Array(vector.length));
  for (let k = 0; k < losses[0].length; k++) {
    const order = losses.map((_, i) => i).sort((a, b) => losses[a][k] - losses[b][k]);
    let place = 0;
    order.forEach((i, position) => {
      if (position > 0 && losses[i][k] !== losses[order[position - 1]][k]) place = position;
      places[i][k] = place;
    });
  }
  return places;
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return sum;
}
