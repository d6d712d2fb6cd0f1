import { Configuration, SearchSpaceDefinition } from '../../../lib/contract/search-space';
import { configurationProblems } from '../../../lib/contract/validate-configuration';

const SPACE: SearchSpaceDefinition = [
  { name: 'rate', type: 'continuous', min: 0.1, max: 0.9, scaling: 'linear' },
  { name: 'units', type: 'integer', min: 8, max: 16, scaling: 'linear' },
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam', 'lion'] },
  { name: 'size', type: 'ordinal', values: [1, 2, 4] },
  { name: 'epochs', type: 'constant', value: 10 },
  {
    name: 'momentum',
    type: 'continuous',
    min: 0,
    max: 1,
    scaling: 'linear',
    activeWhen: { parameter: 'optimizer', values: ['sgd', 'lion'] },
  },
];

const CASES: [string, Configuration, string][] = [
  ['below its range', { rate: 0.05 }, '"rate" must be a number from 0.1 to 0.9, got 0.05'],
  ['above its range', { rate: 1 }, '"rate" must be a number from 0.1 to 0.9, got 1'],
  ['a text for a number', { rate: '0.5' }, '"rate" must be a number from 0.1 to 0.9, got "0.5"'],
  ['a fraction for an integer', { units: 8.5 }, '"units" must be an integer from 8 to 16, got 8.5'],
  ['an integer out of range', { units: 17 }, '"units" must be an integer from 8 to 16, got 17'],
  ['another category', { optimizer: 'adamw' }, '"optimizer" must be one of "sgd", "adam", "lion", got "adamw"'],
  ['another level', { size: 3 }, '"size" must be one of 1, 2, 4, got 3'],
  ['a level as a text', { size: '2' }, '"size" must be one of 1, 2, 4, got "2"'],
  ['another constant', { epochs: 11 }, '"epochs" must be 10, got 11'],
  [
    'an unknown parameter',
    { rat: 0.5 },
    '"rat" is not a parameter of the search space; there are rate, units, optimizer, size, epochs, momentum',
  ],
  [
    'an inactive parameter',
    { optimizer: 'adam', momentum: 0.5 },
    '"momentum" must be absent unless "optimizer" is "sgd" or "lion", got 0.5',
  ],
];

test.each(CASES)('refuses %s', (_, configuration, sentence) => {
  expect(configurationProblems(SPACE, configuration)).toEqual([sentence]);
});

test.each([NaN, Infinity, null, undefined, {}])('refuses %p as a number', (value) => {
  expect(configurationProblems(SPACE, { rate: value as number })).toHaveLength(1);
});

test('accepts parts of a configuration, ends of ranges included', () => {
  expect(configurationProblems(SPACE, {})).toEqual([]);
  expect(configurationProblems(SPACE, { rate: 0.1, units: 16, size: 4, epochs: 10 })).toEqual([]);
  expect(configurationProblems(SPACE, { momentum: 0.9, optimizer: 'lion' })).toEqual([]);
});

test('tells all problems at once', () => {
  expect(configurationProblems(SPACE, { rate: 2, units: 2, optimizer: 'adam', momentum: 5 })).toHaveLength(4);
});

test('a value that is only known at deployment is taken as valid', () => {
  expect(configurationProblems(SPACE, { rate: -1 }, (value) => value === -1)).toEqual([]);
});
