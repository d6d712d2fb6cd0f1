import * as fc from 'fast-check';
import { polynomialMutation } from '../../../../../lambda/core/models/variation/polynomial-mutation';
import { simulatedBinaryCrossover } from '../../../../../lambda/core/models/variation/simulated-binary-crossover';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const uniform = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const eta = fc.double({ min: 0, max: 100, noNaN: true });

/** Many evenly spaced quantiles of what a random number turns into. */
const quantiles = (f: (uniform: number) => number) => Array.from({ length: 10_000 }, (_, i) => f((i + 0.5) / 10_000));
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('a mutation stays inside the unit interval and is monotone in the random number', () => {
  fc.assert(
    fc.property(unit, eta, uniform, uniform, (x, index, u, v) => {
      const [low, high] = [Math.min(u, v), Math.max(u, v)].map((w) => polynomialMutation(x, index, w));
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(high + 1e-12);
    }),
  );
});

test('a mutation covers the whole interval', () => {
  for (const x of [0, 0.1, 0.5, 1]) {
    expect(polynomialMutation(x, 20, 0)).toBeCloseTo(0, 12);
    expect(polynomialMutation(x, 20, 1)).toBeCloseTo(1, 12);
    expect(polynomialMutation(x, 20, 0.5)).toBeCloseTo(x, 12);
  }
});

test('the mean step from the middle is that of the polynomial density', () => {
  // of the density (η + 1) / 2 (1 - |d|)^η, cut at |d| = 1/2.
  const index = 6;
  const density = (d: number) => (1 - d) ** index;
  const grid = Array.from({ length: 10_000 }, (_, i) => (i + 0.5) / 20_000);
  const expected = grid.reduce((sum, d) => sum + d * density(d), 0) / grid.reduce((sum, d) => sum + density(d), 0);
  expect(mean(quantiles((u) => Math.abs(polynomialMutation(0.5, index, u) - 0.5)))).toBeCloseTo(expected, 3);
});

test('half of the crossed children lie between the parents, half beyond them', () => {
  expect(simulatedBinaryCrossover(0.2, 0.6, 15, 0.5)).toBeCloseTo(0.2, 12);
  const children = quantiles((u) => simulatedBinaryCrossover(0.2, 0.6, 2, u));
  expect(children.filter((child) => child > 0.2 && child < 0.4)).toHaveLength(5000);
  expect(children.filter((child) => child < 0.2)).toHaveLength(5000);
});

test('the two children of a crossing have the middle of their parents', () => {
  fc.assert(
    fc.property(unit, unit, eta, uniform, (a, b, index, u) => {
      const sum = simulatedBinaryCrossover(a, b, index, u) + simulatedBinaryCrossover(b, a, index, u);
      expect(Math.abs(sum - (a + b))).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(simulatedBinaryCrossover(a, b, index, u))),
      );
    }),
  );
});

test('equal parents have equal children', () => {
  fc.assert(
    fc.property(unit, eta, uniform, (a, index, u) => {
      expect(simulatedBinaryCrossover(a, a, index, u)).toBeCloseTo(a, 9);
    }),
  );
});
