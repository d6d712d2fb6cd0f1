import { AutoSearch } from '../../../../lambda/core/search/auto-search';
import { SearchProblem, chooseSearch } from '../../../../lambda/core/search/choose-search';
import { isNew, newnessTest } from '../../../../lambda/core/search/newness';
import { Observation, SearchContext } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { contextOf } from '../../../support/lambda-search';

const spaceOf = (parameters: number, constants = 0) =>
  new SearchSpace([
    ...Array.from({ length: parameters }, (_, i): SearchSpaceDefinition[number] => {
      return { name: `x${i}`, type: 'continuous', min: 0, max: 1, scaling: 'linear' };
    }),
    ...Array.from({ length: constants }, (_, i): SearchSpaceDefinition[number] => {
      return { name: `c${i}`, type: 'constant', value: i };
    }),
  ]);
const problem = (partial: Partial<SearchProblem>): SearchProblem => ({
  space: spaceOf(3),
  objectives: 1,
  maxParallelTrials: 1,
  ...partial,
});

describe('the choice', () => {
  test.each<[string, Partial<SearchProblem>, string, RegExp]>([
    ['one objective', {}, 'gaussianProcess', /one objective over 3 parameters/],
    ['two objectives', { objectives: 2 }, 'gaussianProcess', /2 objectives/],
    ['batches', { maxParallelTrials: 10 }, 'gaussianProcess', /3 parameters/],
    ['constants beside', { space: spaceOf(5, 90) }, 'gaussianProcess', /over 5 parameters/],
    ['many parameters', { space: spaceOf(100) }, 'tpe', /100 parameters/],
    ['very many trials at a time', { maxParallelTrials: 1000 }, 'tpe', /1000 trials/],
    ['many objectives', { objectives: 6, space: spaceOf(100) }, 'nsga2', /6 objectives/],
  ])('for %s has a reason that names it', (_, partial, name, reason) => {
    const choice = chooseSearch(problem(partial));
    expect(choice.turns[0].name).toBe(name);
    expect(choice.reason).toMatch(reason);
  });

  test('changes with the problem only, not with what is known', () => {
    const context = contextOf({ space: spaceOf(2) });
    const configuration = { x0: 0.5, x1: 0.5 };
    const later = { ...context, history: [{ trial: 1, configuration, status: 'failed' as const }], trial: 2 };
    expect(chooseSearch(later)).toEqual(chooseSearch(context));
  });
});

describe('auto', () => {
  test('asks the algorithm that was chosen, and tells it all', () => {
    const asked: [SearchAlgorithmDefinition, SearchContext][] = [];
    const auto = new AutoSearch((definition) => ({
      suggest: (context) => {
        asked.push([definition, context]);
        return { configuration: { name: definition.name } };
      },
    }));
    const contexts = [contextOf({ space: spaceOf(2) }), contextOf({ space: spaceOf(100) })];
    expect(contexts.map((context) => auto.suggest(context))).toEqual([
      { configuration: { name: 'gaussianProcess' } },
      { configuration: { name: 'tpe' } },
    ]);
    expect(asked.map(([, context]) => context)).toEqual(contexts);
  });

  test.each([
    ['every eighth trial of a model is by TPE', spaceOf(2), 1, 8],
    ['every fourth with several at a time', spaceOf(2), 2, 4],
    [
      'every fourth where no parameter is continuous',
      new SearchSpace([{ name: 'n', type: 'integer', min: 1, max: 99, scaling: 'linear' }]),
      1,
      4,
    ],
  ])('%s', (_, space, maxParallelTrials, each) => {
    const auto = new AutoSearch(({ name }) => ({ suggest: () => ({ configuration: { name } }) }));
    const names = Array.from({ length: 16 }, (__, trial) =>
      auto.suggest(contextOf({ space, trial, maxParallelTrials })),
    );
    const nameOf = (trial: number) => (trial % each === each - 1 ? 'tpe' : 'gaussianProcess');
    expect(names).toEqual(names.map((__, trial) => ({ configuration: { name: nameOf(trial) } })));
    expect(chooseSearch(problem({ space, maxParallelTrials })).reason).toContain(`each ${each}th trial by TPE`);
  });
});

describe('newness', () => {
  const space = new SearchSpace(
    [
      { name: 'kind', type: 'categorical', values: ['a', 'b'] },
      {
        name: 'x',
        type: 'integer',
        min: 0,
        max: 9,
        scaling: 'linear',
        activeWhen: { parameter: 'kind', values: ['b'] },
      },
      { name: 'y', type: 'integer', min: 0, max: 9, scaling: 'linear' },
    ],
    ['y <= 5'],
  );
  const history: Observation[] = [
    { trial: 0, configuration: { kind: 'a', y: 1 }, status: 'failed' },
    { trial: 1, configuration: { kind: 'b', x: 3, y: 2 }, status: 'pending' },
  ];

  test.each([
    ['a trial that failed', { kind: 'a', y: 1 }, false],
    ['a running trial, in another order', { y: 2, x: 3, kind: 'b' }, false],
    ['another value', { kind: 'a', y: 2 }, true],
    ['another active parameter', { kind: 'b', x: 0, y: 1 }, true],
    ['what the constraints forbid', { kind: 'a', y: 6 }, false],
  ])('%s', (_, configuration, expected) => {
    expect(isNew({ space, history }, configuration)).toBe(expected);
    expect(newnessTest({ space, history })(configuration)).toBe(expected);
  });
});
