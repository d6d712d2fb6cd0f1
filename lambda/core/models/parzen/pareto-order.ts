/**
 * Indices of loss vectors, the best first: front by front of what no other vector dominates, inside a front those
 * that lie farthest from the ones before. Only ranks within each objective are used, never the scale of a loss.
 *
 * Sources: Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", 2002, for the fronts; Gonzalez,
 * "Clustering to minimize the maximum intercluster distance", 1985, for the spread inside the front that isn't taken
 * whole, in the place of the crowding distance, which keeps neighbours together or drops both.
 *
 * @param leading how many places need this order; the others follow by their mean rank
 */
export function paretoOrder(losses: readonly (readonly number[])[], leading: number): number[] {
  const ranks = ranksOf(losses);
  const sums = ranks.map((rank) => rank.reduce((sum, r) => sum + r, 0));
  // a vector that dominates another one has the smaller sum of ranks, so it stands before it.
  let rest = losses.map((_, i) => i).sort((a, b) => sums[a] - sums[b] || a - b);
  const order: number[] = [];
  while (order.length < leading && rest.length > 0) {
    const front: number[] = [];
    const dominated: number[] = [];
    for (const i of rest) (front.some((j) => dominates(ranks[j], ranks[i])) ? dominated : front).push(i);
    order.push(...spread(front, ranks, leading - order.length));
    rest = dominated;
  }
  return [...order, ...rest];
}

function dominates(a: Float64Array, b: Float64Array): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    if (a[k] > b[k]) return false;
    if (a[k] < b[k]) better = true;
  }
  return better;
}

/** Each loss as its place among the losses of its objective, equal ones at the same place, from 0 to 1. */
function ranksOf(losses: readonly (readonly number[])[]): Float64Array[] {
  const ranks = losses.map((vector) => new Float64Array(vector.length));
  const objectives = losses[0]?.length ?? 0;
  for (let k = 0; k < objectives; k++) {
    const order = losses.map((_, i) => i).sort((a, b) => losses[a][k] - losses[b][k]);
    let place = 0;
    order.forEach((i, position) => {
      if (position > 0 && losses[i][k] !== losses[order[position - 1]][k]) place = position;
      ranks[i][k] = place / losses.length;
    });
  }
  return ranks;
}

/** The front with its first `count` members far from each other: the best sum first, then always the most distant. */
function spread(front: readonly number[], ranks: readonly Float64Array[], count: number): number[] {
  const distances = new Float64Array(front.length).fill(Infinity);
  const chosen: number[] = [];
  const isChosen = new Uint8Array(front.length);
  while (chosen.length < Math.min(count, front.length)) {
    let next = -1;
    for (let i = 0; i < front.length; i++) {
      if (!isChosen[i] && (next < 0 || distances[i] > distances[next])) next = i;
    }
    isChosen[next] = 1;
    chosen.push(front[next]);
    for (let i = 0; i < front.length; i++) {
      distances[i] = Math.min(distances[i], squaredDistance(ranks[front[i]], ranks[front[next]]));
    }
  }
  return [...chosen, ...front.filter((_, i) => !isChosen[i])];
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return sum;
}
