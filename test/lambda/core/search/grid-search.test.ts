import * as fc from 'fast-check';
import { GridSearch } from '../../../../lambda/core/search/grid-search';
import { Observation } from '../../../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import {
  Configuration,
  ParameterDefinition,
  ParameterValue,
  SearchSpaceDefinition,
} from '../../../../lib/contract/search-space';
import { contextOf, runSearch } from '../../../support/lambda-search';
import { searchSpaces } from '../../../support/lambda-spaces';

/** All that the search suggests until it has nothing more. */
function enumerate(definition: SearchSpaceDefinition, pointsPerParameter: number) {
  const { history, exhausted } = runSearch(new GridSearch(pointsPerParameter), definition, () => 0, Infinity);
  return { configurations: history.map(({ configuration }) => configuration), exhausted };
}

/** The same by trying all. */
function bruteForce(definition: SearchSpaceDefinition, pointsPerParameter: number): Configuration[] {
  return new SearchSpace(definition).parameters.reduce<Configuration[]>(
    (partials, parameter) =>
      partials.flatMap((partial) => {
        const { activeWhen } = parameter;
        const active = activeWhen === undefined || activeWhen.values.includes(partial[activeWhen.parameter]);
        return active
          ? valuesOf(parameter, pointsPerParameter).map((value) => ({ ...partial, [parameter.name]: value }))
          : [partial];
      }),
    [{}],
  );
}

function valuesOf(parameter: ParameterDefinition, n: number): ParameterValue[] {
  switch (parameter.type) {
    case 'continuous': {
      const { min, max } = parameter;
      return Array.from({ length: n }, (_, i) => min + (i / (n - 1)) * (max - min));
    }
    case 'integer':
      return Array.from({ length: parameter.max - parameter.min + 1 }, (_, i) => parameter.min + i);
    case 'constant':
      return [parameter.value];
    default:
      return parameter.values;
  }
}

/** Spaces whose grids can be computed by the simple rules above. */
const smallSpaces = searchSpaces({ maxParameters: 5, small: true }).map((definition) =>
  definition.map((parameter) =>
    parameter.type === 'continuous' ? { ...parameter, min: -1, max: 1, scaling: 'linear' as const } : parameter,
  ),
);

test('tries exactly the different combinations of a space, each once', () => {
  fc.assert(
    fc.property(smallSpaces, (definition) => {
      const space = new SearchSpace(definition);
      const { configurations } = enumerate(definition, 3);
      const keys = configurations.map((configuration) => space.key(configuration));
      const expected = bruteForce(definition, 3).map((configuration) => space.key(configuration));
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.sort()).toEqual(expected.sort());
    }),
    { numRuns: 200 },
  );
});

test('every combination is a configuration of the space', () => {
  fc.assert(
    fc.property(searchSpaces({ maxParameters: 4, small: true }), (definition) => {
      const space = new SearchSpace(definition);
      for (const configuration of enumerate(definition, 3).configurations) {
        expect(space.problems(configuration)).toEqual([]);
      }
    }),
  );
});

test('the last parameter changes fastest', () => {
  const { configurations } = enumerate(
    [
      { name: 'a', type: 'categorical', values: ['x', 'y'] },
      { name: 'b', type: 'integer', min: 1, max: 3, scaling: 'linear' },
    ],
    10,
  );
  expect(configurations).toEqual([
    { a: 'x', b: 1 },
    { a: 'x', b: 2 },
    { a: 'x', b: 3 },
    { a: 'y', b: 1 },
    { a: 'y', b: 2 },
    { a: 'y', b: 3 },
  ]);
});

test('conditional parameters take part only where they are active', () => {
  const { configurations, exhausted } = enumerate(
    [
      { name: 'optimizer', type: 'categorical', values: ['adam', 'sgd'] },
      { name: 'momentum', type: 'ordinal', values: [0, 0.9], activeWhen: { parameter: 'optimizer', values: ['sgd'] } },
    ],
    10,
  );
  expect(configurations).toEqual([
    { optimizer: 'adam' },
    { optimizer: 'sgd', momentum: 0 },
    { optimizer: 'sgd', momentum: 0.9 },
  ]);
  expect(exhausted).toBe('all 3 points of the grid have been tried');
});

