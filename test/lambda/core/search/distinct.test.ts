import * as fc from 'fast-check';
import { DistinctSearch } from '../../../../lambda/core/search/distinct';
import { RandomSearch } from '../../../../lambda/core/search/random-search';
import { SearchAlgorithm } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { contextOf, runSearch } from '../../../support/lambda-search';
import { searchSpaces } from '../../../support/lambda-spaces';

/** An algorithm that has but one idea. */
const always = (configuration: Configuration): SearchAlgorithm => ({ suggest: () => ({ configuration }) });

const finiteSpaces = searchSpaces({ maxParameters: 4, small: true })
  .map((definition) =>
    definition.map((parameter) =>
      parameter.type === 'continuous' ? { name: parameter.name, type: 'constant' as const, value: 1 } : parameter,
    ),
  )
  .filter((definition) => new SearchSpace(definition).size <= 24);

const keysOf = (space: SearchSpace, configurations: readonly Configuration[]) =>
  configurations.map((configuration) => space.key(configuration));

test('a finite space is gone through to its end without a repeat, then said to be exhausted', () => {
  fc.assert(
    fc.property(finiteSpaces, fc.integer({ min: 1, max: 7 }), fc.nat(), (definition, batch, seed) => {
      const space = new SearchSpace(definition);
      const search = new DistinctSearch(new RandomSearch());
      const { history, exhausted } = runSearch(search, space, () => 0, Infinity, { batch, seed });
      const keys = keysOf(
        space,
        history.map(({ configuration }) => configuration),
      );
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys).toHaveLength(space.size);
      expect(exhausted).toBe(`all configurations of the search space have been tried (${space.size})`);
    }),
    { numRuns: 60 },
  );
});

test('only what the constraints allow is suggested, all of it', () => {
  fc.assert(
    fc.property(finiteSpaces, fc.integer({ min: 0, max: 255 }), (definition, mask) => {
      const space = new SearchSpace(definition);
      const all = [...space.enumerate()];
      const allowed = keysOf(space, all).filter((_, i) => (mask >> (i % 8)) & 1);
      space.isAllowed = (configuration) => allowed.includes(space.key(configuration));
      const { history } = runSearch(new DistinctSearch(new RandomSearch()), space, () => 0, Infinity);
      const keys = keysOf(
        space,
        history.map(({ configuration }) => configuration),
      );
      expect(keys.sort()).toEqual(allowed.sort());
    }),
    { numRuns: 60 },
  );
});

test('a new proposal of the algorithm is left as it is', () => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  expect(new DistinctSearch(always({ x: 0.25 })).suggest(contextOf({ space }))).toEqual({ configuration: { x: 0.25 } });
});

test.each(['finished', 'pending', 'failed'] as const)('the twin of a %s trial is replaced', (status) => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  const history = [{ trial: 1, configuration: { x: 0.25 }, status, ...(status === 'finished' && { losses: [1] }) }];
  const suggestion = new DistinctSearch(always({ x: 0.25 })).suggest(contextOf({ space, history }));
  expect(suggestion).toHaveProperty('configuration.x');
  expect(suggestion).not.toEqual({ configuration: { x: 0.25 } });
});

test('the last new configuration of a large space is found, though random tries hardly could', () => {
  const definition: SearchSpaceDefinition = [{ name: 'n', type: 'integer', min: 1, max: 100_000, scaling: 'linear' }];
  const space = new SearchSpace(definition);
  space.isAllowed = ({ n }) => n === 77_777;
  const search = new DistinctSearch(new RandomSearch());
  const { history, exhausted } = runSearch(search, space, () => 0, Infinity);
  expect(history.map(({ configuration }) => configuration)).toEqual([{ n: 77_777 }]);
  expect(exhausted).toBeDefined();
});

test('constraints that leave nothing of an infinite space end the search with that reason', () => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  space.isAllowed = () => false;
  expect(new DistinctSearch(new RandomSearch()).suggest(contextOf({ space }))).toEqual({
    exhausted: 'no configuration was found in 10000 random tries that the constraints allow',
  });
});

test('an algorithm that has come to its own end is believed', () => {
  const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  const search = new DistinctSearch({ suggest: () => ({ exhausted: 'the grid is done' }) });
  expect(search.suggest(contextOf({ space }))).toEqual({ exhausted: 'the grid is done' });
});
