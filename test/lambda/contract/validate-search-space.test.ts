import {
  CategoricalDefinition,
  ContinuousDefinition,
  IntegerDefinition,
  ParameterDefinition,
  ParameterValue,
  SearchSpaceDefinition,
} from '../../../lib/contract/search-space';
import { searchSpaceProblems } from '../../../lib/contract/validate-search-space';

const continuous = (changes: Partial<ContinuousDefinition> = {}): ContinuousDefinition => ({
  type: 'continuous',
  name: 'rate',
  min: 0.1,
  max: 0.9,
  scaling: 'linear',
  ...changes,
});

const integer = (changes: Partial<IntegerDefinition> = {}): IntegerDefinition => ({
  type: 'integer',
  name: 'units',
  min: 1,
  max: 8,
  scaling: 'linear',
  ...changes,
});

const categorical = (changes: Partial<CategoricalDefinition> = {}): CategoricalDefinition => ({
  type: 'categorical',
  name: 'optimizer',
  values: ['sgd', 'adam'],
  ...changes,
});

const when = (parameter: string, ...values: ParameterValue[]) => ({ activeWhen: { parameter, values } });

const NAME_RULE = 'parameter name must start with a letter or underscore and hold only letters, digits and _ . : -';
const longName = 'n'.repeat(200);
const bad = (parameter: object) => parameter as ParameterDefinition;

const CASES: [string, SearchSpaceDefinition, string][] = [
  ['no parameter', [], 'searchSpace must have at least one parameter, got none'],
  [
    'more than 100 parameters',
    Array.from({ length: 101 }, (_, i) => integer({ name: `n${i}` })),
    'searchSpace must have at most 100 parameters, got 101',
  ],
  ['an empty name', [integer({ name: '' })], `${NAME_RULE}, got ""`],
  ['a name with a space', [integer({ name: 'a b' })], `${NAME_RULE}, got "a b"`],
  ['a name that begins with a digit', [integer({ name: '1st' })], `${NAME_RULE}, got "1st"`],
  ['a name that begins with {%', [integer({ name: '{% 1 %}' })], `${NAME_RULE}, got "{% 1 %}"`],
  [
    'a name of 200 characters',
    [integer({ name: longName })],
    `parameter name must have at most 128 characters, got 200 in "${longName}"`,
  ],
  ['a name twice', [integer(), continuous({ name: 'units' })], 'parameter names must be unique, got "units" twice'],
  [
    'names that differ in case only',
    [integer(), continuous({ name: 'UNITS' })],
    'parameter names must differ in more than case, got "units" and "UNITS"',
  ],
  [
    'an unknown type',
    [bad({ name: 'x', type: 'float' })],
    'type of parameter "x" must be continuous, integer, categorical, ordinal or constant, got "float"',
  ],
  [
    'min equal to max',
    [continuous({ min: 0.5, max: 0.5 })],
    'min of parameter "rate" must be less than max, got min 0.5 and max 0.5; use Parameter.constant for one value',
  ],
  [
    'min above max',
    [integer({ min: 9, max: 3 })],
    'min of parameter "units" must be less than max, got min 9 and max 3; use Parameter.constant for one value',
  ],
  ['a bound that is NaN', [continuous({ min: NaN })], 'min of parameter "rate" must be a finite number, got NaN'],
  [
    'an infinite bound',
    [continuous({ max: Infinity })],
    'max of parameter "rate" must be a finite number, got Infinity',
  ],
  [
    'a bound that is a text',
    [bad({ ...continuous(), max: '1' })],
    'max of parameter "rate" must be a finite number, got "1"',
  ],
  [
    'a fraction for an integer',
    [integer({ max: 2.5 })],
    'max of parameter "units" must be an integer, got 2.5; use Parameter.continuous for fractions',
  ],
  [
    'an unknown scaling',
    [bad({ ...continuous(), scaling: 'log' })],
    'scaling of parameter "rate" must be linear, logarithmic or reverseLogarithmic, got "log"',
  ],
  [
    'a logarithmic scale from 0',
    [continuous({ min: 0, scaling: 'logarithmic' })],
    'min of parameter "rate" must be greater than 0 with logarithmic scaling, got 0; use a small positive number or linear scaling',
  ],
  [
    'a logarithmic scale from a negative number',
    [integer({ min: -1, scaling: 'logarithmic' })],
    'min of parameter "units" must be greater than 0 with logarithmic scaling, got -1; use a small positive number or linear scaling',
  ],
  [
    'a reverse logarithmic scale to 1',
    [continuous({ max: 1, scaling: 'reverseLogarithmic' })],
    'min and max of parameter "rate" must lie in 0 <= x < 1 with reverse logarithmic scaling, got 0.1 and 1',
  ],
  [
    'a reverse logarithmic integer',
    [integer({ scaling: 'reverseLogarithmic' })],
    'scaling of parameter "units" must be linear or logarithmic for an integer, got reverseLogarithmic',
  ],
  [
    'no values',
    [categorical({ values: [] })],
    'values of parameter "optimizer" must be a list of at least one value, got []',
  ],
  [
    'values that are no list',
    [bad({ ...categorical(), values: 'sgd' })],
    'values of parameter "optimizer" must be a list of at least one value, got "sgd"',
  ],
  [
    'a value twice',
    [categorical({ values: ['sgd', 'adam', 'sgd'] })],
    'values of parameter "optimizer" must be unique, got "sgd" twice',
  ],
  [
    'values that become the same text',
    [categorical({ values: [1, '1'] })],
    'values of parameter "optimizer" must be unique, got "1" twice',
  ],
  [
    'a value that is an object',
    [bad({ ...categorical(), values: [{ lr: 1 }] })],
    'each of values of parameter "optimizer" must be a string, a number or a boolean, got {"lr":1}',
  ],
  [
    'a value that is NaN',
    [categorical({ values: [1, NaN] })],
    'each of values of parameter "optimizer" must be finite, got NaN',
  ],
  [
    'a value of 2,501 characters',
    [categorical({ values: ['v'.repeat(2501)] })],
    'each of values of parameter "optimizer" must have at most 2500 characters, got 2501',
  ],
  [
    'a value that the state machine would evaluate',
    [categorical({ values: [' {% $states.input %}'] })],
    'each of values of parameter "optimizer" must not start with "{%", got " {% $states.input %}"',
  ],
  [
    'a constant that the state machine would evaluate',
    [{ type: 'constant', name: 'c', value: '{%1%}' }],
    'value of parameter "c" must not start with "{%", got "{%1%}"',
  ],
  [
    'an ordinal out of order',
    [{ type: 'ordinal', name: 'depth', values: [1, 4, 2] }],
    'values of parameter "depth" must be in ascending order for an ordinal, got [1,4,2]',
  ],
  [
    'a condition on a parameter that does not exist',
    [integer(), continuous(when('layers', 1))],
    'activeWhen of parameter "rate" must name a parameter of the search space, got "layers"; there are units, rate',
  ],
  [
    'a condition without values',
    [integer(), continuous(when('units'))],
    'activeWhen of parameter "rate" must list at least one value of "units", got []',
  ],
  [
    'a condition on a value that the category does not have',
    [categorical(), continuous(when('optimizer', 'lion'))],
    'activeWhen of parameter "rate" must use values that "optimizer" can take ("sgd", "adam"), got "lion"',
  ],
  [
    'a condition on an integer out of range',
    [integer(), continuous(when('units', 9))],
    'activeWhen of parameter "rate" must use values that "units" can take (integers from 1 to 8), got 9',
  ],
  [
    'a condition on a value of another type',
    [integer(), continuous(when('units', '2'))],
    'activeWhen of parameter "rate" must use values that "units" can take (integers from 1 to 8), got "2"',
  ],
  [
    'a condition on another constant',
    [{ type: 'constant', name: 'c', value: 'x' }, continuous(when('c', 'y'))],
    'activeWhen of parameter "rate" must use values that "c" can take ("x"), got "y"',
  ],
  [
    'a condition on a continuous parameter',
    [continuous(), integer(when('rate', 0.5))],
    'activeWhen of parameter "units" must use values that "rate" can take (nothing: a condition on a continuous parameter would almost never hold), got 0.5',
  ],
  [
    'a condition on itself',
    [categorical(when('optimizer', 'sgd'))],
    'activeWhen must not form a cycle, got optimizer -> optimizer',
  ],
  [
    'conditions in a cycle',
    [
      integer({ name: 'a', ...when('c', 1) }),
      integer({ name: 'b', ...when('a', 1) }),
      integer({ name: 'c', ...when('b', 1) }),
    ],
    'activeWhen must not form a cycle, got a -> c -> b -> a',
  ],
  [
    'a condition that leads into a cycle',
    [
      integer({ name: 'out', ...when('a', 1) }),
      integer({ name: 'a', ...when('b', 1) }),
      integer({ name: 'b', ...when('a', 1) }),
    ],
    'activeWhen must not form a cycle, got a -> b -> a',
  ],
];

