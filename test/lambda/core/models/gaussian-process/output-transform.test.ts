import * as fc from 'fast-check';
import { standardize, transformLosses } from '../../../../../lambda/core/models/gaussian-process/output-transform';

// a sum with 0 is never -0, which is another number for `toBe` and the same one for the transformation.
const ordinary = fc.double({ min: -100, max: 100, noNaN: true }).map((x) => x + 0);
const dyadic = fc.integer({ min: -5000, max: 5000 }).map((n) => n / 64);
const anything = fc.oneof(
  ordinary,
  fc.constantFrom(0, 1e300, -1e300, 1e-300, -1e-300, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE),
);
const lists = (loss: fc.Arbitrary<number>, minLength = 1) => fc.array(loss, { minLength, maxLength: 40 });

test('keeps the order, ties included, whatever comes', () => {
  fc.assert(
    fc.property(lists(anything), (losses) => {
      const y = transformLosses(losses);
      expect(y.every(Number.isFinite)).toBe(true);
      losses.forEach((a, i) =>
        losses.forEach((b, j) => {
          if (a === b) expect(y[i]).toBe(y[j]);
          if (a < b) expect(y[i]).toBeLessThanOrEqual(y[j]);
        }),
      );
    }),
  );
});

test('tells apart what is above the median from what is at it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(ordinary, { minLength: 2, maxLength: 40 }), (losses) => {
      const sorted = [...losses].sort((a, b) => a - b);
      const y = transformLosses(sorted);
      for (let i = (sorted.length - 1) >> 1; i + 1 < sorted.length; i++) expect(y[i + 1]).toBeGreaterThan(y[i]);
    }),
  );
});

test('is standardized: mean 0, deviation 1', () => {
  fc.assert(
    fc.property(fc.uniqueArray(ordinary, { minLength: 2, maxLength: 40 }), (losses) => {
      const y = transformLosses(losses);
      expect(y.reduce((a, b) => a + b, 0) / y.length).toBeCloseTo(0, 9);
      expect(y.reduce((a, b) => a + b * b, 0) / y.length).toBeCloseTo(1, 9);
    }),
  );
});

test.each([
  ['a multiple', 4, 0],
  ['a fraction', 2 ** -20, 0],
  ['a shift', 1, 37.5],
  ['both', 0.5, -1000],
])('an affine change of the losses changes nothing: %s', (_, scale, shift) => {
  fc.assert(
    fc.property(lists(dyadic), (losses) => {
      expect(transformLosses(losses.map((loss) => scale * loss + shift))).toEqual(transformLosses(losses));
    }),
  );
});

test.each([1e-300, 1e-9, 3.7, 1e290])('a scale of %d, which rounds, changes nothing but the last digits', (scale) => {
  fc.assert(
    fc.property(lists(dyadic), (losses) => {
      const scaled = transformLosses(losses.map((loss) => scale * loss));
      transformLosses(losses).forEach((y, i) => expect(scaled[i]).toBeCloseTo(y, 7));
    }),
  );
});

test('a trial that diverged hides no difference among the good ones', () => {
  const good = [0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16];
  for (const diverged of [1e3, 1e300]) {
    const y = transformLosses([...good, diverged]);
    for (let i = 1; i < 4; i++) expect(y[i] - y[i - 1]).toBeGreaterThan(0.2);
    // how far it went off doesn't count.
    expect(y).toEqual(transformLosses([...good, 1]));
  }
});

test('below the median relative distances count', () => {
  const [a, b, c] = transformLosses([0, 1, 4, 5, 6]);
  expect((b - a) / (c - a)).toBeCloseTo(0.25, 8);
});

test('equal losses become 0', () => {
  for (const loss of [0, 0.1, 1e300, -1e-300]) {
    for (const n of [1, 2, 3, 10]) expect([...transformLosses(Array<number>(n).fill(loss))]).toEqual(Array(n).fill(0));
  }
});

test('where half of the losses are the best one, the others still have an order', () => {
  const y = transformLosses([1, 1, 1, 1, 2, 3, 9]);
  expect(new Set(y.slice(0, 4)).size).toBe(1);
  expect(y[4]).toBeGreaterThan(y[3]);
  expect(y[5]).toBeGreaterThan(y[4]);
  expect(y[6]).toBeGreaterThan(y[5]);
});

describe('standardize', () => {
  test('says what it subtracted and divided by', () => {
    const { values, mean, deviation } = standardize(Float64Array.of(2, 4, 6));
    expect(mean).toBeCloseTo(4, 12);
    expect(deviation).toBeCloseTo(Math.sqrt(8 / 3), 12);
    expect([...values].map((y) => y * deviation + mean)).toEqual([2, 4, 6].map((y) => expect.closeTo(y, 12) as number));
  });

  test('makes equal values 0, whatever rounding does to their sum', () => {
    fc.assert(
      fc.property(ordinary, fc.integer({ min: 1, max: 60 }), (value, n) => {
        const { values, mean, deviation } = standardize(new Float64Array(n).fill(value));
        expect(values.every((y) => y === 0)).toBe(true);
        expect(deviation).toBe(0);
        expect(mean).toBeCloseTo(value, 9);
      }),
    );
  });
});
