import { CfnParameter, Lazy } from 'aws-cdk-lib';
import { ActiveWhen, Parameter } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

const searchSpace = {
  layers: Parameter.integer({ min: 1, max: 8 }),
  units: Parameter.integer({ min: 8, max: 1024 }),
  optimizer: Parameter.categorical(['sgd', 'adam']),
  momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
};

test('there are none by default', () => {
  expect(tunerDefinition({}).parameterConstraints).toEqual([]);
});

test('constraints are passed on', () => {
  const parameterConstraints = ['layers * units <= 4096', "optimizer != 'sgd' or momentum < 0.95"];
  expect(tunerDefinition({ searchSpace, parameterConstraints }).parameterConstraints).toEqual(parameterConstraints);
});

test.each<[string, string]>([
  [
    'layers * width <= 4096',
    '"width" is not a parameter of the search space; there are layers, units, optimizer, momentum',
  ],
  ['layers * units =< 4096', 'unexpected "=" at character 15; comparisons are == != < <= > >='],
  ["optimizer == 'SGD'", 'optimizer can\'t be \'SGD\'; its values are "sgd", "adam"'],
  ['{% $now() %}', 'unexpected "{" at character 0'],
])('%s is refused', (constraint, message) => {
  const create = () => newTuner(newStack(), { searchSpace, parameterConstraints: ['layers > 0', constraint] });
  expect(create).toThrow(`parameterConstraints[1] ${JSON.stringify(constraint)}: ${message}`);
});

test('all problems are told at once', () => {
  expect(() => newTuner(newStack(), { searchSpace, parameterConstraints: ['a > 1', 'b > 1'] })).toThrow(
    /parameterConstraints\[0\] .*; parameterConstraints\[1\] /,
  );
});

test('what is only known at deployment is passed over', () => {
  const stack = newStack();
  const most = new CfnParameter(stack, 'Most', { type: 'Number' });
  const optimizer = new CfnParameter(stack, 'Optimizer');
  newTuner(stack, {
    searchSpace: { ...searchSpace, optimizer: Parameter.categorical(['sgd', optimizer.valueAsString]) },
    parameterConstraints: [
      `layers * units <= ${most.valueAsString}`,
      "optimizer != 'lion'",
      Lazy.string({ produce: () => 'layers > 1' }),
    ],
    initialConfigurations: [{ layers: 1, units: 8 }],
  });
  const template = new ReadableTemplate(stack, { Most: 4096, Optimizer: 'lion' });
  expect(tunerDefinitionOf(template).parameterConstraints).toEqual([
    'layers * units <= 4096',
    "optimizer != 'lion'",
    'layers > 1',
  ]);
});

describe('an initial configuration', () => {
  const create = (initialConfiguration: Record<string, unknown>) => () =>
    newTuner(newStack(), {
      searchSpace,
      parameterConstraints: ['layers * units <= 1000', 'momentum < 0.9'],
      initialConfigurations: [initialConfiguration],
    });

  test('that violates a constraint is refused', () => {
    expect(create({ layers: 8, units: 512 })).toThrow(
      'initialConfigurations[0]: it must meet the parameter constraint "layers * units <= 1000"',
    );
    expect(create({ optimizer: 'sgd', momentum: 0.95 })).toThrow(
      'initialConfigurations[0]: it must meet the parameter constraint "momentum < 0.9"',
    );
  });

  test.each<Record<string, unknown>>([{ layers: 8 }, { layers: 8, units: 125 }, { optimizer: 'adam' }, {}])(
    '%j is taken',
    (configuration) => {
      expect(create(configuration)).not.toThrow();
    },
  );
});
