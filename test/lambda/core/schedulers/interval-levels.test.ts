import * as fc from 'fast-check';
import { IntervalLevels } from '../../../../lambda/core/schedulers/interval-levels';

test.each([
  // resource, rung at or below it, next rung, the one before
  [0, 0, 3, 0],
  [2.9, 0, 3, 0],
  [3, 3, 6, 0],
  [3 - 1e-12, 3, 6, 0],
  [3 + 1e-12, 3, 6, 0],
  [5, 3, 6, 3],
  [9, 9, 10, 6],
  [9.5, 9, 10, 9],
  [10, 10, undefined, 9],
])(
  'of rungs at 3, 6, 9 and 10, resource %p has reached %p and comes to %p, from %p',
  (resource, rung, next, before) => {
    const levels = new IntervalLevels(3, 10);
    expect(levels.upTo(resource)).toBe(rung);
    expect(levels.after(resource)).toBe(next);
    expect(levels.before(resource)).toBe(before);
  },
);

test('an interval beyond the maximum leaves one rung', () => {
  const levels = new IntervalLevels(20, 10);
  expect([levels.after(0), levels.upTo(9), levels.upTo(10), levels.after(10)]).toEqual([10, 0, 10, undefined]);
});

test('rung after rung ends at the maximum, whatever the interval', () => {
  const levels = fc.tuple(fc.double({ min: 0.5, max: 10, noNaN: true }), fc.double({ min: 0.1, max: 50, noNaN: true }));
  fc.assert(
    fc.property(levels, ([interval, maxResource]) => {
      const rungs = new IntervalLevels(interval, maxResource);
      let steps = 0;
      let level = 0;
      for (let next = rungs.after(0); next !== undefined; next = rungs.after(level)) {
        expect(next).toBeGreaterThan(level);
        expect(rungs.upTo(next)).toBe(next);
        expect(rungs.before(next)).toBe(level);
        level = next;
        steps++;
      }
      expect(level).toBe(maxResource);
      expect(Math.abs(steps - maxResource / interval)).toBeLessThanOrEqual(1.001);
    }),
  );
});
