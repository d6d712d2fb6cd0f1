import * as fc from 'fast-check';
import { fromUnit, toUnit } from '../../../../lambda/core/space/scaling';
import { ScalingName } from '../../../../lib/contract/search-space';

// by hand: log10 of 1e-5, 1e-3 and 1e-1 are -5, -3 and -1; log10 of 1 - 0.99 is -2, of 1 - 0.9 is -1.
const EXAMPLES: [ScalingName, number, number, number, number][] = [
  ['linear', 0, 10, 5, 0.5],
  ['linear', -4, 4, 2, 0.75],
  ['logarithmic', 1e-5, 1e-1, 1e-3, 0.5],
  ['logarithmic', 1, 1000, 10, 1 / 3],
  ['logarithmic', 8, 256, 16, 0.2],
  ['reverseLogarithmic', 0, 0.99, 0.9, 0.5],
  ['reverseLogarithmic', 0.9, 0.9999, 0.99, 1 / 3],
];

test.each(EXAMPLES)('%s from %d to %d: %d lies at %d', (scaling, min, max, value, unit) => {
  expect(toUnit(value, min, max, scaling)).toBeCloseTo(unit, 12);
  expect(fromUnit(unit, min, max, scaling)).toBeCloseTo(value, 12);
});

test.each(EXAMPLES)('%s from %d to %d: the ends are the ends', (scaling, min, max) => {
  expect(toUnit(min, min, max, scaling)).toBe(0);
  expect(toUnit(max, min, max, scaling)).toBe(1);
  expect(fromUnit(0, min, max, scaling)).toBeCloseTo(min, 15);
  expect(fromUnit(1, min, max, scaling)).toBeCloseTo(max, 12);
});

test.each(['linear', 'logarithmic', 'reverseLogarithmic'] as const)(
  '%s never leaves its range and never falls',
  (scaling) => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const bound = fc.double({ min: 1e-6, max: 0.999999, noNaN: true });
    fc.assert(
      fc.property(bound, bound, unit, unit, (a, b, u, v) => {
        fc.pre(a !== b);
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const [low, high] = [fromUnit(Math.min(u, v), min, max, scaling), fromUnit(Math.max(u, v), min, max, scaling)];
        expect(min <= low && low <= high && high <= max).toBe(true);
      }),
    );
  },
);

test('reverse logarithmic scaling is exact next to 1', () => {
  // GIVEN a momentum from 0 to 1 - 1e-9; WHEN three quarters of the way; THEN 1 - 10^(-6.75)
  const value = fromUnit(0.75, 0, 1 - 1e-9, 'reverseLogarithmic');
  expect(Math.log10(1 - value)).toBeCloseTo(-6.75, 6);
});
