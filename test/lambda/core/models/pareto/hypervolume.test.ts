import * as fc from 'fast-check';
import { hypervolume } from '../../../../../lambda/core/models/pareto/hypervolume';

/** Cell by cell, for points on a small grid. */
function byCells(points: readonly (readonly number[])[], size: number, dimension: number): number {
  let count = 0;
  for (let cell = 0; cell < size ** dimension; cell++) {
    const corner = Array.from({ length: dimension }, (_, k) => Math.floor(cell / size ** k) % size);
    if (points.some((point) => point.every((loss, k) => loss <= corner[k]))) count++;
  }
  return count;
}

/** The boxes' volumes added and subtracted, subset by subset. */
function byInclusionExclusion(points: readonly (readonly number[])[], reference: readonly number[]): number {
  let volume = 0;
  for (let subset = 1; subset < 2 ** points.length; subset++) {
    const members = points.filter((_, i) => (subset >> i) & 1);
    const sides = reference.map((bound, k) => Math.max(0, bound - Math.max(...members.map((point) => point[k]))));
    volume += (members.length % 2 === 1 ? 1 : -1) * sides.reduce((product, side) => product * side, 1);
  }
  return volume;
}

const vectors = (dimension: number, value: fc.Arbitrary<number>, maxLength: number) =>
  fc.array(fc.array(value, { minLength: dimension, maxLength: dimension }), { maxLength });

test.each([
  ['one point is a box', [[1, 2]], [4, 4], 6],
  [
    'two points share the overlap',
    [
      [1, 2],
      [2, 1],
    ],
    [4, 4],
    6 + 6 - 4,
  ],
  [
    'a dominated point adds nothing',
    [
      [1, 1],
      [2, 2],
    ],
    [4, 4],
    9,
  ],
  [
    'a point on the reference adds nothing',
    [
      [4, 0],
      [1, 1],
    ],
    [4, 4],
    9,
  ],
  [
    'a point beyond the reference adds nothing',
    [
      [-9, 5],
      [1, 1],
    ],
    [4, 4],
    9,
  ],
  ['no points, no volume', [], [4, 4], 0],
  ['one objective is a length', [[3], [1], [2]], [5], 4],
  [
    'three unit corners of a cube of side 2',
    [
      [0, 1, 1],
      [1, 0, 1],
      [1, 1, 0],
    ],
    [2, 2, 2],
    4,
  ],
  [
    'four boxes in four dimensions',
    [
      [0, 1, 1, 1],
      [1, 0, 1, 1],
      [1, 1, 0, 1],
      [1, 1, 1, 0],
    ],
    [2, 2, 2, 2],
    5,
  ],
] as const)('%s', (_, points, reference, expected) => {
  expect(hypervolume(points, reference)).toBeCloseTo(expected, 12);
});

test.each([2, 3, 4])('counts the cells that are dominated, in %d dimensions', (dimension) => {
  fc.assert(
    fc.property(vectors(dimension, fc.integer({ min: 0, max: 6 }), 12), (points) => {
      const reference = new Array<number>(dimension).fill(5);
      expect(hypervolume(points, reference)).toBe(byCells(points, 5, dimension));
    }),
    { numRuns: 60 },
  );
});

test.each([2, 3, 5])('agrees with inclusion and exclusion, in %d dimensions', (dimension) => {
  const value = fc.double({ min: 0, max: 1.1, noNaN: true });
  fc.assert(
    fc.property(vectors(dimension, value, 7), (points) => {
      const reference = new Array<number>(dimension).fill(1);
      expect(hypervolume(points, reference)).toBeCloseTo(byInclusionExclusion(points, reference), 10);
    }),
    { numRuns: 60 },
  );
});

test('a front along a quarter of a circle leaves nothing but the corner beyond the circle', () => {
  const points = Array.from({ length: 2001 }, (_, i) => {
    const angle = ((i / 2000) * Math.PI) / 2;
    return [1 - Math.cos(angle), 1 - Math.sin(angle)];
  });
  expect(hypervolume(points, [1, 1])).toBeCloseTo(Math.PI / 4, 3);
});

test('the order of the points makes no difference', () => {
  fc.assert(
    fc.property(vectors(3, fc.double({ min: 0, max: 1, noNaN: true }), 15), (points) => {
      expect(hypervolume([...points].reverse(), [1, 1, 1])).toBeCloseTo(hypervolume(points, [1, 1, 1]), 12);
    }),
  );
});
