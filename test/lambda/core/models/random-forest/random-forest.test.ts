import { Axis, Columns } from '../../../../../lambda/core/models/random-forest/axis';
import { growForest, predictForest } from '../../../../../lambda/core/models/random-forest/random-forest';
import { growTree } from '../../../../../lambda/core/models/random-forest/regression-tree';
import { Tree, predictTree } from '../../../../../lambda/core/models/random-forest/tree';
import { Random } from '../../../../../lambda/core/random/random';

const ORDERED: Axis = { kind: 'ordered' };
const random = (stream = 1) => new Random(7, stream, 99);

/** A tree of these points, each of weight 1, that looks at all axes. */
function treeOf(axes: Axis[], points: number[][], targets: number[], minLeafWeight = 1): Tree {
  const columns = axes.map((_, i) => Float64Array.from(points, (point) => point[i]));
  const weights = new Float64Array(points.length).fill(1);
  return growTree(axes, columns, { targets: Float64Array.from(targets), weights }, random(), {
    minLeafWeight,
    axisShare: 1,
  });
}

function leavesOf(tree: Tree): number[] {
  return 'value' in tree ? [tree.value] : [...leavesOf(tree.left), ...leavesOf(tree.right)];
}

describe('a tree', () => {
  test('splits a step where it is, in the middle between the points beside it', () => {
    const points = [[0.1], [0.2], [0.6], [0.7], [0.9]];
    expect(treeOf([ORDERED], points, [1, 1, 5, 5, 5])).toEqual({
      axis: 0,
      threshold: expect.closeTo(0.4, 12) as number,
      left: { value: 1 },
      right: { value: 5 },
    });
  });

  test('splits at the border that the axis gives', () => {
    const axis: Axis = { kind: 'ordered', cut: (below, above) => below + (above - below) / 4 };
    expect(treeOf([axis], [[0], [1]], [0, 1])).toMatchObject({ threshold: 0.25 });
  });

  test('finds the best subset of categories, wherever they stand in the list', () => {
    const axis: Axis = { kind: 'categories', count: 4 };
    const tree = treeOf([axis], [[0], [1], [2], [3], [0], [1], [2], [3]], [9, 0, 9, 0, 9, 0, 9, 0]);
    expect(tree).toMatchObject({
      leftCategories: Uint8Array.from([0, 1, 0, 1]),
      left: { value: 0 },
      right: { value: 9 },
    });
  });

  test('sends categories that it knows nothing of the way of most points', () => {
    const tree = treeOf([{ kind: 'categories', count: 3 }], [[0], [1], [1]], [0, 9, 9]);
    expect(predictTree(tree, [2])).toBe(9);
  });

  test('takes the axis that explains more', () => {
    const points = [
      [0, 1],
      [0, 0],
      [1, 1],
      [1, 0],
    ].map((point) => point.map((x) => 0.25 + x / 2));
    expect(treeOf([ORDERED, ORDERED], points, [10, 11, 20, 21])).toMatchObject({ axis: 0 });
    expect(treeOf([ORDERED, ORDERED], points, [20, 10, 21, 11])).toMatchObject({ axis: 1 });
  });

  test('fits every point where leaves may hold a single one', () => {
    const points = Array.from({ length: 200 }, () => random().point(1)).map((_, i) => [((i * 37) % 200) / 200, 0.5]);
    const targets = points.map(([x]) => Math.sin(9 * x));
    const tree = treeOf([ORDERED, ORDERED], points, targets);
    points.forEach((point, i) => expect(predictTree(tree, point)).toBe(targets[i]));
  });

  test('keeps the least weight in each leaf', () => {
    const points = Array.from({ length: 20 }, (_, i) => [i / 20]);
    const tree = treeOf(
      [ORDERED],
      points,
      points.map(([x]) => x),
      5,
    );
    expect(leavesOf(tree).length).toBeGreaterThan(1);
    expect(leavesOf(tree).length).toBeLessThanOrEqual(4);
  });

  test('counts a point as often as it weighs, and one of weight 0 not at all', () => {
    const columns = [Float64Array.from([0.1, 0.2, 0.3])];
    const sample = { targets: Float64Array.from([0, 6, 1e9]), weights: Float64Array.from([2, 1, 0]) };
    const tree = growTree([ORDERED], columns, sample, random(), { minLeafWeight: 2, axisShare: 1 });
    expect(tree).toEqual({ value: 2 });
  });

  test('is a single leaf where targets or points are all the same', () => {
    expect(treeOf([ORDERED], [[0.1], [0.2]], [0.3, 0.3])).toEqual({ value: 0.3 });
    expect(treeOf([ORDERED], [[0.5], [0.5]], [0, 1])).toEqual({ value: 0.5 });
  });
});

describe('a forest', () => {
  const axes: Axis[] = [ORDERED, { kind: 'categories', count: 3 }];
  const draws = random(3);
  const points = Array.from({ length: 600 }, () => [draws.uniform(), draws.integer(3)]);
  const f = ([x, c]: number[]) => Math.sin(3 * x) + (c === 1 ? 2 * x : 0);
  const columns: Columns = axes.map((_, i) => Float64Array.from(points, (point) => point[i]));
  const grown = (seed: number) =>
    growForest(
      axes,
      () => columns,
      Float64Array.from(points, f),
      (tree) => new Random(seed, tree, 99),
    );

  test('predicts a smooth function between its points', () => {
    const forest = grown(1);
    const error = Math.max(
      ...Array.from({ length: 100 }, () => [0.02 + 0.96 * draws.uniform(), draws.integer(3)]).map((point) =>
        Math.abs(predictForest(forest, point) - f(point)),
      ),
    );
    expect(error).toBeLessThan(0.25);
  });

  test('is the same for the same random numbers, another one for others', () => {
    expect(grown(1)).toEqual(grown(1));
    expect(grown(1)).not.toEqual(grown(2));
  });
});
