import { GaussianProcess } from '../../../../../lambda/core/models/gaussian-process/gaussian-process';
import {
  ADDITIVE_VARIANCE,
  JOINT_VARIANCE,
  NOISE_VARIANCE,
  layoutOf,
  widened,
} from '../../../../../lambda/core/models/gaussian-process/hyperparameters';
import { expectGradient, modelOf, modelProblem } from '../../../../support/lambda-gaussian-process';

const KINDS = ['nn', 'ncn', 'cc', 'n'];

test('of two observations is what the textbook says', () => {
  const layout = layoutOf([{ isCategorical: false }]);
  const [jointVariance, additiveVariance, noise, lengthscale, additiveLengthscale] = [1.5, 0.5, 0.1, 0.3, 0.8];
  const p = new Float64Array(layout.length);
  p[JOINT_VARIANCE] = Math.log(jointVariance);
  p[ADDITIVE_VARIANCE] = Math.log(additiveVariance);
  p[NOISE_VARIANCE] = Math.log(noise);
  p[layout.jointLengthscale] = Math.log(lengthscale);
  p[layout.additiveLengthscale] = Math.log(additiveLengthscale);

  const matern = (r: number) => (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r);
  const kernel = (s: number, t: number) =>
    jointVariance * matern(Math.abs(s - t) / lengthscale) +
    additiveVariance * matern(Math.abs(s - t) / additiveLengthscale);
  const [s, t, query] = [0.2, 0.6, 0.35];
  const [u, v] = [1, -0.5];
  const diagonal = kernel(s, s) + noise;
  const beside = kernel(s, t);
  const determinant = diagonal ** 2 - beside ** 2;
  const [c, d] = [kernel(query, s), kernel(query, t)];
  const mean = (c * (diagonal * u - beside * v) + d * (diagonal * v - beside * u)) / determinant;
  const variance = kernel(query, query) - (diagonal * (c * c + d * d) - 2 * beside * c * d) / determinant;

  const model = new GaussianProcess(layout, p, [Float64Array.of(s), Float64Array.of(t)], Float64Array.of(u, v));
  const prediction = model.predict([query]);
  expect(prediction.mean).toBeCloseTo(mean, 12);
  expect(prediction.variance).toBeCloseTo(variance, 12);
});

test.each(KINDS)('goes through its observations where there is no noise (%s)', (kinds) => {
  const problem = modelProblem(kinds, 15);
  problem.hyperparameters[NOISE_VARIANCE] = Math.log(1e-6);
  // a category that was seen twice can't have two values.
  const y = Float64Array.from(problem.x, (point) => point.reduce((sum, t) => sum + Math.cos(3 * t), 0));
  const model = modelOf({ ...problem, y });
  problem.x.forEach((point, i) => {
    const { mean, variance } = model.predict(point);
    expect(mean).toBeCloseTo(y[i], 2);
    expect(variance).toBeLessThan(2e-6);
    expect(variance).toBeGreaterThan(0);
  });
});

test.each(KINDS)('expects the same when it is less sure, by wider deviations (%s)', (kinds) => {
  const { layout, hyperparameters, x, y, draw } = modelProblem(kinds, 15);
  const noises = y.map((_, i) => 0.02 * i);
  const model = new GaussianProcess(layout, hyperparameters, x, y, noises);
  const less = new GaussianProcess(
    layout,
    widened(hyperparameters, 3),
    x,
    y,
    noises.map((noise) => 9 * noise),
  );
  for (const point of [...x, draw()]) {
    const { mean, variance } = less.predict(point);
    expect(mean).toBeCloseTo(model.predict(point).mean, 8);
    expect(Math.sqrt(variance / model.predict(point).variance)).toBeCloseTo(3, 6);
  }
});

test('knows nothing far from its observations', () => {
  const problem = modelProblem('nn', 10);
  const { layout, hyperparameters } = problem;
  hyperparameters.fill(Math.log(0.02), layout.jointLengthscale, layout.warpA);
  hyperparameters.fill(0, layout.warpA);
  const x = problem.x.map((point) => point.map((t) => 0.2 * t));
  const model = modelOf({ ...problem, x });
  const { mean, variance } = model.predict([0.9, 0.9]);
  expect(mean).toBeCloseTo(0, 9);
  expect(variance).toBeCloseTo(model.priorVariance, 9);
  expect(model.priorVariance).toBeCloseTo(
    Math.exp(hyperparameters[JOINT_VARIANCE]) + Math.exp(hyperparameters[ADDITIVE_VARIANCE]),
    12,
  );
});