test.each(CASES)('refuses %s', (_, space, sentence) => {
  expect(searchSpaceProblems(space)).toEqual([sentence]);
});

test('tells all problems at once', () => {
  const problems = searchSpaceProblems([
    integer({ min: 9 }),
    continuous({ name: 'units', min: 0, scaling: 'logarithmic' }),
  ]);
  expect(problems).toHaveLength(3);
});

test('accepts a space at its limits', () => {
  const space: SearchSpaceDefinition = [
    integer({ name: 'n'.repeat(128) }),
    categorical({ values: ['v'.repeat(2500), true, 1, ''] }),
    continuous({ min: 0, max: 0.999, scaling: 'reverseLogarithmic' }),
    continuous({ name: 'a.b:c-d_e', min: 1e-9, scaling: 'logarithmic', ...when('optimizer', true) }),
    { type: 'ordinal', name: 'size', values: ['small', 'large'] },
    { type: 'constant', name: 'epochs', value: 10 },
  ];
  expect(searchSpaceProblems(space)).toEqual([]);
});

test('values that are only known at deployment are taken as valid', () => {
  const token = -1.8881545897087968e289;
  const isToken = (value: unknown) => value === token || value === '${Token[1]}';
  expect(searchSpaceProblems([continuous({ min: token, max: 0.5, scaling: 'logarithmic' })], isToken)).toEqual([]);
  expect(searchSpaceProblems([continuous({ min: 0, max: token, scaling: 'linear' })], isToken)).toEqual([]);
  expect(searchSpaceProblems([{ type: 'constant', name: 'c', value: '${Token[1]}' }], isToken)).toEqual([]);
  // what is known is checked all the same.
  expect(searchSpaceProblems([continuous({ min: NaN, max: token })], isToken)).toEqual([
    'min of parameter "rate" must be a finite number, got NaN',
  ]);
});
