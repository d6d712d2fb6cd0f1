import { mainEffects } from '../../../../lambda/core/importance/main-effects';
import { Axis } from '../../../../lambda/core/models/random-forest/axis';
import { growForest } from '../../../../lambda/core/models/random-forest/random-forest';
import { Tree } from '../../../../lambda/core/models/random-forest/tree';
import { Random } from '../../../../lambda/core/random/random';
import { sobol } from '../../../../lambda/core/search/sobol-search';

const ORDERED: Axis = { kind: 'ordered' };
const leaf = (value: number): Tree => ({ value });
const split = (axis: number, threshold: number, left: Tree, right: Tree): Tree => ({ axis, threshold, left, right });

/** Variances of the marginals where every axis is active everywhere. */
const effectsOf = (forest: Tree[], axes: Axis[]) =>
  mainEffects(
    forest,
    axes,
    axes.map(() => []),
  );

describe('main effects of a given tree are exact', () => {
  test('for a step: p(1 - p) times its square', () => {
    expect(effectsOf([split(0, 0.25, leaf(0), leaf(4))], [ORDERED, ORDERED])).toEqual([
      expect.closeTo(0.25 * 0.75 * 16, 12),
      0,
    ]);
  });

  test('for a product of two centred steps: none', () => {
    const product = split(0, 0.5, split(1, 0.5, leaf(1), leaf(-1)), split(1, 0.5, leaf(-1), leaf(1)));
    for (const effect of effectsOf([product], [ORDERED, ORDERED])) expect(effect).toBeCloseTo(0, 12);
  });

  test('for uneven boxes, with the volume of each', () => {
    // marginal of the first axis: 1 up to 0.5, then 0.2 * 3 + 0.8 * 8 = 7; of the second: 2 up to 0.2, then 4.5.
    const tree = split(0, 0.5, leaf(1), split(1, 0.2, leaf(3), leaf(8)));
    const [first, second] = effectsOf([tree], [ORDERED, ORDERED]);
    expect(first).toBeCloseTo(0.25 * 36, 12);
    expect(second).toBeCloseTo(0.2 * 0.8 * 2.5 ** 2, 12);
  });

  test('for subsets of categories', () => {
    const tree: Tree = { axis: 0, leftCategories: Uint8Array.from([1, 0, 0, 1]), left: leaf(2), right: leaf(6) };
    expect(effectsOf([tree], [{ kind: 'categories', count: 4 }])).toEqual([expect.closeTo(4, 12)]);
  });

  test('for the mean of trees, not for each tree', () => {
    const up = split(0, 0.5, leaf(0), leaf(1));
    const down = split(0, 0.5, leaf(1), leaf(0));
    expect(effectsOf([up, down], [ORDERED])).toEqual([expect.closeTo(0, 12)]);
  });

  test('for a conditional axis: the variance where it is active, times the part of the space', () => {
    const axes: Axis[] = [{ kind: 'categories', count: 4 }, ORDERED];
    const child = split(1, 0.5, leaf(0), leaf(2));
    const tree: Tree = { axis: 0, leftCategories: Uint8Array.from([1, 0, 0, 0]), left: child, right: leaf(50) };
    const region = [{ axis: 0, side: Uint8Array.from([1, 0, 0, 0]) }];
    const [parent, conditional] = mainEffects([tree], axes, [[], region]);
    expect(conditional).toBeCloseTo(0.25 * 1, 12);
    expect(parent).toBeCloseTo(0.25 * 0.75 * 49 ** 2, 12);
  });

  test('for an axis that is never active: none', () => {
    const axes: Axis[] = [{ kind: 'categories', count: 2 }, ORDERED];
    const region = [{ axis: 0, side: Uint8Array.from([0, 0]) }];
    expect(mainEffects([split(1, 0.5, leaf(0), leaf(1))], axes, [[], region])[1]).toBe(0);
  });
});

/** First-order indices as shares of their sum, of a forest on the first points of the Sobol sequence. */
function sharesOf(dimension: number, f: (point: number[]) => number): number[] {
  const points = Array.from({ length: 1024 }, (_, i) =>
    Array.from({ length: dimension }, (__, d) => sobol(i, d) / 2 ** 32),
  );
  const axes = Array.from({ length: dimension }, () => ORDERED);
  const columns = axes.map((_, i) => Float64Array.from(points, (point) => point[i]));
  const forest = growForest(
    axes,
    () => columns,
    Float64Array.from(points, f),
    (tree) => new Random(1, tree, 99),
  );
  const effects = effectsOf(forest, axes);
  const sum = effects.reduce((total, effect) => total + effect, 0);
  return effects.map((effect) => effect / sum);
}

describe("a forest's main effects come close to Sobol's first-order indices", () => {
  test.each<[string, (point: number[]) => number, number[]]>([
    // variances of the terms: 9, 4, 1 and 0 twelfths.
    ['a linear function', ([x, y, z]) => 3 * x + 2 * y + z, [9 / 14, 4 / 14, 1 / 14, 0]],
    // Ishigami and Homma 1990, a = 7, b = 0.1: 0.3139, 0.4424, 0.
    [
      'the Ishigami function',
      (point) => {
        const [x, y, z] = point.map((u) => (2 * u - 1) * Math.PI);
        return Math.sin(x) + 7 * Math.sin(y) ** 2 + 0.1 * z ** 4 * Math.sin(x);
      },
      [0.3139 / 0.7563, 0.4424 / 0.7563, 0],
    ],
    // Saltelli and Sobol 1995, a = 0, 1, 4.5, 9: V_i = 1 / (3 (1 + a_i)^2).
    [
      'the g-function',
      (point) => [0, 1, 4.5, 9].reduce((product, a, i) => (product * (Math.abs(4 * point[i] - 2) + a)) / (1 + a), 1),
      [1, 1 / 4, 1 / 30.25, 1 / 100].map((v) => v / (1 + 1 / 4 + 1 / 30.25 + 1 / 100)),
    ],
  ])('of %s', (_, f, expected) => {
    const shares = sharesOf(expected.length, f);
    expected.forEach((share, i) => expect(Math.abs(shares[i] - share)).toBeLessThan(0.07));
  });
});
