import { CfnParameter } from 'aws-cdk-lib';
import { ActiveWhen, KnownResult, Parameter } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

const searchSpace = {
  rate: Parameter.continuous({ min: 0, max: 1 }),
  optimizer: Parameter.categorical(['sgd', 'adam']),
  momentum: Parameter.continuous({ min: 0, max: 0.99, activeWhen: ActiveWhen.is('optimizer', 'sgd') }),
};
const ADAM = { rate: 0.5, optimizer: 'adam' };

const create =
  (...knownResults: KnownResult[]) =>
  () =>
    newTuner(newStack(), { searchSpace, knownResults });
const passedOn = (...knownResults: KnownResult[]) => tunerDefinition({ searchSpace, knownResults }).knownResults;

test('there are none by default', () => {
  expect(tunerDefinition({}).knownResults).toEqual([]);
});

test('they are passed on', () => {
  const known: KnownResult[] = [
    { configuration: ADAM, metrics: { accuracy: 0.9, latency: 3 } },
    { configuration: { rate: 0.1, optimizer: 'sgd', momentum: 0.5 }, metrics: { accuracy: 0.8 } },
  ];
  expect(passedOn(...known)).toEqual(known);
});

test('a configuration that is known to fail has no metrics, or none that is finite', () => {
  const failed = { configuration: ADAM, metrics: {} };
  expect(passedOn({ configuration: ADAM }, { configuration: ADAM, metrics: { accuracy: NaN } })).toEqual([
    failed,
    failed,
  ]);
});

test.each<[KnownResult, string]>([
  [{ configuration: { ...ADAM, rate: 2 }, metrics: { accuracy: 1 } }, '"rate" must be a number from 0 to 1, got 2'],
  [{ configuration: { ...ADAM, momentum: 0.5 } }, '"momentum" must be absent unless "optimizer" is "sgd", got 0.5'],
  [{ configuration: { ...ADAM, dropout: 0.5 } }, '"dropout" is not a parameter of the search space; there are rate'],
  [{ configuration: { optimizer: 'adam' } }, '"rate" is missing; a known result must have all active parameters'],
  [
    { configuration: { rate: 0.5, optimizer: 'sgd' } },
    '"momentum" is missing; a known result must have all active parameters',
  ],
  [
    { configuration: ADAM, metrics: { acuracy: 0.9 } },
    'metrics must hold the objective "accuracy", or nothing for a configuration that fails, got acuracy',
  ],
  [
    { configuration: ADAM, metrics: { accuracy: '0.9' as unknown as number } },
    'metric "accuracy" must be a number, got "0.9"',
  ],
])('%j is refused', (known, message) => {
  expect(create({ configuration: ADAM, metrics: { accuracy: 1 } }, known)).toThrow(`knownResults[1]: ${message}`);
});

test('values that are only known at deployment are taken', () => {
  const stack = newStack();
  const rate = new CfnParameter(stack, 'Rate', { type: 'Number' });
  const accuracy = new CfnParameter(stack, 'Accuracy', { type: 'Number' });
  newTuner(stack, {
    searchSpace,
    knownResults: [
      {
        configuration: { rate: rate.valueAsNumber, optimizer: 'adam' },
        metrics: { accuracy: accuracy.valueAsNumber },
      },
    ],
  });
  const template = new ReadableTemplate(stack, { Rate: 0.25, Accuracy: 0.5 });
  expect(tunerDefinitionOf(template).knownResults).toEqual([
    { configuration: { rate: 0.25, optimizer: 'adam' }, metrics: { accuracy: 0.5 } },
  ]);
});

test('there may be 1,000 of them, if a state machine can hand them over', () => {
  const known = (count: number): KnownResult[] =>
    Array.from({ length: count }, (_, i) => ({
      configuration: { ...ADAM, rate: i / count },
      metrics: { accuracy: 1 },
    }));
  expect(create(...known(1000))).not.toThrow();
  expect(create(...known(1001))).toThrow('knownResults must have at most 1000 entries, got 1001');

  const long = Array.from({ length: 100 }, (_, i) => ({
    configuration: { note: 'x'.repeat(2400) + i },
    metrics: { accuracy: 1 },
  }));
  const notes = Parameter.categorical(long.map(({ configuration }) => configuration.note));
  expect(() => newTuner(newStack(), { searchSpace: { note: notes }, knownResults: long })).toThrow(
    /^the tuner's definition must have at most 200000 bytes, .* give fewer knownResults \(100\) or initialConfigurations \(0\)$/,
  );
});
