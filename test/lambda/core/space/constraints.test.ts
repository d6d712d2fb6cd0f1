import * as fc from 'fast-check';
import { SearchSpaceDefinition } from '../../../../lib/contract/search-space';
import { completeAtRandom } from '../../../../lambda/core/space/complete-configuration';
import { emptySpaceProblem } from '../../../../lambda/core/space/empty-space';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { createSearchAlgorithm } from '../../../../lambda/core/search/create-search-algorithm';
import { SearchAlgorithmDefinition } from '../../../../lib/contract/tuner-definition';
import { contextOf } from '../../../support/lambda-search';
import { points, searchSpaces } from '../../../support/lambda-spaces';

const DEFINITION: SearchSpaceDefinition = [
  { name: 'layers', type: 'integer', min: 1, max: 16, scaling: 'linear' },
  { name: 'units', type: 'integer', min: 8, max: 1024, scaling: 'logarithmic' },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam'] },
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 0.99,
    scaling: 'linear',
    activeWhen: { parameter: 'optimizer', values: ['sgd'] },
  },
];
const CONSTRAINTS = ['layers * units <= 256', "optimizer != 'sgd' or layers < 4", 'momentum < 0.5'];
const SPACE = new SearchSpace(DEFINITION, CONSTRAINTS);

test('a configuration is allowed when all constraints hold', () => {
  expect(SPACE.isAllowed({ layers: 2, units: 128, optimizer: 'sgd', momentum: 0.4 })).toBe(true);
  expect(SPACE.isAllowed({ layers: 2, units: 129, optimizer: 'sgd', momentum: 0.4 })).toBe(false);
  expect(SPACE.isAllowed({ layers: 4, units: 8, optimizer: 'sgd', momentum: 0.4 })).toBe(false);
  expect(SPACE.isAllowed({ layers: 2, units: 128, optimizer: 'sgd', momentum: 0.6 })).toBe(false);
  expect(SPACE.isAllowed({ layers: 16, units: 16, optimizer: 'adam' })).toBe(true);
});

test('a space without constraints allows all', () => {
  fc.assert(
    fc.property(
      searchSpaces().chain((definition) => fc.tuple(fc.constant(definition), points(definition.length))),
      ([definition, point]) => {
        const space = new SearchSpace(definition);
        expect(space.isAllowed(space.decode(point))).toBe(true);
        expect(emptySpaceProblem(space)).toBeUndefined();
      },
    ),
  );
});

test.each<SearchAlgorithmDefinition>([{ name: 'random' }, { name: 'sobol' }, { name: 'grid', pointsPerParameter: 6 }])(
  '$name proposes only what is allowed',
  (algorithm) => {
    const search = createSearchAlgorithm(algorithm);
    for (let trial = 1; trial <= 40; trial++) {
      const suggestion = search.suggest(contextOf({ space: SPACE, trial }));
      expect('configuration' in suggestion && SPACE.isAllowed(suggestion.configuration)).toBe(true);
    }
  },
);

describe('what the user left out of an initial configuration', () => {
  test('is drawn so that the constraints hold', () => {
    for (let trial = 1; trial <= 50; trial++) {
      const configuration = completeAtRandom(SPACE, { layers: 16 }, 7, trial)!;
      expect(configuration.layers).toBe(16);
      expect(SPACE.problems(configuration)).toEqual([]);
      expect(SPACE.isAllowed(configuration)).toBe(true);
      expect(completeAtRandom(SPACE, { layers: 16 }, 7, trial)).toEqual(configuration);
    }
  });

  test('can be impossible to find', () => {
    expect(completeAtRandom(SPACE, { layers: 16, units: 512 }, 7, 1)).toBeUndefined();
    expect(completeAtRandom(SPACE, { layers: 16, units: 16, optimizer: 'adam' }, 7, 1)).toBeDefined();
  });
});

describe('constraints that leave nothing', () => {
  test('are told with what each of them allows', () => {
    const space = new SearchSpace(DEFINITION, ['layers > 2', 'layers * units < 8']);
    expect(emptySpaceProblem(space)).toMatch(
      /^parameterConstraints allow none of 10000 random configurations; "layers > 2" allows \d{4}, "layers \* units < 8" allows 0\./,
    );
  });

  test('in a small space are found without chance', () => {
    const small: SearchSpaceDefinition = [
      { name: 'a', type: 'integer', min: 1, max: 90, scaling: 'linear' },
      { name: 'b', type: 'integer', min: 1, max: 90, scaling: 'linear' },
    ];
    expect(emptySpaceProblem(new SearchSpace(small, ['a + b == 180']))).toBeUndefined();
    expect(emptySpaceProblem(new SearchSpace(small, ['a + b == 181']))).toContain('none of all 8100 configurations');
  });

  test('because the values are of the wrong kind', () => {
    const mixed: SearchSpaceDefinition = [{ name: 'size', type: 'categorical', values: ['small', 'big', 3] }];
    expect(emptySpaceProblem(new SearchSpace(mixed, ['size > 3']))).toContain('"size > 3" allows 0');
  });
});

describe('whether a space contains a configuration', () => {
  test('is what its problems say', () => {
    fc.assert(
      fc.property(
        searchSpaces({ small: true }).chain((definition) =>
          fc.tuple(
            fc.constant(definition),
            points(definition.length),
            fc.option(fc.constantFrom(...definition.map(({ name }) => name), 'other')),
            fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom('a', true, Number.NaN)),
          ),
        ),
        ([definition, point, changed, value]) => {
          const space = new SearchSpace(definition);
          const configuration = space.decode(point);
          expect(space.contains(configuration)).toBe(true);
          if (changed === null) return;
          const other = { ...configuration, [changed]: value };
          expect(space.contains(other)).toBe(space.problems(other).length === 0);
          delete configuration[changed];
          expect(space.contains(configuration)).toBe(space.problems(configuration).length === 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
