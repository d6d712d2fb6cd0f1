import { Axis } from '../models/random-forest/axis';
import { Tree } from '../models/random-forest/tree';
import { forEachLeaf } from './leaf-boxes';
import { Interval, intersection, measure } from './side';
import { ActiveRegion } from './space-axes';

/**
 * How much variance of a forest's prediction over the unit cube each axis explains by itself: the variance of the
 * marginal, which is the mean over all other axes. It is exact, as the trees are constant on boxes.
 *
 * The marginals are those of the forest's mean; the paper averages the trees' variances instead, which counts what single
 * trees make of noise.
 *
 * An axis with a region counts in this region only. There its variance is taken, and weighted by the region's part of the
 * cube: main effect and interaction with the very condition that makes it active. Without a region it is the usual main
 * effect (the numerator of Sobol's first-order index).
 *
 * @param regions for each axis, where it is active; empty for everywhere
 * @see Hutter, Hoos, Leyton-Brown, An efficient approach for assessing hyperparameter importance, ICML 2014
 */
export function mainEffects(
  forest: readonly Tree[],
  axes: readonly Axis[],
  regions: readonly ActiveRegion[],
): number[] {
  const marginals = axes.map((axis, i) =>
    axis.kind === 'ordered' ? new OrderedMarginal(thresholdsOf(forest, i)) : new CategoryMarginal(axis.count),
  );
  const sizes = regions.map((region) => region.reduce((size, { side }) => size * measure(side), 1));
  for (const tree of forest) {
    forEachLeaf(tree, axes, (value, box) => {
      const measures = box.map(measure);
      const volume = measures.reduce((product, one) => product * one, 1);
      // a cut between two numbers that are next to each other.
      if (volume === 0) return;
      axes.forEach((_, i) => {
        let share = volume / measures[i];
        for (const { axis, side } of regions[i]) {
          if (share === 0) return;
          share *= measure(intersection(box[axis], side)) / measures[axis] / measure(side);
        }
        if (share > 0) marginals[i].add(box[i] as Interval[] & Uint8Array, (share * value) / forest.length);
      });
    });
  }
  return marginals.map((marginal, i) => (sizes[i] === 0 ? 0 : sizes[i] * marginal.variance()));
}

/** A function on the unit interval that is constant between thresholds. */
class OrderedMarginal {
  private readonly steps: Float64Array;

  /** @param borders rising, from 0 to 1 */
  constructor(private readonly borders: Float64Array) {
    this.steps = new Float64Array(borders.length);
  }

  add(side: readonly Interval[], value: number): void {
    for (const [low, high] of side) {
      this.steps[this.placeOf(low)] += value;
      this.steps[this.placeOf(high)] -= value;
    }
  }

  variance(): number {
    const widths = new Float64Array(this.borders.length - 1);
    const heights = new Float64Array(this.borders.length - 1);
    let height = 0;
    for (let i = 0; i < heights.length; i++) {
      height += this.steps[i];
      heights[i] = height;
      widths[i] = this.borders[i + 1] - this.borders[i];
    }
    return weightedVariance(heights, widths);
  }

  private placeOf(border: number): number {
    let low = 0;
    let high = this.borders.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.borders[middle] < border) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

class CategoryMarginal {
  private readonly heights: Float64Array;

  constructor(count: number) {
    this.heights = new Float64Array(count);
  }

  add(side: Uint8Array, value: number): void {
    side.forEach((marked, category) => (this.heights[category] += marked * value));
  }

  variance(): number {
    return weightedVariance(this.heights, new Float64Array(this.heights.length).fill(1 / this.heights.length));
  }
}

/** @param weights that add up to 1 */
function weightedVariance(values: Float64Array, weights: Float64Array): number {
  const mean = values.reduce((sum, value, i) => sum + weights[i] * value, 0);
  return values.reduce((sum, value, i) => sum + weights[i] * (value - mean) ** 2, 0);
}

/** Every place where a tree splits the axis, and its ends. */
function thresholdsOf(forest: readonly Tree[], axis: number): Float64Array {
  const thresholds = new Set([0, 1]);
  const walk = (node: Tree) => {
    if ('value' in node) return;
    if (node.axis === axis && 'threshold' in node) thresholds.add(node.threshold);
    walk(node.left);
    walk(node.right);
  };
  forest.forEach(walk);
  return Float64Array.from(thresholds).sort();
}
