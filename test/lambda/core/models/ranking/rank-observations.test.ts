import * as fc from 'fast-check';
import { paretoOrder } from '../../../../../lambda/core/models/ranking/pareto-order';
import { rankObservations } from '../../../../../lambda/core/models/ranking/rank-observations';
import { Observation } from '../../../../../lambda/core/search/search-algorithm';

const one = (trial: number, losses: number[], violations?: number[]): Observation => ({
  trial,
  configuration: { x: trial },
  status: 'finished',
  losses,
  violations,
});
const trialsOf = (observations: Observation[]) => observations.map(({ trial }) => trial);

test('the lowest loss first, of equal ones the older', () => {
  const all = [one(1, [3]), one(2, [-1]), one(3, [3]), one(4, [1e300])];
  expect(trialsOf(rankObservations(all, 1, 2))).toEqual([2, 1, 3, 4]);
});

test('what breaks a constraint follows, by how much, whatever its loss and the constraints’ units', () => {
  const all = [
    one(1, [0], [50, -1]),
    one(2, [9], [0, -5]),
    one(3, [1], [-2, 0.001]),
    one(4, [5], []),
    one(5, [0], [100, -1]),
    one(6, [0], [NaN, 0]),
  ];
  // the unknown counts as the largest excess, beside which the others of that constraint vanish.
  expect(trialsOf(rankObservations(all, 1, 2))).toEqual([4, 2, 1, 5, 3, 6]);
  expect(trialsOf(rankObservations(all.slice(0, 5), 1, 2))).toEqual([4, 2, 1, 3, 5]);
});

test('a tiny excess beside a huge one is still one', () => {
  const all = [one(1, [0], [1e-300]), one(2, [5], [0]), one(3, [0], [1e300])];
  expect(trialsOf(rankObservations(all, 1, 1))).toEqual([2, 1, 3]);
});

const observations = fc
  .array(
    fc.record({
      losses: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
      trial: fc.nat(3),
      x: fc.nat(3),
      violation: fc.integer({ min: -1, max: 1 }),
    }),
    { maxLength: 20 },
  )
  .map((drawn) =>
    drawn.map(({ losses, trial, x, violation }): Observation => ({
      // 0 are those known from elsewhere, of which there may be several, the same ones too.
      trial,
      configuration: { x },
      status: 'finished',
      losses,
      violations: [violation],
    })),
  );

test('the order of the list does not matter', () => {
  fc.assert(
    fc.property(
      observations.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.integer({ min: 1, max: 2 })),
      ),
      ([all, shuffled, objectives]) => {
        expect(rankObservations(shuffled, objectives, 5)).toEqual(rankObservations(all, objectives, 5));
      },
    ),
  );
});

describe('several objectives', () => {
  test('front by front', () => {
    const losses = [
      [2, 2],
      [3, 1],
      [3, 3],
      [1, 3],
      [4, 4],
    ];
    const order = paretoOrder(losses, 5);
    expect(order.slice(0, 3).sort()).toEqual([0, 1, 3]);
    expect(order.slice(3)).toEqual([2, 4]);
  });

  test('of a front that is too long both ends and the middle come first', () => {
    const losses = Array.from({ length: 101 }, (_, i) => [i, 100 - i]);
    const first = paretoOrder(losses, 3).slice(0, 3);
    expect(first.sort((a, b) => a - b)).toEqual([0, 50, 100]);
  });

  test('no vector stands before one that dominates it, and each stands once', () => {
    const vectors = fc.array(fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }), { maxLength: 30 });
    fc.assert(
      fc.property(vectors, fc.nat(30), (losses, leading) => {
        const order = paretoOrder(losses, leading);
        expect([...order].sort((a, b) => a - b)).toEqual(losses.map((_, i) => i));
        const wrong = order.flatMap((i, position) =>
          order
            .slice(0, position)
            .filter((j) => losses[i].every((loss, k) => loss <= losses[j][k]) && losses[i].join() !== losses[j].join()),
        );
        expect(wrong).toEqual([]);
      }),
    );
  });

  test('an increasing change of an objective changes nothing', () => {
    const vectors = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(vectors, (losses) => {
        const changed = losses.map(([a, b]) => [Math.exp(a), 1e6 * b + 3]);
        expect(paretoOrder(changed, 6)).toEqual(paretoOrder(losses, 6));
      }),
    );
  });
});
