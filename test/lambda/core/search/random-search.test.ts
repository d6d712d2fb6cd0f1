import * as fc from 'fast-check';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { RandomSearch } from '../../../../lambda/core/search/random-search';
import { Suggestion } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { contextOf } from '../../../support/lambda-search';
import { searchSpaces } from '../../../support/lambda-spaces';

const context = fc.record({
  definition: searchSpaces(),
  seed: fc.maxSafeNat(),
  trial: fc.integer({ min: 1, max: 100_000 }),
});

function configurationOf(suggestion: Suggestion) {
  if ('exhausted' in suggestion) throw new Error(`exhausted: ${suggestion.exhausted}`);
  return suggestion.configuration;
}

describe.each(['random', 'sobol'] as const)('%s search', (name) => {
  const search = createSearchAlgorithm({ name });

  test('suggests configurations of the space', () => {
    fc.assert(
      fc.property(context, ({ definition, seed, trial }) => {
        const space = new SearchSpace(definition);
        const suggestion = search.suggest(contextOf({ space, seed, trial }));
        expect(space.problems(configurationOf(suggestion))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('suggests the same in the same context, whatever was asked before', () => {
    fc.assert(
      fc.property(context, ({ definition, seed, trial }) => {
        const suggest = (number: number) =>
          createSearchAlgorithm({ name }).suggest(
            contextOf({ space: new SearchSpace(definition), seed, trial: number }),
          );
        const first = suggest(trial);
        suggest(trial + 1);
        expect(suggest(trial)).toEqual(first);
      }),
    );
  });

  test('suggests another point for each trial and each seed', () => {
    const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
    const values = [0, 1, 2].flatMap((seed) =>
      Array.from(
        { length: 100 },
        (_, i) => configurationOf(search.suggest(contextOf({ space, seed, trial: i + 1 }))).x,
      ),
    );
    expect(new Set(values).size).toBe(300);
  });
});

test('random search draws uniformly under the scaling', () => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 1e-6, max: 1, scaling: 'logarithmic' }]);
  const search = new RandomSearch();
  const counts = new Array<number>(6).fill(0);
  for (let trial = 1; trial <= 6000; trial++) {
    const { x } = configurationOf(search.suggest(contextOf({ space, trial })));
    counts[Math.floor(-Math.log10(x as number))]++;
  }
  counts.forEach((count) => expect(Math.abs(count - 1000)).toBeLessThan(150));
});
