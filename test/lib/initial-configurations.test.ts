import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { ActiveWhen, Parameter } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

const searchSpace = {
  rate: Parameter.continuous({ min: 0, max: 1 }),
  units: Parameter.integer({ min: 8, max: 64 }),
  optimizer: Parameter.categorical(['sgd', 'adam']),
  momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
  size: Parameter.ordinal([1, 2, 4]),
  fixed: Parameter.constant('v1'),
};

function create(...initialConfigurations: Record<string, unknown>[]): () => void {
  return () => newTuner(newStack(), { searchSpace, initialConfigurations });
}

test('there are none by default', () => {
  expect(tunerDefinition({ searchSpace }).initialConfigurations).toEqual([]);
});

test('whole and partial ones are passed on', () => {
  const initialConfigurations = [
    { rate: 0.5, units: 8, optimizer: 'sgd', momentum: 0.9, size: 2, fixed: 'v1' },
    { units: 64 },
    {},
  ];
  expect(tunerDefinition({ searchSpace, initialConfigurations }).initialConfigurations).toEqual(initialConfigurations);
});

test.each<[Record<string, unknown>, string]>([
  [{ rate: 1.5 }, '"rate" must be a number from 0 to 1, got 1.5'],
  [{ rate: '0.5' }, '"rate" must be a number from 0 to 1, got "0.5"'],
  [{ rate: Number.NaN }, '"rate" must be a number from 0 to 1, got null'],
  [{ rate: undefined }, '"rate" must be a number from 0 to 1, got undefined'],
  [{ units: 7 }, '"units" must be an integer from 8 to 64, got 7'],
  [{ units: 8.5 }, '"units" must be an integer from 8 to 64, got 8.5'],
  [{ optimizer: 'rmsprop' }, '"optimizer" must be one of "sgd", "adam", got "rmsprop"'],
  [{ size: 3 }, '"size" must be one of 1, 2, 4, got 3'],
  [{ fixed: 'v2' }, '"fixed" must be "v1", got "v2"'],
  [
    { learning_rate: 0.1 },
    '"learning_rate" is not a parameter of the search space; there are rate, units, optimizer, momentum, size, fixed',
  ],
  [{ optimizer: 'adam', momentum: 0.5 }, '"momentum" must be absent unless "optimizer" is "sgd", got 0.5'],
])('%p is refused', (configuration, message) => {
  expect(create({ rate: 0.5 }, configuration)).toThrow(`initialConfigurations[1]: ${message}`);
});

test('all problems are told at once', () => {
  expect(create({ rate: 2 }, { units: 1 })).toThrow(/initialConfigurations\[0\]: .*; initialConfigurations\[1\]: /);
});

test('values that are only known at deployment are taken', () => {
  const stack = newStack();
  const rate = new CfnParameter(stack, 'Rate', { type: 'Number' });
  newTuner(stack, {
    searchSpace,
    initialConfigurations: [{ rate: rate.valueAsNumber, optimizer: Lazy.string({ produce: () => 'adam' }) }],
  });
  expect(tunerDefinitionOf(new ReadableTemplate(stack, { Rate: 0.25 })).initialConfigurations).toEqual([
    { rate: 0.25, optimizer: 'adam' },
  ]);
});

test('values in ranges that are only known at deployment are taken', () => {
  const stack = newStack();
  const max = new CfnParameter(stack, 'Max', { type: 'Number' });
  newTuner(stack, {
    searchSpace: { rate: Parameter.continuous({ min: 0, max: max.valueAsNumber }) },
    initialConfigurations: [{ rate: 0.5 }],
  });
  expect(tunerDefinitionOf(new ReadableTemplate(stack, { Max: 1 })).initialConfigurations).toEqual([{ rate: 0.5 }]);
});

test('a conditional value is taken where its condition is only known at deployment', () => {
  const stack = newStack();
  const optimizer = new CfnParameter(stack, 'Optimizer');
  newTuner(stack, {
    searchSpace,
    initialConfigurations: [{ optimizer: optimizer.valueAsString, momentum: 0.5 }],
  });
  expect(tunerDefinitionOf(new ReadableTemplate(stack, { Optimizer: 'sgd' })).initialConfigurations).toEqual([
    { optimizer: 'sgd', momentum: 0.5 },
  ]);
});
