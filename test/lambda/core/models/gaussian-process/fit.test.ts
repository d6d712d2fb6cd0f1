import { Belief } from '../../../../../lambda/core/models/gaussian-process/belief';
import { rememberedFit } from '../../../../../lambda/core/models/gaussian-process/fit-cache';
import { fitHyperparameters } from '../../../../../lambda/core/models/gaussian-process/fit';
import {
  NOISE_VARIANCE,
  hyperparameterRange,
  layoutOf,
} from '../../../../../lambda/core/models/gaussian-process/hyperparameters';
import { negativeLogPosterior } from '../../../../../lambda/core/models/gaussian-process/likelihood';
import { standardize } from '../../../../../lambda/core/models/gaussian-process/output-transform';
import { Random } from '../../../../../lambda/core/random/random';
import { modelProblem } from '../../../../support/lambda-gaussian-process';

const BELIEF: Belief = { lengthscaleRate: 4, startNoises: [1e-4, 0.1] };
const OTHER: Belief = { ...BELIEF, lengthscaleRate: 2 };
const layout = layoutOf([{ isCategorical: false }, { isCategorical: false }]);
const random = new Random(3, 1, 99);
const x = Array.from({ length: 40 }, () => Float64Array.from(random.point(2)));
const fitOf = (f: (point: Float64Array) => number) =>
  fitHyperparameters(layout, x, standardize(Float64Array.from(x, f)).values, BELIEF);

test('finds the direction in which the function changes', () => {
  const fit = fitOf(([a]) => Math.sin(7 * a));
  expect(fit[layout.jointLengthscale + 1]).toBeGreaterThan(fit[layout.jointLengthscale] + 0.5);
});

test('finds how much noise there is', () => {
  const smooth = fitOf(([a, b]) => Math.sin(3 * a) + b);
  // a variance of 0.04, where that of the function is 0.29.
  const noisy = fitOf(([a, b]) => Math.sin(3 * a) + b + 0.2 * random.normal());
  expect(Math.exp(smooth[NOISE_VARIANCE])).toBeLessThan(1e-3);
  expect(Math.exp(noisy[NOISE_VARIANCE])).toBeGreaterThan(0.04);
  expect(Math.exp(noisy[NOISE_VARIANCE])).toBeLessThan(0.3);
});

test('stays in the range and is more probable than where it began', () => {
  for (const kinds of ['nn', 'ncc', 'c']) {
    const problem = modelProblem(kinds, 20);
    const { start, lower, upper } = hyperparameterRange(problem.layout);
    const fit = fitHyperparameters(problem.layout, problem.x, problem.y, BELIEF);
    fit.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(lower[i]);
      expect(value).toBeLessThanOrEqual(upper[i]);
    });
    const density = negativeLogPosterior(problem.layout, problem.x, problem.y, BELIEF.lengthscaleRate);
    const scratch = new Float64Array(problem.layout.length);
    expect(density(fit, scratch)).toBeLessThan(density(start, scratch));
  }
});

test.each([
  ['no observations', []],
  ['one', [0]],
  ['equal ones', Array<number>(30).fill(0)],
])('is finite with %s', (_, y) => {
  const fit = fitHyperparameters(layout, x.slice(0, y.length), Float64Array.from(y), BELIEF);
  expect(fit.every(Number.isFinite)).toBe(true);
});

test('is finite where one point has many values', () => {
  const twins = x.map(() => x[0]);
  const fit = fitHyperparameters(
    layout,
    twins,
    Float64Array.from(x, ([a]) => a),
    BELIEF,
  );
  expect(fit.every(Number.isFinite)).toBe(true);
});

test('what is remembered is what would be computed', () => {
  const values = (shift: number) => Float64Array.from(x, ([a, b]) => a - b + shift * b);
  const asked = [0, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1].map((shift): [number, Belief] => [shift, BELIEF]);
  for (const [shift, belief] of [...asked, [0, OTHER] as const, [0, BELIEF] as const]) {
    const few = x.slice(0, 10);
    const y = values(shift).slice(0, 10);
    expect(rememberedFit(layout, few, y, belief)).toEqual(fitHyperparameters(layout, few, y, belief));
  }
});

test('a fit is remembered for its own data only', () => {
  const few = x.slice(0, 10);
  const y = Float64Array.from(few, ([a, b]) => a - b);
  const fit = rememberedFit(layout, few, y, BELIEF);
  expect(rememberedFit(layout, few, y, BELIEF)).toBe(fit);
  expect(rememberedFit(layout, few, y, OTHER)).not.toEqual(fit);
  expect(rememberedFit(layout, few, y, { ...BELIEF, startNoises: [0.1] })).not.toBe(fit);
  expect(rememberedFit(layout, few.slice(1), y.slice(1), BELIEF)).not.toEqual(fit);
  expect(
    rememberedFit(
      layout,
      few,
      y.map((v) => -2 * v),
      BELIEF,
    ),
  ).not.toEqual(fit);
  const categorical = layoutOf([{ isCategorical: true }, { isCategorical: false }]);
  expect(rememberedFit(categorical, few, y, BELIEF)).not.toEqual(fit);
});
