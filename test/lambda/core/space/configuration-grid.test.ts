import * as fc from 'fast-check';
import { ConfigurationGrid } from '../../../../lambda/core/space/configuration-grid';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { searchSpaces } from '../../../support/lambda-spaces';

test('each index is another valid configuration', () => {
  fc.assert(
    fc.property(
      searchSpaces({ maxParameters: 5, small: true }),
      fc.integer({ min: 1, max: 4 }),
      (definition, pointsPerParameter) => {
        const space = new SearchSpace(definition);
        const grid = new ConfigurationGrid(space.parameters, pointsPerParameter);
        const keys = new Set<string>();
        for (let i = 0; i < grid.size; i++) {
          const configuration = grid.at(i);
          expect(space.problems(configuration)).toEqual([]);
          keys.add(space.key(configuration));
        }
        expect(keys.size).toBe(grid.size);
      },
    ),
    { numRuns: 200 },
  );
});

test('the last parameter changes fastest, children right behind their parents', () => {
  const parameters: ParameterDefinition[] = [
    { name: 'optimizer', type: 'categorical', values: ['adam', 'sgd'] },
    { name: 'n', type: 'integer', min: 1, max: 2, scaling: 'linear' },
    { name: 'momentum', type: 'ordinal', values: [0, 0.9], activeWhen: { parameter: 'optimizer', values: ['sgd'] } },
  ];
  const grid = new ConfigurationGrid(parameters, 5);
  expect(Array.from({ length: grid.size }, (_, i) => grid.at(i))).toEqual([
    { optimizer: 'adam', n: 1 },
    { optimizer: 'adam', n: 2 },
    { optimizer: 'sgd', momentum: 0, n: 1 },
    { optimizer: 'sgd', momentum: 0, n: 2 },
    { optimizer: 'sgd', momentum: 0.9, n: 1 },
    { optimizer: 'sgd', momentum: 0.9, n: 2 },
  ]);
});

test('a product far beyond what could be built has its ends', () => {
  const parameters = Array.from({ length: 20 }, (_, i): ParameterDefinition => ({
    name: `n${i}`,
    type: 'integer',
    min: 0,
    max: 3,
    scaling: 'linear',
  }));
  const grid = new ConfigurationGrid(parameters, 4);
  expect(grid.size).toBe(4 ** 20);
  expect(Object.values(grid.at(0))).toEqual(new Array(20).fill(0));
  expect(Object.values(grid.at(4 ** 20 - 1))).toEqual(new Array(20).fill(3));
});

test('a parameter of very many values, with others below it, is gone through in linear time', () => {
  const parameters: ParameterDefinition[] = [
    { name: 'n', type: 'integer', min: 1, max: 100_000, scaling: 'linear' },
    { name: 'o', type: 'ordinal', values: [1, 2, 3], activeWhen: { parameter: 'n', values: [7] } },
  ];
  const grid = new ConfigurationGrid(parameters, Infinity);
  let sum = 0;
  for (let i = 0; i < grid.size; i++) sum += grid.at(i).n as number;
  expect(grid.size).toBe(100_002);
  expect(sum).toBe((100_000 * 100_001) / 2 + 2 * 7);
});
