import * as fc from 'fast-check';
import { dominates, nonDominatedRanks } from '../../../../../lambda/core/models/pareto/non-dominated-sort';

/** The definition, word by word: what no other dominates is a front; without it, the next one. */
function ranksByDefinition(losses: readonly (readonly number[])[]): number[] {
  const ranks = new Array<number>(losses.length).fill(-1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const rest = losses.map((_, i) => i).filter((i) => ranks[i] === -1);
    const front = rest.filter((i) => !rest.some((j) => dominates(losses[j], losses[i])));
    front.forEach((i) => (ranks[i] = rank));
  }
  return ranks;
}

test('a vector dominates another one that is nowhere better and somewhere worse', () => {
  expect(dominates([1, 2], [1, 3])).toBe(true);
  expect(dominates([1, 2], [1, 2])).toBe(false);
  expect(dominates([1, 2], [0, 3])).toBe(false);
  expect(dominates([1, 3], [1, 2])).toBe(false);
});

test('peels off front after front', () => {
  const losses = [
    [1, 4],
    [2, 2],
    [4, 1],
    [2, 5],
    [3, 3],
    [5, 5],
  ];
  expect(nonDominatedRanks(losses)).toEqual([0, 0, 0, 1, 1, 2]);
});

test.each([1, 2, 3, 5])('agrees with the definition for %d objectives, ties and duplicates included', (objectives) => {
  const vector = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: objectives, maxLength: objectives });
  fc.assert(
    fc.property(fc.array(vector, { maxLength: 60 }), (losses) => {
      expect(nonDominatedRanks(losses)).toEqual(ranksByDefinition(losses));
    }),
  );
});

test('one objective makes a ranking', () => {
  expect(nonDominatedRanks([[3], [1], [2], [1], [1e300]])).toEqual([2, 0, 1, 0, 3]);
});

test('5,000 equal vectors are one front', () => {
  expect(new Set(nonDominatedRanks(new Array<number[]>(5000).fill([1, 2, 3])))).toEqual(new Set([0]));
});

test('nothing has no ranks', () => {
  expect(nonDominatedRanks([])).toEqual([]);
});
