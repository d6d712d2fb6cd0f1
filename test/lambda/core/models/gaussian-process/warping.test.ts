import * as fc from 'fast-check';
import { warp, warpSensitivity, warpSlope } from '../../../../../lambda/core/models/gaussian-process/warping';

const exponent = fc.double({ min: -1.5, max: 1.5, noNaN: true }).map(Math.exp);
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const inside = fc.double({ min: 0.01, max: 0.99, noNaN: true });

const STEP = 1e-6;
const difference = (f: (delta: number) => number) => (f(STEP) - f(-STEP)) / (2 * STEP);

test('exponents of 1 change nothing', () => {
  fc.assert(fc.property(unit, (x) => warp(x, 1, 1) === x && warpSlope(x, 1, 1) === 1));
});

test('warps by hand', () => {
  expect(warp(0.5, 2, 1)).toBeCloseTo(0.25, 12);
  expect(warp(0.5, 1, 2)).toBeCloseTo(0.75, 12);
  expect(warp(0.5, 2, 3)).toBeCloseTo(1 - 0.75 ** 3, 12);
});

test('keeps the unit interval, its ends and its order', () => {
  fc.assert(
    fc.property(unit, unit, exponent, exponent, (x, y, a, b) => {
      const [low, high] = [Math.min(x, y), Math.max(x, y)];
      expect(warp(low, a, b)).toBeLessThanOrEqual(warp(high, a, b));
      expect(warp(low, a, b)).toBeGreaterThanOrEqual(0);
      expect(warp(high, a, b)).toBeLessThanOrEqual(1);
      // the slope is infinite at an end where an exponent is small.
      expect(warp(0, a, b)).toBeLessThan(0.05);
      expect(warp(1, a, b)).toBeGreaterThan(0.95);
    }),
  );
});

test('has the slope and the sensitivities that differences have', () => {
  fc.assert(
    fc.property(inside, exponent, exponent, (x, a, b) => {
      const close = (value: number, expected: number) =>
        expect(Math.abs(value - expected)).toBeLessThan(1e-6 * (1 + Math.abs(expected)));
      const [byA, byB] = warpSensitivity(x, a, b);
      close(
        warpSlope(x, a, b),
        difference((delta) => warp(x + delta, a, b)),
      );
      close(
        byA,
        difference((delta) => warp(x, a * Math.exp(delta), b)),
      );
      close(
        byB,
        difference((delta) => warp(x, a, b * Math.exp(delta))),
      );
    }),
  );
});

test('slope and sensitivities are finite at the ends too', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1), exponent, exponent, (x, a, b) =>
      [warpSlope(x, a, b), ...warpSensitivity(x, a, b)].every(Number.isFinite),
    ),
  );
});
