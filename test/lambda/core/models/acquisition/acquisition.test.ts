import { Acquisition, ProductAcquisition } from '../../../../../lambda/core/models/acquisition/acquisition';
import { ExpectedImprovement } from '../../../../../lambda/core/models/acquisition/expected-improvement';
import { HypervolumeImprovement } from '../../../../../lambda/core/models/acquisition/hypervolume-improvement';
import { nonDominatedBoxes } from '../../../../../lambda/core/models/acquisition/non-dominated-boxes';
import { ProbabilityBelow } from '../../../../../lambda/core/models/acquisition/probability-below';
import { GaussianProcess } from '../../../../../lambda/core/models/gaussian-process/gaussian-process';
import { NOISE_VARIANCE, widened } from '../../../../../lambda/core/models/gaussian-process/hyperparameters';
import { hypervolume } from '../../../../../lambda/core/models/pareto/hypervolume';
import { normalDensity } from '../../../../../lambda/core/numerics/normal';
import { Random } from '../../../../../lambda/core/random/random';
import { ModelProblem, expectGradient, modelOf, modelProblem } from '../../../../support/lambda-gaussian-process';

function problemOf(kinds: string, stream: number): ModelProblem {
  const problem = modelProblem(kinds, 12, stream);
  // little of it would leave differences few digits.
  problem.hyperparameters[NOISE_VARIANCE] = Math.log(0.01);
  return problem;
}

/** A problem whose model is less sure. */
function doubted(problem: ModelProblem, times: number): ModelProblem {
  return { ...problem, hyperparameters: widened(problem.hyperparameters, times) };
}

/** Models of several objectives at the same points. */
function modelsOf(problem: ModelProblem, count: number): GaussianProcess[] {
  return Array.from({ length: count }, (_, k) =>
    modelOf({ ...problem, y: problem.y.map((value, i) => (k === 0 ? value : Math.cos(7 * k * i) - 0.5 * value)) }),
  );
}

/** The integral of f over [from, to] by Simpson's rule. */
function integral(f: (t: number) => number, from: number, to: number): number {
  const n = 2000;
  const h = (to - from) / n;
  let sum = f(from) + f(to);
  for (let i = 1; i < n; i++) sum += (i % 2 === 1 ? 4 : 2) * f(from + i * h);
  return (sum * h) / 3;
}

const problem = problemOf('nn', 1);
const model = modelOf(problem);
const lowest = Math.min(...problem.y);

describe('expected improvement', () => {
  test.each([2, 0, -1, -8])('is the mean of the improvement over what lies %d deviations from the mean', (z) => {
    for (let i = 0; i < 5; i++) {
      const point = problem.draw();
      const { mean, variance } = model.predict(point);
      const deviation = Math.sqrt(variance);
      const best = mean + z * deviation;
      const density = (gain: number) => normalDensity((best - gain - mean) / deviation) / deviation;
      const expected = integral((gain) => gain * density(gain), 0, (Math.max(z, 0) + 12) * deviation);
      expect(new ExpectedImprovement(model, best, 2).value(point)).toBeCloseTo(Math.log(expected), 5);
    }
  });

  test('is worth the less the better a point is known, where values are noisy', () => {
    const noise = 0.3;
    for (let i = 0; i < 5; i++) {
      const point = problem.draw();
      const { variance } = model.predict(point);
      const news = Math.log(1 - noise / Math.sqrt(variance + noise ** 2));
      const plain = new ExpectedImprovement(model, lowest, 2).value(point);
      expect(new ExpectedImprovement(model, lowest, 2, noise).value(point)).toBeCloseTo(plain + news, 8);
    }
    // 1 - 1 / √(1 + 1e-14) has no digits left.
    const known = modelOf({
      ...problem,
      hyperparameters: problem.hyperparameters.map((value, i) => (i === NOISE_VARIANCE ? -30 : value)),
    });
    expect(Number.isFinite(new ExpectedImprovement(known, lowest, 2, 1e3).value(problem.x[0]))).toBe(true);
  });

  test('is that of a wider distribution where the model is in doubt', () => {
    const doubt = 3;
    for (let i = 0; i < 5; i++) {
      const point = problem.draw();
      const { mean, variance } = model.predict(point);
      const deviation = doubt * Math.sqrt(variance);
      const best = mean - deviation;
      const density = (gain: number) => normalDensity((best - gain - mean) / deviation) / deviation;
      const expected = integral((gain) => gain * density(gain), 0, 12 * deviation);
      const doubtful = new ExpectedImprovement(modelOf(doubted(problem, doubt)), best, 2);
      expect(doubtful.value(point)).toBeCloseTo(Math.log(expected), 5);
    }
  });

  test('still has a slope where any improvement is out of reach', () => {
    const far = new ExpectedImprovement(model, -1e4, 2);
    const gradient = new Float64Array(2);
    const value = far.valueAndGradient(Float64Array.of(0.3, 0.6), gradient);
    expect(Number.isFinite(value)).toBe(true);
    expect(Math.hypot(...gradient)).toBeGreaterThan(0);
    expect(gradient.every(Number.isFinite)).toBe(true);
  });
});

