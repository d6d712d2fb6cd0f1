import { recombination } from '../../../../../lambda/core/models/evolution-strategy/recombination';
import {
  defaultPopulationSize,
  strategyParameters,
} from '../../../../../lambda/core/models/evolution-strategy/strategy-parameters';

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

// what pycma, the reference implementation, says at its start for these dimensions.
test.each([
  [2, 6, 3, 2.0, 63],
  [3, 7, 3, 2.3, 58],
  [5, 8, 4, 2.6, 52],
  [10, 10, 5, 3.2, 45],
  [20, 12, 6, 3.7, 40],
  [40, 15, 7, 4.5, 34],
])('in dimension %d: (%d, %d parents), mass %d, first weight %d%%', (n, size, parents, mass, first) => {
  expect(defaultPopulationSize(n)).toBe(size);
  const { weights, selectionMass } = strategyParameters(n, size, false);
  expect(weights.filter((weight) => weight > 0)).toHaveLength(parents);
  expect(selectionMass).toBeCloseTo(mass, 1);
  expect(Math.abs(100 * weights[0] - first)).toBeLessThan(1);
});

test.each([false, true])(
  'no population makes the covariance indefinite or its rates leave 0 to 1 (diagonal: %s)',
  (isDiagonal) => {
    for (const n of [1, 2, 3, 5, 10, 40, 41, 100]) {
      for (const size of [2, 4, 10, 100, 1000]) {
        const { weights, c1, cMu, cSigma, cC, dSigma } = strategyParameters(n, size, isDiagonal);
        for (const rate of [c1, cMu, cSigma, cC]) {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(1);
        }
        expect(dSigma).toBeGreaterThanOrEqual(1);
        expect(sum(weights.filter((weight) => weight > 0))).toBeCloseTo(1, 12);
        // what remains of the old matrix after each bad step took as much as it may.
        const bad = -sum(weights.filter((weight) => weight < 0));
        expect(1 - c1 - cMu - cMu * bad * (n - 1)).toBeGreaterThanOrEqual(-1e-9);
      }
    }
  },
);

describe('recombination', () => {
  const weights = Float64Array.of(0.6, 0.3, 0.1, -0.1, -0.4);

  test('is that of the places when all differ', () => {
    const { mean, covariance } = recombination(weights, [1, 1, 1, 1, 1], 5);
    [0.6, 0.3, 0.1, 0, 0].forEach((weight, i) => expect(mean[i]).toBeCloseTo(weight, 12));
    [0.6, 0.3, 0.1, -0.1, -0.4].forEach((weight, i) => expect(covariance[i]).toBeCloseTo(weight, 12));
  });

  test('is shared by those that are equally good', () => {
    const { mean, covariance } = recombination(weights, [2, 1, 2], 5);
    [0.45, 0.45, 0.1, 0, 0].forEach((weight, i) => expect(mean[i]).toBeCloseTo(weight, 12));
    [0.45, 0.45, 0.1, -0.25, -0.25].forEach((weight, i) => expect(covariance[i]).toBeCloseTo(weight, 12));
  });

  test('gives members without a result no part in the mean, whose weights still have the sum 1', () => {
    const { mean, covariance } = recombination(weights, [1, 1, 3], 2);
    [2 / 3, 1 / 3, 0, 0, 0].forEach((weight, i) => expect(mean[i]).toBeCloseTo(weight, 12));
    [0.6, 0.3, -0.5 / 3, -0.5 / 3, -0.5 / 3].forEach((weight, i) => expect(covariance[i]).toBeCloseTo(weight, 12));
  });
});
