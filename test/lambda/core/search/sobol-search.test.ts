import { Purpose, Random } from '../../../../lambda/core/random/random';
import { SobolSearch, sobol } from '../../../../lambda/core/search/sobol-search';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { MAX_HYPERPARAMETERS } from '../../../../lib/contract/limits';
import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { contextOf } from '../../../support/lambda-search';

/** A space that is the unit cube itself. */
const cube = (dimension: number) =>
  new SearchSpace(
    Array.from({ length: dimension }, (_, i): ParameterDefinition => ({
      name: `x${i}`,
      type: 'continuous',
      min: 0,
      max: 1,
      scaling: 'linear',
    })),
  );

/** The first `count` suggestions as points. */
function suggested(dimension: number, count: number, seed: number, initialTrials = 0): number[][] {
  const space = cube(dimension);
  const search = new SobolSearch();
  return Array.from({ length: count }, (_, i) => {
    const suggestion = search.suggest(contextOf({ space, seed, trial: initialTrials + i + 1, initialTrials }));
    if ('exhausted' in suggestion) throw new Error('exhausted');
    return Object.values(suggestion.configuration) as number[];
  });
}

const unscrambled = (dimension: number, count: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: dimension }, (__, d) => sobol(i, d) / 2 ** 32));

/** Whether each of the cells along one dimension holds one point. */
function oneInEachCell(coordinates: number[]): boolean {
  return new Set(coordinates.map((x) => Math.floor(x * coordinates.length))).size === coordinates.length;
}

describe.each([
  ['unscrambled', unscrambled(MAX_HYPERPARAMETERS, 1024)],
  ['scrambled', suggested(MAX_HYPERPARAMETERS, 256, 42)],
])('%s', (_, points) => {
  test('each block of 2^k points has one in each of the 2^k cells of each dimension, in 100 dimensions', () => {
    for (let k = 0; 2 ** k <= points.length; k++) {
      const size = 2 ** k;
      for (let begin = 0; begin + size <= Math.min(points.length, 4 * size); begin += size) {
        const block = points.slice(begin, begin + size);
        const bad = Array.from({ length: MAX_HYPERPARAMETERS }, (__, d) => d).filter(
          (d) => !oneInEachCell(block.map((point) => point[d])),
        );
        expect({ k, begin, bad }).toEqual({ k, begin, bad: [] });
      }
    }
  });

  test('the first two dimensions are a (0, m, 2)-net', () => {
    for (let m = 0; m <= 8; m++) {
      for (let a = 0; a <= m; a++) {
        const cells = points
          .slice(0, 2 ** m)
          .map(([x, y]) => `${Math.floor(x * 2 ** a)} ${Math.floor(y * 2 ** (m - a))}`);
        expect({ m, a, cells: new Set(cells).size }).toEqual({ m, a, cells: 2 ** m });
      }
    }
  });

  test('no two dimensions are the same', () => {
    const columns = Array.from({ length: MAX_HYPERPARAMETERS }, (__, d) => points.map((point) => point[d]).join());
    expect(new Set(columns).size).toBe(MAX_HYPERPARAMETERS);
  });
});

test('the first points without scrambling are those of the textbook', () => {
  // dimension 0 is van der Corput's sequence; dimension 1 has x + 1 as its polynomial.
  const points = unscrambled(2, 8);
  expect(points.map(([x]) => x)).toEqual([0, 0.5, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875]);
  expect(points.map(([, y]) => y)).toEqual([0, 0.5, 0.75, 0.25, 0.625, 0.125, 0.375, 0.875]);
});

test('another seed gives other points, the same seed the same', () => {
  expect(suggested(5, 16, 1)).toEqual(suggested(5, 16, 1));
  const [one, two] = [suggested(5, 16, 1).flat(), suggested(5, 16, 2).flat()];
  expect(one.filter((x) => two.includes(x))).toEqual([]);
});

test('initial configurations use up no points', () => {
  expect(suggested(3, 8, 1, 5)).toEqual(suggested(3, 8, 1));
});

test('the scrambling of each seed is uniform: the first point lies anywhere', () => {
  const first = Array.from({ length: 1000 }, (_, seed) => suggested(2, 1, seed)[0]);
  for (const d of [0, 1]) {
    const mean = first.reduce((sum, point) => sum + point[d], 0) / first.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 1000));
  }
});

test.each([2, 4, 8])('64 points in %d dimensions are spread more evenly than random ones', (dimension) => {
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const random = (seed: number) => {
    const numbers = new Random(seed, 0, Purpose.SEARCH);
    return Array.from({ length: 64 }, () => Array.from({ length: dimension }, () => numbers.uniform()));
  };
  const mean = (points: (seed: number) => number[][]) =>
    seeds.reduce((sum, seed) => sum + centeredDiscrepancy(points(seed)), 0) / seeds.length;
  expect(mean((seed) => suggested(dimension, 64, seed))).toBeLessThan(0.8 * mean(random));
});

/** Hickernell, "A generalized discrepancy and quadrature error bound", 1998, equation 5.7a. */
function centeredDiscrepancy(points: number[][]): number {
  const n = points.length;
  const dimension = points[0].length;
  const product = (factor: (d: number) => number) =>
    Array.from({ length: dimension }, (_, d) => factor(d)).reduce((a, b) => a * b, 1);
  const off = (x: number) => Math.abs(x - 0.5);
  const single = points.reduce((sum, x) => sum + product((d) => 1 + off(x[d]) / 2 - off(x[d]) ** 2 / 2), 0);
  const pairs = points.reduce(
    (sum, x) =>
      sum +
      points.reduce(
        (inner, y) => inner + product((d) => 1 + off(x[d]) / 2 + off(y[d]) / 2 - Math.abs(x[d] - y[d]) / 2),
        0,
      ),
    0,
  );
  return Math.sqrt((13 / 12) ** dimension - (2 / n) * single + pairs / n ** 2);
}
