import * as fc from 'fast-check';
import { Box, nonDominatedBoxes } from '../../../../../lambda/core/models/acquisition/non-dominated-boxes';
import { hypervolume } from '../../../../../lambda/core/models/pareto/hypervolume';

const CORNER = -0.5;
const volume = ({ lower, upper }: Box) =>
  lower.reduce((product, from, k) => product * Math.max(upper[k] - Math.max(from, CORNER), 0), 1);
const overlap = (a: Box, b: Box): Box => ({
  lower: a.lower.map((from, k) => Math.max(from, b.lower[k])),
  upper: a.upper.map((to, k) => Math.min(to, b.upper[k])),
});

/** Points around a reference of 1, some on it, some that share coordinates. */
const fronts = (objectives: number) =>
  fc.array(
    fc.array(fc.oneof(fc.double({ min: 0, max: 1.1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 1)), {
      minLength: objectives,
      maxLength: objectives,
    }),
    { maxLength: 10 },
  );

describe.each([1, 2, 3, 4])('of %d objectives', (objectives) => {
  const reference = Array<number>(objectives).fill(1);

  test('boxes don’t overlap, and hold all that no point dominates', () => {
    fc.assert(
      fc.property(fronts(objectives), (points) => {
        const boxes = nonDominatedBoxes(points, reference);
        boxes.forEach((a, i) => {
          for (const b of boxes.slice(0, i)) expect(volume(overlap(a, b))).toBe(0);
        });
        const total = boxes.reduce((sum, box) => sum + volume(box), 0);
        expect(total).toBeCloseTo((1 - CORNER) ** objectives - hypervolume(points, reference), 9);
      }),
      { numRuns: objectives === 4 ? 20 : 60 },
    );
  });

  test('nothing inside of a box is dominated', () => {
    fc.assert(
      fc.property(fronts(objectives), (points) => {
        for (const { lower, upper } of nonDominatedBoxes(points, reference)) {
          const inside = upper.map((to, k) => to - 1e-9 * (to - Math.max(lower[k], CORNER)));
          expect(points.some((point) => point.every((loss, k) => loss < inside[k] - 1e-12))).toBe(false);
        }
      }),
      { numRuns: objectives === 4 ? 20 : 60 },
    );
  });
});

test('without points there is one box, open below', () => {
  expect(nonDominatedBoxes([], [3, 4])).toEqual([{ lower: [-Infinity, -Infinity], upper: [3, 4] }]);
});

test('two points leave three boxes', () => {
  const points = [
    [0, 1],
    [1, 0],
  ];
  expect(nonDominatedBoxes(points, [2, 2])).toEqual([
    { lower: [-Infinity, -Infinity], upper: [2, 0] },
    { lower: [-Infinity, 0], upper: [1, 1] },
    { lower: [-Infinity, 1], upper: [0, 2] },
  ]);
});
