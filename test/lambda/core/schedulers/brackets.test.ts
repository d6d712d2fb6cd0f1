import * as fc from 'fast-check';
import { bracketCount, bracketLevels, bracketOf, bracketShares } from '../../../../lambda/core/schedulers/brackets';

const hyperband = { minResource: 1, maxResource: 81, reductionFactor: 3, brackets: 5 };

const definitions = fc.record({
  minResource: fc.integer({ min: 1, max: 10 }),
  maxResource: fc.integer({ min: 10, max: 200 }),
  reductionFactor: fc.constantFrom(2, 3, 4, 2.5),
  brackets: fc.integer({ min: 1, max: 9 }),
});

test('the shares are those of the table of the Hyperband paper', () => {
  // R = 81, η = 3: brackets s = 4, ..., 0 begin with 81, 34, 15, 8 and 5 trials, the fractions rounded up.
  const shares = bracketShares(hyperband);
  expect(shares.map((share) => Math.ceil((share / shares[4]) * 5 - 1e-9))).toEqual([81, 34, 15, 8, 5]);
});

test('bracket b has the rungs from the b-th on', () => {
  expect([0, 1, 2, 3, 4].map((bracket) => bracketLevels(hyperband, bracket))).toEqual([
    [1, 3, 9, 27, 81],
    [3, 9, 27, 81],
    [9, 27, 81],
    [27, 81],
    [81],
  ]);
});

test('there are no more brackets than rungs', () => {
  expect(bracketCount({ ...hyperband, brackets: 9 })).toBe(5);
  expect(bracketLevels(hyperband, 9)).toEqual([81]);
});

test('all brackets train for equally long', () => {
  fc.assert(
    fc.property(definitions, (definition) => {
      // each rung takes as long as the first one: 1/η of the trials, η times the resource.
      const budgets = bracketShares(definition).map((share, bracket) => {
        const levels = bracketLevels(definition, bracket);
        return share * levels[0] * levels.length;
      });
      budgets.forEach((budget) => expect(budget).toBeCloseTo(budgets[0], 12));
      expect(bracketShares(definition).reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    }),
  );
});

test('with one bracket every trial is in it', () => {
  const one = { ...hyperband, brackets: 1 };
  expect([1, 2, 3, 1000].map((trial) => bracketOf(one, 7, trial))).toEqual([0, 0, 0, 0]);
});

test('trials are shared out nearly by the shares, from the first ones on', () => {
  fc.assert(
    fc.property(definitions, fc.maxSafeNat(), fc.nat(10_000), (definition, seed, first) => {
      const trials = 100;
      const shares = bracketShares(definition);
      const counts = shares.map(() => 0);
      for (let i = 1; i <= trials; i++) counts[bracketOf(definition, seed, first + i)]++;
      counts.forEach((count, bracket) => expect(Math.abs(count - shares[bracket] * trials)).toBeLessThan(4));
    }),
    { numRuns: 50 },
  );
});

test('studies of other seeds begin with other brackets', () => {
  const firsts = Array.from({ length: 50 }, (_, seed) => bracketOf(hyperband, seed, 1));
  expect(new Set(firsts).size).toBeGreaterThan(2);
});
