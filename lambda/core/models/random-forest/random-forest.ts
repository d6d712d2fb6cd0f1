import { Random } from '../../random/random';
import { Axis, Columns } from './axis';
import { growTree } from './regression-tree';
import { Tree, predictTree } from './tree';

export interface ForestOptions {
  readonly trees: number;
  /** Points in a leaf, at least. */
  readonly minLeafPoints: number;
  /** Part of the axes that each node considers; 0 < share <= 1. */
  readonly axisShare: number;
}

/** Half of the axes at a node give weak ones a chance beside strong ones; 32 trees are enough for averages over a space. */
export const FOREST_DEFAULTS: ForestOptions = { trees: 32, minLeafPoints: 2, axisShare: 0.5 };

/**
 * A random forest for regression: each tree is grown on a sample of the points, drawn with replacement.
 *
 * @param columnsOf the points as the tree of this number sees them; the same array where all see the same
 * @param randomOf random numbers of the tree of this number
 * @see Breiman, Random forests, Machine Learning 45, 2001
 */
export function growForest(
  axes: readonly Axis[],
  columnsOf: (tree: number, random: Random) => Columns,
  targets: Float64Array,
  randomOf: (tree: number) => Random,
  options: ForestOptions = FOREST_DEFAULTS,
): Tree[] {
  return Array.from({ length: options.trees }, (_, tree) => {
    const random = randomOf(tree);
    const columns = columnsOf(tree, random);
    const weights = new Float64Array(targets.length);
    for (let i = 0; i < targets.length; i++) weights[random.integer(targets.length)]++;
    return growTree(axes, columns, { targets, weights }, random, {
      minLeafWeight: options.minLeafPoints,
      axisShare: options.axisShare,
    });
  });
}

/** The mean of the trees at a point. */
export function predictForest(forest: readonly Tree[], point: ArrayLike<number>): number {
  return forest.reduce((sum, tree) => sum + predictTree(tree, point), 0) / forest.length;
}
