import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { ActiveWhen, Parameter, Scaling } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

test.each<[string, Parameter, object]>([
  [
    'continuous, linear by default',
    Parameter.continuous({ min: -1, max: 1.5 }),
    { type: 'continuous', min: -1, max: 1.5, scaling: 'linear' },
  ],
  [
    'continuous, logarithmic',
    Parameter.continuous({ min: 1e-9, max: 1, scaling: Scaling.LOGARITHMIC }),
    { type: 'continuous', min: 1e-9, max: 1, scaling: 'logarithmic' },
  ],
  [
    'continuous, reverse logarithmic',
    Parameter.continuous({ min: 0, max: 0.999, scaling: Scaling.REVERSE_LOGARITHMIC }),
    { type: 'continuous', min: 0, max: 0.999, scaling: 'reverseLogarithmic' },
  ],
  [
    'integer, linear by default',
    Parameter.integer({ min: 0, max: 9 }),
    { type: 'integer', min: 0, max: 9, scaling: 'linear' },
  ],
  [
    'integer, logarithmic',
    Parameter.integer({ min: 1, max: 512, scaling: Scaling.LOGARITHMIC }),
    { type: 'integer', min: 1, max: 512, scaling: 'logarithmic' },
  ],
  [
    'categorical, of mixed types',
    Parameter.categorical(['relu', 3, true]),
    { type: 'categorical', values: ['relu', 3, true] },
  ],
  ['categorical, of one value', Parameter.categorical(['only']), { type: 'categorical', values: ['only'] }],
  ['ordinal, of numbers', Parameter.ordinal([8, 16, 32]), { type: 'ordinal', values: [8, 16, 32] }],
  ['ordinal, of words', Parameter.ordinal(['small', 'large']), { type: 'ordinal', values: ['small', 'large'] }],
  ['constant', Parameter.constant(false), { type: 'constant', value: false }],
])('describes a parameter that is %s', (_, parameter, expected) => {
  expect(tunerDefinition({ searchSpace: { it: parameter } }).searchSpace).toEqual([{ name: 'it', ...expected }]);
});

test('keeps the order of the search space', () => {
  const searchSpace = { b: Parameter.constant(1), a: Parameter.constant(1), c: Parameter.constant(1) };
  expect(tunerDefinition({ searchSpace }).searchSpace.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
});

test('describes conditional parameters of every type, nested', () => {
  const searchSpace = {
    optimizer: Parameter.categorical(['sgd', 'adam']),
    nesterov: Parameter.categorical([true, false], { activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
    momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('nesterov', true) }),
    layers: Parameter.integer({ min: 1, max: 3 }),
    width_2: Parameter.integer({ min: 8, max: 64, activeWhen: ActiveWhen.isOneOf('layers', [2, 3]) }),
    level: Parameter.ordinal([1, 2], { activeWhen: ActiveWhen.is('width_2', 8) }),
    fixed: Parameter.constant('x', { activeWhen: ActiveWhen.is('level', 2) }),
    last: Parameter.constant('y', { activeWhen: ActiveWhen.is('fixed', 'x') }),
  };
  expect(tunerDefinition({ searchSpace }).searchSpace.map(({ name, activeWhen }) => [name, activeWhen])).toEqual([
    ['optimizer', undefined],
    ['nesterov', { parameter: 'optimizer', values: ['sgd'] }],
    ['momentum', { parameter: 'nesterov', values: [true] }],
    ['layers', undefined],
    ['width_2', { parameter: 'layers', values: [2, 3] }],
    ['level', { parameter: 'width_2', values: [8] }],
    ['fixed', { parameter: 'level', values: [2] }],
    ['last', { parameter: 'fixed', values: ['x'] }],
  ]);
});

test('takes ranges and values that are only known at deployment, without comparing them', () => {
  const stack = newStack();
  const max = new CfnParameter(stack, 'Max', { type: 'Number', default: 0.5 });
  const word = new CfnParameter(stack, 'Word');
  newTuner(stack, {
    searchSpace: {
      rate: Parameter.continuous({ min: 0.1, max: max.valueAsNumber, scaling: Scaling.LOGARITHMIC }),
      units: Parameter.integer({ min: Lazy.number({ produce: () => 4 }), max: 2 }),
      kind: Parameter.categorical([word.valueAsString, 'other']),
      fixed: Parameter.constant(Lazy.string({ produce: () => '{"quoted"}' })),
    },
  });

  const template = new ReadableTemplate(stack, { Max: 0.5, Word: 'relu' });
  expect(tunerDefinitionOf(template).searchSpace).toEqual([
    { name: 'rate', type: 'continuous', min: 0.1, max: 0.5, scaling: 'logarithmic' },
    { name: 'units', type: 'integer', min: 4, max: 2, scaling: 'linear' },
    { name: 'kind', type: 'categorical', values: ['relu', 'other'] },
    { name: 'fixed', type: 'constant', value: '{"quoted"}' },
  ]);
});

test('takes a list of values that is only known at deployment', () => {
  const stack = newStack();
  const values = new CfnParameter(stack, 'Values', { type: 'CommaDelimitedList' });
  newTuner(stack, { searchSpace: { kind: Parameter.categorical(values.valueAsList) } });

  // the CDK turns it into JSON at deployment, by a resource of its own.
  const { DefinitionString } = new ReadableTemplate(stack).properties('Tuner/StateMachine');
  expect(DefinitionString).toMatch(/"name":"kind","type":"categorical","values":\$\{CdkJsonStringify[^}]*\.Value\}/);
});

test('takes levels that are only known at deployment as in order', () => {
  const stack = newStack();
  const level = new CfnParameter(stack, 'Level', { type: 'Number' });
  newTuner(stack, { searchSpace: { size: Parameter.ordinal([1, level.valueAsNumber, 3]) } });

  expect(tunerDefinitionOf(new ReadableTemplate(stack, { Level: 2 })).searchSpace).toEqual([
    { name: 'size', type: 'ordinal', values: [1, 2, 3] },
  ]);
});

test('takes conditions on ranges and values that are only known at deployment', () => {
  const stack = newStack();
  const max = new CfnParameter(stack, 'Max', { type: 'Number' });
  const word = new CfnParameter(stack, 'Word');
  newTuner(stack, {
    searchSpace: {
      layers: Parameter.integer({ min: 1, max: max.valueAsNumber }),
      width: Parameter.integer({ min: 8, max: 64, activeWhen: ActiveWhen.is('layers', 3) }),
      kind: Parameter.categorical([word.valueAsString, 'other']),
      slope: Parameter.continuous({ min: 0, max: 1, activeWhen: ActiveWhen.is('kind', 'relu') }),
      shape: Parameter.continuous({ min: 0, max: 1, activeWhen: ActiveWhen.is('kind', word.valueAsString) }),
    },
  });

  const { searchSpace } = tunerDefinitionOf(new ReadableTemplate(stack, { Max: 4, Word: 'relu' }));
  expect(searchSpace.map(({ activeWhen }) => activeWhen?.values)).toEqual([
    undefined,
    [3],
    undefined,
    ['relu'],
    ['relu'],
  ]);
});
