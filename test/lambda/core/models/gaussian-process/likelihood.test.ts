import {
  ADDITIVE_VARIANCE,
  JOINT_VARIANCE,
  NOISE_VARIANCE,
  layoutOf,
  negativeLogPrior,
} from '../../../../../lambda/core/models/gaussian-process/hyperparameters';
import { negativeLogPosterior } from '../../../../../lambda/core/models/gaussian-process/likelihood';
import { expectGradient, modelProblem } from '../../../../support/lambda-gaussian-process';

const RATE = 3;

/** Large enough for differences: with little noise they lose their digits. */
const NOISE = Math.log(0.05);

describe.each([
  ['numbers', 'nnn'],
  ['categories', 'cc'],
  ['both', 'ncn'],
  ['one number', 'n'],
])('of %s', (_, kinds) => {
  test.each([1, 2, 3])('has the gradient that differences have, case %d', (stream) => {
    const { layout, hyperparameters, x, y } = modelProblem(kinds, 12, stream);
    hyperparameters[NOISE_VARIANCE] = NOISE;
    const density = negativeLogPosterior(layout, x, y, RATE);
    const gradient = new Float64Array(layout.length);
    density(hyperparameters, gradient);
    const scratch = new Float64Array(layout.length);
    expectGradient((p) => density(p, scratch), hyperparameters, gradient);
  });

  test('has it where points repeat, and at the ends of ranges', () => {
    const { layout, hyperparameters, x, y } = modelProblem(kinds, 8, 4);
    hyperparameters[NOISE_VARIANCE] = NOISE;
    const ends = [...x, x[0], ...[0, 1].map((end) => Float64Array.from(x[0], () => end))];
    const density = negativeLogPosterior(layout, ends, Float64Array.from([...y, 1, -1, 2]), RATE);
    const gradient = new Float64Array(layout.length);
    density(hyperparameters, gradient);
    const scratch = new Float64Array(layout.length);
    expectGradient((p) => density(p, scratch), hyperparameters, gradient);
  });
});

test('is the density of the normal distribution, worked out by hand for three points', () => {
  const layout = layoutOf([{ isCategorical: false }, { isCategorical: true }]);
  const [jointVariance, additiveVariance, noise, warpA, warpB] = [1.3, 0.7, 0.05, 1.4, 0.8];
  const lengthscales = [0.4, 1.2];
  const additiveLengthscales = [0.6, 0.9];
  const p = new Float64Array(layout.length);
  p[JOINT_VARIANCE] = Math.log(jointVariance);
  p[ADDITIVE_VARIANCE] = Math.log(additiveVariance);
  p[NOISE_VARIANCE] = Math.log(noise);
  p.set(lengthscales.map(Math.log), layout.jointLengthscale);
  p.set(additiveLengthscales.map(Math.log), layout.additiveLengthscale);
  p[layout.warpA] = Math.log(warpA);
  p[layout.warpB] = Math.log(warpB);
  const x = [
    [0.1, 0],
    [0.5, 2],
    [0.8, 2],
  ];
  const y = [0.7, -1.1, 0.2];

  const matern = (r: number) => (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r);
  const kernel = (s: number[], t: number[]) => {
    const warped = [s, t].map(([number]) => 1 - (1 - number ** warpA) ** warpB);
    const deltas = [warped[0] - warped[1], s[1] === t[1] ? 0 : 1];
    const r = Math.hypot(deltas[0] / lengthscales[0], deltas[1] / lengthscales[1]);
    const single = deltas.map((delta, c) => matern(Math.abs(delta) / additiveLengthscales[c]));
    return jointVariance * matern(r) + (additiveVariance / 2) * (single[0] + single[1]);
  };
  const k = x.map((s, i) => x.map((t, j) => kernel(s, t) + (i === j ? noise : 0)));
  // cofactors of a symmetric 3 x 3 matrix: determinant, and inverse times determinant.
  const cofactor = (i: number, j: number) => {
    const [a, b] = [0, 1, 2].filter((row) => row !== i);
    const [c, d] = [0, 1, 2].filter((column) => column !== j);
    return (-1) ** (i + j) * (k[a][c] * k[b][d] - k[a][d] * k[b][c]);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + k[0][j] * cofactor(0, j), 0);
  const form = y.reduce((sum, u, i) => sum + y.reduce((part, v, j) => part + u * v * cofactor(i, j), 0), 0);
  const logDensity = -0.5 * (form / determinant) - 0.5 * Math.log(determinant);

  const gradient = new Float64Array(layout.length);
  const value = negativeLogPosterior(
    layout,
    x.map((point) => Float64Array.from(point)),
    Float64Array.from(y),
    RATE,
  )(p, gradient);
  const prior = negativeLogPrior(layout, RATE, p, new Float64Array(layout.length));
  expect(value - prior).toBeCloseTo(-logDensity, 10);
});

test('the prior of a numeric lengthscale is highest at 2 / rate', () => {
  const layout = layoutOf([{ isCategorical: false }]);
  const p = new Float64Array(layout.length);
  const at = (lengthscale: number) => {
    p[layout.jointLengthscale] = Math.log(lengthscale);
    return negativeLogPrior(layout, 4, p, new Float64Array(layout.length));
  };
  expect(at(0.5)).toBeLessThan(at(0.49));
  expect(at(0.5)).toBeLessThan(at(0.51));
  // Gamma(3, 4): density in proportion to l² e^(-4 l).
  expect(at(0.2) - at(1)).toBeCloseTo(-(2 * Math.log(0.2) - 0.8) + (2 * Math.log(1) - 4), 10);
});

test('is not a number where the matrix is none', () => {
  const { layout, hyperparameters, x, y } = modelProblem('n', 3);
  const density = negativeLogPosterior(layout, x, y, RATE);
  hyperparameters[JOINT_VARIANCE] = NaN;
  expect(density(hyperparameters, new Float64Array(layout.length))).toBeNaN();
});