test('values of a range are evenly spaced under its scaling, ends included', () => {
  const { configurations } = enumerate(
    [{ name: 'x', type: 'continuous', min: 1, max: 10_000, scaling: 'logarithmic' }],
    5,
  );
  [1, 10, 100, 1000, 10_000].forEach((value, i) => expect(configurations[i].x).toBeCloseTo(value, 8));
  expect(configurations).toHaveLength(5);
});

test('a grid of one point takes the middle', () => {
  expect(enumerate([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }], 1).configurations).toEqual([
    { x: 0.5 },
  ]);
});

test('integers that fall together come once', () => {
  const { configurations } = enumerate([{ name: 'n', type: 'integer', min: 1, max: 12, scaling: 'logarithmic' }], 11);
  const values = configurations.map(({ n }) => n as number);
  expect(new Set(values).size).toBe(values.length);
  expect(values[0]).toBe(1);
  expect(values.at(-1)).toBe(12);
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test('the grid passes over what has been tried, initial, known and running trials included', () => {
  const space = new SearchSpace([{ name: 'a', type: 'ordinal', values: [1, 2, 3, 4] }]);
  const history: Observation[] = [
    { trial: 0, configuration: { a: 4 }, status: 'finished', losses: [0] },
    { trial: 1, configuration: { a: 1 }, status: 'failed' },
    { trial: 2, configuration: { a: 2 }, status: 'pending' },
  ];
  const { history: all, exhausted } = runSearch(new GridSearch(2), space, () => 0, Infinity, { history });
  expect(all.slice(3).map(({ configuration }) => configuration)).toEqual([{ a: 3 }]);
  expect(exhausted).toBe('all 4 points of the grid have been tried');
});

test('what the constraints forbid is no point of the grid', () => {
  const space = new SearchSpace([{ name: 'a', type: 'ordinal', values: [1, 2, 3, 4] }]);
  space.isAllowed = ({ a }) => (a as number) % 2 === 0;
  const { history } = runSearch(new GridSearch(2), space, () => 0, Infinity);
  expect(history.map(({ configuration }) => configuration.a)).toEqual([2, 4]);
});

test('a grid too large to be built is searched all the same', () => {
  const definition = Array.from({ length: 100 }, (_, i): ParameterDefinition => ({
    name: `x${i}`,
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
  }));
  const { history } = runSearch(new GridSearch(10), definition, () => 0, 12);
  expect(history[11].configuration).toMatchObject({ x97: 0, x98: 1 / 9, x99: 1 / 9 });
});

test('a constraint on the first parameters spares all combinations that begin so', () => {
  const definition = Array.from({ length: 12 }, (_, i): ParameterDefinition => ({
    name: `x${i}`,
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
  }));
  const space = new SearchSpace(definition, ['x0 >= 0.9', 'x1 + x2 > 1.5']);
  const suggestion = new GridSearch(5).suggest(contextOf({ space, trial: 1 }));
  expect(suggestion).toMatchObject({ configuration: { x0: 1, x1: 0.75, x2: 1, x11: 0 } });
});

test('a grid of which the constraints leave nothing ends, however large it is', () => {
  const definition = Array.from({ length: 20 }, (_, i): ParameterDefinition => ({
    name: `x${i}`,
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
  }));
  // points of the grid lie at 0, 0.5 and 1.
  const space = new SearchSpace(definition, ['x19 > 0.6 and x19 < 0.9']);
  const suggestion = new GridSearch(3).suggest(contextOf({ space, trial: 1 }));
  expect(suggestion).toEqual({ exhausted: expect.stringContaining('none that they allow was found') });
});

test('conditions nested 20 deep are counted, not gone through', () => {
  const definition = Array.from({ length: 21 }, (_, i): ParameterDefinition => ({
    name: `p${i}`,
    type: 'categorical',
    values: ['a', 'b'],
    ...(i > 0 ? { activeWhen: { parameter: `p${i - 1}`, values: ['a', 'b'] } } : {}),
  }));
  const space = new SearchSpace(definition);
  const { configuration } = runSearch(new GridSearch(10), space, () => 0, 1).history[0];
  const suggestion = new GridSearch(10).suggest(
    contextOf({ space, trial: 2, history: [{ trial: 1, configuration, status: 'pending' }] }),
  );
  expect(suggestion).toMatchObject({ configuration: { p0: 'a', p19: 'a', p20: 'b' } });
});