test.each(KINDS)('is never surer than its observations, nor less sure than before them (%s)', (kinds) => {
  for (let stream = 1; stream <= 5; stream++) {
    const problem = modelProblem(kinds, 20, stream);
    const model = modelOf(problem);
    for (let i = 0; i < 20; i++) {
      const { variance } = model.predict(problem.draw());
      expect(variance).toBeGreaterThan(0);
      expect(variance).toBeLessThanOrEqual(model.priorVariance);
    }
  }
});

test.each(KINDS)('has the gradients that differences have (%s)', (kinds) => {
  for (let stream = 1; stream <= 3; stream++) {
    const problem = modelProblem(kinds, 15, stream);
    const model = modelOf(problem);
    const d = problem.layout.dimensions;
    const [byMean, byVariance] = [new Float64Array(d).fill(NaN), new Float64Array(d).fill(NaN)];
    for (const point of [problem.draw(), problem.draw(), problem.x[0]]) {
      expect(model.predictWithGradient(point, byMean, byVariance)).toEqual({
        mean: expect.closeTo(model.predict(point).mean, 10) as number,
        variance: expect.closeTo(model.predict(point).variance, 10) as number,
      });
      const isFixed = (c: number) => problem.layout.isCategorical[c] === 1;
      expectGradient((p) => model.predict(p).mean, point, byMean, { isFixed });
      expectGradient((p) => model.predict(p).variance, point, byVariance, { isFixed });
      point.forEach((_, c) => {
        if (isFixed(c)) expect([byMean[c], byVariance[c]]).toEqual([0, 0]);
      });
    }
  }
});

test('only sees whether categories are equal', () => {
  const problem = modelProblem('cn', 12);
  const x = problem.x.map(([, t]) => Float64Array.of(0, t));
  const model = modelOf({ ...problem, x });
  expect(model.predict([1, 0.3])).toEqual(model.predict([2, 0.3]));
  expect(model.predict([1, 0.3])).toEqual(model.predict([-1, 0.3]));
  expect(model.predict([0, 0.3]).variance).toBeLessThan(model.predict([1, 0.3]).variance);
});

test.each(KINDS)('expected values leave the mean as it was and lower the variance (%s)', (kinds) => {
  const problem = modelProblem(kinds, 12);
  const model = modelOf(problem);
  const pending = [problem.draw(), problem.draw(), problem.draw()];
  const believed = model.withExpected(pending);
  for (const point of [...pending, ...Array.from({ length: 10 }, () => problem.draw())]) {
    const [before, after] = [model.predict(point), believed.predict(point)];
    expect(after.mean).toBeCloseTo(before.mean, 6);
    expect(after.variance).toBeLessThanOrEqual(before.variance + 1e-9);
  }
  const unseen = pending.find((point) => model.predict(point).variance > 0.01);
  if (unseen !== undefined) {
    expect(believed.predict(unseen).variance).toBeLessThan(0.1 * model.predict(unseen).variance);
  }
  expect(model.withExpected([])).toBe(model);
});

test.each([
  ['twins with different values', (i: number) => i % 2],
  ['twins with one value', () => 0.5],
])('can have many %s', (_, value) => {
  const { layout, hyperparameters } = modelProblem('nc', 1);
  hyperparameters[NOISE_VARIANCE] = Math.log(1e-6);
  const x = Array.from({ length: 60 }, () => Float64Array.of(0.3, 1));
  const model = new GaussianProcess(
    layout,
    hyperparameters,
    x,
    Float64Array.from(x, (_, i) => value(i)),
  );
  const { mean, variance } = model.predict([0.3, 1]);
  expect(mean).toBeCloseTo(0.5, 4);
  expect(variance).toBeGreaterThan(0);
  expect(Number.isFinite(model.predict([0.8, 2]).mean)).toBe(true);
});

test('can have points so close that the matrix is singular to working precision', () => {
  const { layout, hyperparameters } = modelProblem('n', 1);
  hyperparameters[NOISE_VARIANCE] = Math.log(1e-30);
  const x = Array.from({ length: 40 }, (_, i) => Float64Array.of(0.5 + i * 1e-12));
  const model = new GaussianProcess(
    layout,
    hyperparameters,
    x,
    Float64Array.from(x, () => 0.7),
  );
  expect(model.predict([0.5]).mean).toBeCloseTo(0.7, 3);
});

test('without observations is what was assumed', () => {
  const { layout, hyperparameters } = modelProblem('nc', 1);
  const model = new GaussianProcess(layout, hyperparameters, [], new Float64Array(0));
  expect(model.predict([0.3, 1])).toEqual({ mean: 0, variance: model.priorVariance });
});

test('says so where the kernel is no number', () => {
  const { layout, hyperparameters, x, y } = modelProblem('n', 3);
  const observed = [...x.slice(1), Float64Array.of(NaN)];
  expect(() => new GaussianProcess(layout, hyperparameters, observed, y)).toThrow('not finite');
});
