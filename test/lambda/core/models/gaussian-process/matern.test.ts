import { SQRT5, matern, maternPull } from '../../../../../lambda/core/models/gaussian-process/matern';

const kernel = (r: number) => matern(SQRT5 * r, Math.exp(-SQRT5 * r));

test('is 1 at no distance, and what the formula says at a distance of 1', () => {
  expect(kernel(0)).toBe(1);
  expect(kernel(1)).toBeCloseTo((1 + 2.2360679775 + 5 / 3) * Math.exp(-2.2360679775), 9);
});

test.each([0.1, 0.7, 2])('falls as its pull says, at a distance of %d', (r) => {
  const slope = (kernel(r + 1e-5) - kernel(r - 1e-5)) / 2e-5;
  expect((-5 / 3) * r * maternPull(SQRT5 * r, Math.exp(-SQRT5 * r))).toBeCloseTo(slope, 8);
});