describe('probability below a bound', () => {
  test.each([2, 0, -1, -8])('is the part of the distribution below it, %d deviations from the mean', (z) => {
    for (let i = 0; i < 5; i++) {
      const point = problem.draw();
      const { mean, variance } = model.predict(point);
      const deviation = Math.sqrt(variance);
      const bound = mean + z * deviation;
      const density = (value: number) => normalDensity((value - mean) / deviation) / deviation;
      const expected = integral(density, Math.min(bound, mean) - 12 * deviation, bound);
      expect(new ProbabilityBelow(model, bound, 2).value(point)).toBeCloseTo(Math.log(expected), 5);
    }
  });
});

describe('expected gain in hypervolume', () => {
  test.each([
    [
      2,
      [
        [-1, 1],
        [0, 0.2],
        [0.9, -0.4],
        [0.5, 0.5],
      ],
    ],
    [
      3,
      [
        [-0.5, 0.5, 0.5],
        [0.4, -0.6, 0.3],
        [0.3, 0.3, -0.9],
      ],
    ],
  ])('of %d objectives is the mean of the gain of many draws', (objectives, front) => {
    const models = modelsOf(problem, objectives);
    const reference = Array<number>(objectives).fill(1.5);
    const acquisition = new HypervolumeImprovement(models, nonDominatedBoxes(front, reference), 2);
    const before = hypervolume(front, reference);
    const random = new Random(5, objectives, 99);
    for (const point of [Float64Array.of(0.2, 0.9), Float64Array.of(0.7, 0.4)]) {
      const predictions = models.map((one) => one.predict(point));
      const draws = 20_000;
      let [sum, squares] = [0, 0];
      for (let i = 0; i < draws; i++) {
        const losses = predictions.map(({ mean, variance }) => mean + Math.sqrt(variance) * random.normal());
        const gain = losses.every((loss, k) => loss < reference[k])
          ? hypervolume([...front, losses], reference) - before
          : 0;
        sum += gain;
        squares += gain * gain;
      }
      const mean = sum / draws;
      const error = Math.sqrt((squares / draws - mean * mean) / draws);
      expect(mean).toBeGreaterThan(20 * error);
      expect(Math.abs(Math.exp(acquisition.value(point)) - mean)).toBeLessThan(4 * error);
    }
  });

  test('of one objective is expected improvement', () => {
    const one = new HypervolumeImprovement([model], nonDominatedBoxes([[0.4], [lowest], [1]], [2]), 2);
    const point = problem.draw();
    expect(one.value(point)).toBeCloseTo(new ExpectedImprovement(model, lowest, 2).value(point), 9);
  });

  test('without a front is a product of expected improvements over the reference', () => {
    const models = modelsOf(problem, 3);
    const point = problem.draw();
    const reference = [0.5, 1, -0.2];
    const expected = models.reduce((s, one, k) => s + new ExpectedImprovement(one, reference[k], 2).value(point), 0);
    const boxes = nonDominatedBoxes([], reference);
    expect(new HypervolumeImprovement(models, boxes, 2).value(point)).toBeCloseTo(expected, 9);
  });

  test('is finite where there is nothing to gain', () => {
    const models = modelsOf(problem, 2);
    const none = new HypervolumeImprovement(models, nonDominatedBoxes([[-1e6, -1e6]], [0, 0]), 2);
    const gradient = new Float64Array(2).fill(NaN);
    const point = problem.draw();
    expect(none.value(point)).toBe(none.valueAndGradient(point, gradient));
    expect(Number.isFinite(none.value(point))).toBe(true);
    expect([...gradient]).toEqual([0, 0]);
  });
});

