import { categoricalBandwidth, numericBandwidth } from '../../../../../lambda/core/models/parzen/bandwidth';

const SCOTT = { factor: 1, minimum: 0, minimumCells: 0 };

const bandwidth = (centers: number[], settings: Partial<typeof SCOTT> = {}, values = Infinity, dimension = 1) =>
  numericBandwidth(Float64Array.from(centers), new Float64Array(centers.length).fill(1), dimension, values, {
    ...SCOTT,
    ...settings,
  });

test('without observations it is the deviation of the uniform distribution', () => {
  expect(bandwidth([])).toBeCloseTo(Math.sqrt(1 / 12), 12);
  expect(bandwidth([NaN, NaN])).toBeCloseTo(Math.sqrt(1 / 12), 12);
});

test('is Scott’s rule with the prior as one more observation', () => {
  // mixture of three points and a uniform part of a quarter: mean 0.35, E x² = (0.04 + 0.09 + 0.16) / 4 + 1 / 12.
  const variance = 0.29 / 4 + 1 / 12 - 0.35 ** 2;
  expect(bandwidth([0.2, 0.3, 0.4])).toBeCloseTo(Math.sqrt(variance) * 3 ** -0.2, 12);
  expect(bandwidth([0.2, 0.3, 0.4], { factor: 0.5 }, Infinity, 6)).toBeCloseTo(
    0.5 * Math.sqrt(variance) * 3 ** -0.1,
    12,
  );
});

test('passes over observations that lack the parameter', () => {
  expect(bandwidth([0.2, NaN, 0.3, 0.4, NaN])).toBe(bandwidth([0.2, 0.3, 0.4]));
});

test('weights count: one that is nearly all of the weight leaves no deviation but the prior’s', () => {
  const heavy = numericBandwidth(Float64Array.of(0.5, 0.9), Float64Array.of(1e9, 1), 1, Infinity, SCOTT);
  expect(heavy).toBeCloseTo(Math.sqrt(1 / 12 / 3) * 2 ** -0.2, 6);
});

test('never falls below the minimum, which shrinks with the observations, nor below a part of a cell', () => {
  const same = (n: number) => new Array<number>(n).fill(0.5);
  expect(bandwidth(same(9), { minimum: 6 })).toBe(0.6);
  expect(bandwidth(same(1000), { minimum: 6 })).toBe(0.06);
  expect(bandwidth(same(1000), { minimumCells: 0.5 }, 4)).toBe(0.125);
  expect(bandwidth(same(1), { minimum: 100 })).toBe(1);
});

test('categories: as likely without observations, the observed one ever more', () => {
  expect(categoricalBandwidth(new Float64Array(0), 4)).toBeCloseTo(3 / 5, 12);
  expect(categoricalBandwidth(Float64Array.of(0.1, NaN, 0.9), 4)).toBeCloseTo(3 / 7, 12);
  expect(categoricalBandwidth(new Float64Array(96).fill(0.1), 3)).toBeCloseTo(0.02, 12);
});
