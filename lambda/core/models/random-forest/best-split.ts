import { Axis } from './axis';

/** Points of a node: their places in the columns, on an ordered axis by rising coordinate. */
export interface NodePoints {
  readonly order: Int32Array;
  readonly start: number;
  readonly end: number;
}

/** Targets and how often each point counts. */
export interface Sample {
  readonly targets: Float64Array;
  readonly weights: Float64Array;
}

export type Split = {
  /** Sum over both sides of weight times squared mean: the larger, the less variance is left. */
  readonly score: number;
} & ({ readonly threshold: number } | { readonly leftCategories: Uint8Array });

/** The split of a node along one axis that leaves the least variance; undefined where none leaves both sides enough. */
export function bestSplit(
  axis: Axis,
  column: Float64Array,
  points: NodePoints,
  sample: Sample,
  minWeight: number,
): Split | undefined {
  return axis.kind === 'ordered'
    ? bestThreshold(axis.cut ?? middle, column, points, sample, minWeight)
    : bestSubset(axis.count, column, points, sample, minWeight);
}

function middle(below: number, above: number): number {
  return below + (above - below) / 2;
}

function bestThreshold(
  cut: (below: number, above: number) => number,
  column: Float64Array,
  { order, start, end }: NodePoints,
  { targets, weights }: Sample,
  minWeight: number,
): Split | undefined {
  let weight = 0;
  let sum = 0;
  for (let i = start; i < end; i++) {
    weight += weights[order[i]];
    sum += weights[order[i]] * targets[order[i]];
  }
  let best = -Infinity;
  let place = -1;
  let leftWeight = 0;
  let leftSum = 0;
  for (let i = start; i < end - 1; i++) {
    const point = order[i];
    leftWeight += weights[point];
    leftSum += weights[point] * targets[point];
    if (column[point] === column[order[i + 1]]) continue;
    if (leftWeight < minWeight || weight - leftWeight < minWeight) continue;
    const score = scoreOf(leftWeight, leftSum, weight, sum);
    if (score > best) {
      best = score;
      place = i;
    }
  }
  return place === -1 ? undefined : { score: best, threshold: cut(column[order[place]], column[order[place + 1]]) };
}

/**
 * For a squared error the best of all subsets is found among those that a cut makes in the order of the categories' means.
 *
 * @see Fisher, On grouping for maximum homogeneity, Journal of the American Statistical Association 53, 1958
 */
function bestSubset(
  count: number,
  column: Float64Array,
  { order, start, end }: NodePoints,
  { targets, weights }: Sample,
  minWeight: number,
): Split | undefined {
  const categoryWeights = new Float64Array(count);
  const categorySums = new Float64Array(count);
  for (let i = start; i < end; i++) {
    const point = order[i];
    categoryWeights[column[point]] += weights[point];
    categorySums[column[point]] += weights[point] * targets[point];
  }
  const mean = (category: number) => categorySums[category] / categoryWeights[category];
  const present = Array.from({ length: count }, (_, category) => category)
    .filter((category) => categoryWeights[category] > 0)
    .sort((a, b) => mean(a) - mean(b) || a - b);
  const weight = present.reduce((total, category) => total + categoryWeights[category], 0);
  const sum = present.reduce((total, category) => total + categorySums[category], 0);

  let best = -Infinity;
  let size = 0;
  let leftWeight = 0;
  let leftSum = 0;
  let leftIsLarger = false;
  for (let i = 0; i < present.length - 1; i++) {
    leftWeight += categoryWeights[present[i]];
    leftSum += categorySums[present[i]];
    if (leftWeight < minWeight || weight - leftWeight < minWeight) continue;
    const score = scoreOf(leftWeight, leftSum, weight, sum);
    if (score > best) {
      best = score;
      size = i + 1;
      leftIsLarger = leftWeight > weight - leftWeight;
    }
  }
  if (size === 0) return undefined;

  // of a category that the node has no point of nothing is known: it goes with the most.
  const leftCategories = new Uint8Array(count).fill(leftIsLarger ? 1 : 0);
  present.forEach((category, i) => (leftCategories[category] = i < size ? 1 : 0));
  return { score: best, leftCategories };
}

function scoreOf(leftWeight: number, leftSum: number, weight: number, sum: number): number {
  const rightSum = sum - leftSum;
  return leftSum ** 2 / leftWeight + rightSum ** 2 / (weight - leftWeight);
}
