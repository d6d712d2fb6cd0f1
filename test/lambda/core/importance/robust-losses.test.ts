import * as fc from 'fast-check';
import { robustLosses } from '../../../../lambda/core/importance/robust-losses';

const loss = fc.double({ noNaN: true, noDefaultInfinity: true });

test('losses without extremes keep their shape', () => {
  const losses = Array.from({ length: 101 }, (_, i) => i / 100);
  const robust = robustLosses(losses)!;
  const slope = robust[1] - robust[0];
  losses.forEach((_, i) => expect(robust[i]).toBeCloseTo(robust[0] + i * slope, 9));
});

test('however far a trial went astray, it counts the same', () => {
  const losses = Array.from({ length: 50 }, (_, i) => i / 50);
  expect(robustLosses([...losses, 1e9])).toEqual(robustLosses([...losses, 1e300]));
  expect(robustLosses([...losses, -1e9])).toEqual(robustLosses([...losses, -1e300]));
  expect(robustLosses([...losses, 1e300])![50]).toBe(3);
});

test('where half of the losses are the same, ranks take their place', () => {
  expect(robustLosses([0, 0, 0, 5, 1e300])).toEqual(Float64Array.from([-0.5, -0.5, -0.5, 0.5, 1]));
});

test('losses that are all the same have no scale', () => {
  expect(robustLosses([0, 0])).toBeUndefined();
  expect(robustLosses([1e300, 1e300, 1e300])).toBeUndefined();
});

test('any losses become finite ones of at most 3, in their order', () => {
  fc.assert(
    fc.property(fc.array(loss, { minLength: 2, maxLength: 60 }), (losses) => {
      const robust = robustLosses(losses);
      if (robust === undefined) return;
      for (const value of robust) expect(Math.abs(value)).toBeLessThanOrEqual(3);
      losses.forEach((a, i) => losses.forEach((b, j) => a < b && expect(robust[i]).toBeLessThanOrEqual(robust[j])));
    }),
  );
});
