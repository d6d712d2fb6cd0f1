import { DETAILS, TRENDS } from '../../../../../lambda/core/models/gaussian-process/belief';
import { fitInDoubt } from '../../../../../lambda/core/models/gaussian-process/fit-in-doubt';
import { NOISE_VARIANCE, layoutOf } from '../../../../../lambda/core/models/gaussian-process/hyperparameters';
import { standardize } from '../../../../../lambda/core/models/gaussian-process/output-transform';
import { Random } from '../../../../../lambda/core/random/random';

const layout = layoutOf([{ isCategorical: false }, { isCategorical: false }]);
const random = new Random(5, 1, 99);
/** As a search leaves them: half of them lie around the optimum. */
const x = Array.from({ length: 60 }, (_, i) => {
  return Float64Array.from(random.point(2), (u, c) => (i % 2 === 0 ? u : [0.3, 0.6][c] + 0.1 * (u - 0.5)));
});
const bowl = ([a, b]: Float64Array) => (a - 0.3) ** 2 + (b - 0.6) ** 2;
const noisyBowl = (point: Float64Array) => bowl(point) + 0.1 * random.normal();
const rugged = (point: Float64Array) => bowl(point) + 0.2 * Math.sin(30 * point[0]) * Math.sin(30 * point[1]);

const fitOf = (points: readonly Float64Array[], f: (point: Float64Array) => number, belief = DETAILS) => {
  const { hyperparameters, isNoisy } = fitInDoubt(
    layout,
    points,
    standardize(Float64Array.from(points, f)).values,
    belief,
  );
  return { noise: Math.exp(hyperparameters[NOISE_VARIANCE]), isNoisy };
};

describe.each([
  ['details', DETAILS],
  ['trends', TRENDS],
])('who expects %s', (_, belief) => {
  test('sees no noise in a bowl', () => {
    const { noise, isNoisy } = fitOf(x, bowl, belief);
    expect(isNoisy).toBe(false);
    expect(noise).toBeLessThan(1e-2);
  });

  test.each([
    ['around the optimum of a noisy bowl', x],
    ['at points with different values each', x.map((_point, i) => x[i % 10])],
  ])('is sure of the noise %s', (_place, points) => {
    const { noise, isNoisy } = fitOf(points, noisyBowl, belief);
    expect(isNoisy).toBe(true);
    expect(noise).toBeGreaterThan(0.03);
  });

  test.each([0, 1, 2])('is sure of nothing with %i values', (count) => {
    expect(fitOf(x.slice(0, count), bowl, belief).isNoisy).toBe(false);
  });
});

test('what may be details or noise is noise to who expects details, and there to who expects trends', () => {
  const spread = x.map((_point, i) => Float64Array.from(new Random(9, i, 99).point(2))).slice(0, 40);
  const details = fitOf(spread, rugged, DETAILS);
  const trends = fitOf(spread, rugged, TRENDS);
  expect([details.isNoisy, trends.isNoisy]).toEqual([false, false]);
  expect(details.noise).toBeGreaterThan(0.05);
  expect(trends.noise).toBeLessThanOrEqual(1e-3);
});
