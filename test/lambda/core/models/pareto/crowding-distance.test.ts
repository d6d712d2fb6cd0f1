import * as fc from 'fast-check';
import { crowdingDistances } from '../../../../../lambda/core/models/pareto/crowding-distance';

test('is the extent of the box between the neighbours, objective by objective', () => {
  const front = [
    [0, 10],
    [1, 6],
    [5, 2],
    [10, 0],
  ];
  // (5 - 0) / 10 + (10 - 2) / 10 and (10 - 1) / 10 + (6 - 0) / 10.
  const distances = crowdingDistances(front);
  expect(distances[0]).toBe(Infinity);
  expect(distances[1]).toBeCloseTo(1.3, 12);
  expect(distances[2]).toBeCloseTo(1.5, 12);
  expect(distances[3]).toBe(Infinity);
});

test('evenly spaced vectors have equal room', () => {
  const front = Array.from({ length: 11 }, (_, i) => [i, 10 - i]);
  for (const distance of crowdingDistances(front).slice(1, -1)) expect(distance).toBeCloseTo(0.4, 12);
});

test('one or two vectors are ends, equal ones have no room', () => {
  expect(crowdingDistances([])).toEqual([]);
  expect(
    crowdingDistances([
      [0, 1],
      [1, 0],
    ]),
  ).toEqual([Infinity, Infinity]);
  expect(crowdingDistances(new Array<number[]>(3).fill([1, 1]))).toEqual([0, 0, 0]);
});

test('the scale of an objective makes no difference, nor do losses at the ends of the numbers', () => {
  const vectors = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(vectors, fc.constantFrom(2 ** -900, 2 ** 5, 2 ** 1017), (front, scale) => {
      const scaled = crowdingDistances(front.map(([a, b]) => [a, b * scale]));
      crowdingDistances(front).forEach((distance, i) => expect(scaled[i]).toBeCloseTo(distance, 9));
    }),
  );
});
