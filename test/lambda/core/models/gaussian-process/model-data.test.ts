import * as fc from 'fast-check';
import {
  fittedCount,
  selectForFit,
  selectForModel,
} from '../../../../../lambda/core/models/gaussian-process/model-data';

/** An order of so many observations, and a limit. */
const orders = fc.integer({ min: 1, max: 300 }).chain((n) =>
  fc.tuple(
    fc.shuffledSubarray(
      Array.from({ length: n }, (_, i) => i),
      { minLength: n },
    ),
    fc.integer({ min: 1, max: 120 }),
  ),
);

test('selects as many as may be, each once, in the order of their numbers, the best half among them', () => {
  fc.assert(
    fc.property(orders, ([order, limit]) => {
      const selected = selectForModel(order, limit);
      expect(selected).toHaveLength(Math.min(limit, order.length));
      expect(new Set(selected).size).toBe(selected.length);
      expect(selected).toEqual([...selected].sort((a, b) => a - b));
      expect(selected).toEqual(expect.arrayContaining(order.slice(0, Math.ceil(limit / 2))));
    }),
  );
});

test('sees some of the newest and some of every age', () => {
  // the older the better: what isn't among the best is chosen by its age.
  const selected = selectForModel(
    Array.from({ length: 1000 }, (_, i) => i),
    100,
  );
  expect(selected.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(selected.slice(75)).toEqual(Array.from({ length: 25 }, (_, i) => 975 + i));
  const gaps = selected.slice(50, 75).map((index, i, all) => index - (i === 0 ? 50 : all[i - 1]));
  expect(Math.max(...gaps)).toBeLessThan(45);
});

test('leaves the order as it was', () => {
  const order = [2, 0, 1];
  selectForModel(order, 5);
  selectForModel(order, 2);
  expect(order).toEqual([2, 0, 1]);
});

test('fits to nearly all, to more with more, and again only after some more', () => {
  const counts = Array.from({ length: 5000 }, (_, count) => fittedCount(count));
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(counts.every((fitted, count) => fitted <= count && fitted >= 0.94 * count)).toBe(true);
  expect(counts.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect(new Set(counts.slice(1000, 2000)).size).toBeLessThanOrEqual(33);
});

test('the fit stays as it is until the next step, if what comes in between is not the best', () => {
  const fits = [100, 101, 102, 103].map((count) =>
    selectForFit(
      Array.from({ length: count }, (_, i) => i),
      5,
    ),
  );
  fits.forEach((fit) => expect(fit).toEqual(fits[0]));
  expect(fits[0]).toHaveLength(100);
});

test.each([
  [5, 100],
  [40, 50],
  [100, 40],
])('fits to the first ones only, and to a limited number of them: of %d dimensions to %d', (dimensions, limit) => {
  fc.assert(
    fc.property(orders, ([order]) => {
      const fit = selectForFit(order, dimensions);
      expect(fit.every((index) => index < fittedCount(order.length))).toBe(true);
      expect(fit).toHaveLength(Math.min(fittedCount(order.length), limit));
    }),
    { numRuns: 40 },
  );
});
