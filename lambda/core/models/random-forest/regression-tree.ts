import { Random } from '../../random/random';
import { Axis, Columns } from './axis';
import { NodePoints, Sample, Split, bestSplit } from './best-split';
import { Tree } from './tree';

export interface TreeOptions {
  /** A leaf holds at least this weight. */
  readonly minLeafWeight: number;
  /** Part of the axes that each node considers, drawn anew; 0 < share <= 1. */
  readonly axisShare: number;
}

/** Splits that explain less than this part of the node's squares are rounding errors. */
const MIN_GAIN = 1e-12;

/**
 * Grows a regression tree: each node takes the split that leaves the least squared error.
 *
 * @param sample targets, and how often each point counts; points of weight 0 are left out
 * @see Breiman, Friedman, Olshen, Stone, Classification and regression trees, 1984
 */
export function growTree(
  axes: readonly Axis[],
  columns: Columns,
  sample: Sample,
  random: Random,
  options: TreeOptions,
): Tree {
  return new TreeGrower(axes, columns, sample, random, options).grow();
}

/** Sorts the points once for each axis; below, every node keeps its part of each order together. */
class TreeGrower {
  private readonly orders: Int32Array[];
  private readonly size: number;
  private readonly goesLeft: Uint8Array;
  private readonly aside: Int32Array;

  constructor(
    private readonly axes: readonly Axis[],
    private readonly columns: Columns,
    private readonly sample: Sample,
    private readonly random: Random,
    private readonly options: TreeOptions,
  ) {
    const { weights } = sample;
    const counted = Int32Array.from(weights.keys()).filter((point) => weights[point] > 0);
    this.size = counted.length;
    this.goesLeft = new Uint8Array(weights.length);
    this.aside = new Int32Array(this.size);
    this.orders = axes.map((axis, i) =>
      axis.kind === 'ordered'
        ? counted.slice().sort((a, b) => columns[i][a] - columns[i][b] || a - b)
        : counted.slice(),
    );
  }

  grow(): Tree {
    return this.node(0, this.size);
  }

  private node(start: number, end: number): Tree {
    const { targets, weights } = this.sample;
    const [order] = this.orders;
    let weight = 0;
    let sum = 0;
    let squares = 0;
    for (let i = start; i < end; i++) {
      const point = order[i];
      weight += weights[point];
      sum += weights[point] * targets[point];
      squares += weights[point] * targets[point] ** 2;
    }
    const before = sum ** 2 / weight;
    const leaf = { value: sum / weight };
    if (weight < 2 * this.options.minLeafWeight || squares - before <= MIN_GAIN * squares) return leaf;

    const found = this.split(start, end);
    if (found === undefined || found.split.score - before <= MIN_GAIN * squares) return leaf;
    const { axis, split } = found;
    const border = this.divide(axis, split, start, end);
    const left = this.node(start, border);
    const right = this.node(border, end);
    return 'threshold' in split
      ? { axis, threshold: split.threshold, left, right }
      : { axis, leftCategories: split.leftCategories, left, right };
  }

  /** The best split among the axes that are drawn; where none of them can be split, the others are looked at too. */
  private split(start: number, end: number): { axis: number; split: Split } | undefined {
    const drawn = this.random.permutation(this.axes.length);
    const considered = Math.ceil(this.options.axisShare * this.axes.length);
    let best: { axis: number; split: Split } | undefined;
    for (const [i, axis] of drawn.entries()) {
      if (i >= considered && best !== undefined) break;
      const points: NodePoints = { order: this.orders[axis], start, end };
      const split = bestSplit(this.axes[axis], this.columns[axis], points, this.sample, this.options.minLeafWeight);
      if (split !== undefined && (best === undefined || split.score > best.split.score)) best = { axis, split };
    }
    return best;
  }

  /** Moves the left side's points before the right side's in each order, which stays sorted within both. */
  private divide(axis: number, split: Split, start: number, end: number): number {
    const column = this.columns[axis];
    for (let i = start; i < end; i++) {
      const point = this.orders[axis][i];
      const left = 'threshold' in split ? column[point] <= split.threshold : split.leftCategories[column[point]] === 1;
      this.goesLeft[point] = left ? 1 : 0;
    }
    let border = start;
    for (const order of this.orders) {
      border = start;
      let kept = 0;
      for (let i = start; i < end; i++) {
        if (this.goesLeft[order[i]] === 1) order[border++] = order[i];
        else this.aside[kept++] = order[i];
      }
      order.set(this.aside.subarray(0, kept), border);
    }
    return border;
  }
}
