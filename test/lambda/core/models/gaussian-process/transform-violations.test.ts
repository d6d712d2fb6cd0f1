import * as fc from 'fast-check';
import { transformViolations } from '../../../../../lambda/core/models/gaussian-process/transform-violations';

const excess = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.constantFrom(0, 1e300, -1e300, 1e-300, -1e-300, Infinity, -Infinity, Number.MIN_VALUE),
);
const lists = fc.array(excess, { minLength: 1, maxLength: 30 });

test('is finite and keeps the order, whatever comes', () => {
  fc.assert(
    fc.property(lists, (violations) => {
      const { values, bound } = transformViolations(violations);
      expect(Number.isFinite(bound)).toBe(true);
      expect(values.every(Number.isFinite)).toBe(true);
      violations.forEach((a, i) =>
        violations.forEach((b, j) => {
          if (a === b) expect(values[i]).toBe(values[j]);
          if (a < b) expect(values[i]).toBeLessThanOrEqual(values[j]);
        }),
      );
    }),
  );
});

test('what holds lies below the bound, what does not above it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 2, maxLength: 30 }), (drawn) => {
      // smaller ones can't be told from 0.
      const violations = drawn.map((one) => (Math.abs(one) < 1e-6 ? 0 : one));
      const { values, bound } = transformViolations(violations);
      violations.forEach((one, i) => {
        if (new Set(violations).size > 1 && one !== 0) expect(Math.sign(values[i] - bound)).toBe(Math.sign(one));
        if (new Set(violations).size > 1 && one === 0) expect(values[i]).toBeCloseTo(bound, 9);
      });
    }),
  );
});

test('a huge excess does not hide what happens at the bound', () => {
  const { values } = transformViolations([-2, -1, 1, 2, 1e9]);
  expect(values[3] - values[0]).toBeGreaterThan(0.1);
});

test('units make no difference', () => {
  const violations = [-2, -0.5, 0.25, 3, 17];
  const { values, bound } = transformViolations(violations);
  const scaled = transformViolations(violations.map((one) => one * 1024));
  expect(scaled.values).toEqual(values);
  expect(scaled.bound).toBe(bound);
});

test.each([
  ['hold alike', -0.1, 1],
  ['are broken alike', 0.1, -1],
])('where all %s, the bound says so', (_, violation, expected) => {
  for (const n of [1, 2, 3, 6, 7, 10, 49]) {
    const { values, bound } = transformViolations(Array<number>(n).fill(violation));
    expect([...values]).toEqual(Array(n).fill(0));
    expect(bound).toBe(expected);
  }
});

test.each([[[0, 0, 0]], [[]]])('is undecided where %p is all that is known', (violations) => {
  const { values, bound } = transformViolations(violations);
  expect([...values]).toEqual(violations);
  expect(bound).toBeCloseTo(0, 12);
});
