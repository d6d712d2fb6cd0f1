import { CfnParameter } from 'aws-cdk-lib';
import { TunerProps } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

test('a trial has three attempts, and any number of trials may fail, unless something else is asked for', () => {
  const definition = tunerDefinition({});
  expect(definition.maxAttempts).toBe(3);
  expect(definition).not.toHaveProperty('toleratedFailureCount');
  expect(definition).not.toHaveProperty('toleratedFailurePercentage');
  expect(definition).not.toHaveProperty('maxSpendUsd');
});

test.each<Partial<TunerProps>>([
  { maxAttempts: 1 },
  { maxAttempts: 100 },
  { toleratedFailureCount: 0 },
  { toleratedFailureCount: 100_000 },
  { toleratedFailurePercentage: 0 },
  { toleratedFailurePercentage: 12.5 },
  { toleratedFailurePercentage: 100 },
  { maxSpendUsd: 0.01 },
  { maxSpendUsd: 1_000_000 },
])('tells the steps %p', (props) => {
  expect(tunerDefinition(props)).toMatchObject(props);
});

const ATTEMPTS = 'maxAttempts must be an integer from 1 to 100';
const COUNT = 'toleratedFailureCount must be an integer from 0 to 100000';
const PERCENTAGE = 'toleratedFailurePercentage must be a percentage from 0 to 100';
const SPEND = 'maxSpendUsd must be a number of US dollars greater than 0';

test.each<[Partial<TunerProps>, string]>([
  [{ maxAttempts: 0 }, `${ATTEMPTS}, got 0`],
  [{ maxAttempts: 101 }, `${ATTEMPTS}, got 101`],
  [{ maxAttempts: 1.5 }, `${ATTEMPTS}, got 1.5`],
  [{ toleratedFailureCount: -1 }, `${COUNT}, got -1`],
  [{ toleratedFailureCount: 100_001 }, `${COUNT}, got 100001`],
  [{ toleratedFailureCount: 0.5 }, `${COUNT}, got 0.5`],
  [{ toleratedFailurePercentage: -0.1 }, `${PERCENTAGE}, got -0.1`],
  [{ toleratedFailurePercentage: 100.1 }, `${PERCENTAGE}, got 100.1`],
  [{ toleratedFailurePercentage: NaN }, `${PERCENTAGE}, got NaN`],
  [{ maxSpendUsd: 0 }, `${SPEND}, got 0`],
  [{ maxSpendUsd: -1 }, `${SPEND}, got -1`],
  [{ maxSpendUsd: Infinity }, `${SPEND}, got Infinity`],
])('refuses %p', (props, message) => {
  expect(() => newTuner(newStack(), props)).toThrow(message);
});

test('takes limits that are only known at deployment', () => {
  const stack = newStack();
  const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
  newTuner(stack, {
    maxAttempts: number('Attempts'),
    toleratedFailureCount: number('Count'),
    toleratedFailurePercentage: number('Percentage'),
    maxSpendUsd: number('Spend'),
  });
  const values = { Attempts: 5, Count: 10, Percentage: 20, Spend: 99.5 };
  expect(tunerDefinitionOf(new ReadableTemplate(stack, values))).toMatchObject({
    maxAttempts: 5,
    toleratedFailureCount: 10,
    toleratedFailurePercentage: 20,
    maxSpendUsd: 99.5,
  });
});