describe.each(['nn', 'nc', 'ncn'])('on the dimensions %s', (kinds) => {
  const FRONT = [
    [-0.8, 0.7],
    [0, 0],
    [0.6, -0.5],
  ];
  const acquisitions: [string, (problem: ModelProblem, d: number) => Acquisition][] = [
    ['expected improvement', (one, d) => new ExpectedImprovement(modelOf(one), -0.5, d)],
    ['expected improvement where values are noisy', (one, d) => new ExpectedImprovement(modelOf(one), -0.5, d, 0.2)],
    ['expected improvement in doubt', (one, d) => new ExpectedImprovement(modelOf(doubted(one, 3)), -0.5, d, 0.2)],
    ['expected improvement out of reach', (one, d) => new ExpectedImprovement(modelOf(one), -12, d)],
    ['probability below a bound', (one, d) => new ProbabilityBelow(modelOf(one), 0.3, d)],
    ['a small probability', (one, d) => new ProbabilityBelow(modelOf(one), -9, d)],
    [
      'gain in hypervolume',
      (one, d) => new HypervolumeImprovement(modelsOf(one, 2), nonDominatedBoxes(FRONT, [1.5, 1.5]), d),
    ],
    [
      'gain in hypervolume without a front',
      (one, d) => new HypervolumeImprovement(modelsOf(one, 3), nonDominatedBoxes([], [1, 1, 1]), d),
    ],
    [
      'a product',
      (one, d) =>
        new ProductAcquisition(
          [
            new ExpectedImprovement(modelOf(one), -0.5, d),
            new ProbabilityBelow(modelsOf(one, 2)[1], 0.1, d),
            new ProbabilityBelow(modelsOf(one, 3)[2], -0.2, d),
          ],
          d,
        ),
    ],
  ];

  test.each(acquisitions)('%s has the gradient that differences have', (_, create) => {
    for (const stream of [1, 2, 3]) {
      const one = problemOf(kinds, stream);
      const acquisition = create(one, kinds.length);
      for (const point of [one.draw(), one.draw()]) {
        const gradient = new Float64Array(kinds.length).fill(NaN);
        const value = acquisition.value(point);
        expect(Math.abs(acquisition.valueAndGradient(point, gradient) - value)).toBeLessThan(
          1e-8 * (1 + Math.abs(value)),
        );
        const isFixed = (c: number) => kinds[c] === 'c';
        expectGradient((p) => acquisition.value(p), point, gradient, { isFixed, tolerance: 1e-4 });
        gradient.forEach((slope, c) => {
          if (isFixed(c)) expect(slope).toBeCloseTo(0, 15);
        });
      }
    }
  });
});

test('a product is the product of its parts, as a logarithm', () => {
  const parts = [new ExpectedImprovement(model, lowest, 2), new ProbabilityBelow(model, 0, 2)];
  const point = problem.draw();
  expect(new ProductAcquisition(parts, 2).value(point)).toBeCloseTo(parts[0].value(point) + parts[1].value(point), 12);
});
