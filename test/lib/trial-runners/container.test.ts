import { join } from 'node:path';
import { Lazy } from 'aws-cdk-lib';
import { InputMode, SageMakerTrainingProps, TrainingProgram } from '../../../lib';
import { checkedTrainingRequest, newStack, newTuner, sageMakerTraining } from '../../support/lib-stack';

type Props = Partial<SageMakerTrainingProps>;

const PROGRAM = TrainingProgram.fromScript(join(__dirname, '../../../examples/digits'), 'train.py');

function algorithmOf(props: Props): Record<string, unknown> {
  return checkedTrainingRequest(props).AlgorithmSpecification as Record<string, unknown>;
}

test('the container runs what its image says', () => {
  const algorithm = algorithmOf({});
  expect(algorithm).not.toHaveProperty('ContainerEntrypoint');
  expect(algorithm).not.toHaveProperty('ContainerArguments');
});

test('the container may be told what to run, with which arguments', () => {
  expect(algorithmOf({ entrypoint: ['python3', 'main.py'], entrypointArguments: ['--fast', ''] })).toMatchObject({
    ContainerEntrypoint: ['python3', 'main.py'],
    ContainerArguments: ['--fast', ''],
  });
});

test('arguments go with the entry point of the image too, and with that of a program', () => {
  expect(algorithmOf({ entrypointArguments: ['--fast'] })).not.toHaveProperty('ContainerEntrypoint');
  expect(algorithmOf({ program: PROGRAM, entrypointArguments: ['--fast'] })).toMatchObject({
    ContainerEntrypoint: ['python3', '-c', expect.any(String)],
    ContainerArguments: ['--fast'],
  });
});

const part = (length: number) => 'p'.repeat(length);
const parts = (count: number) => Array.from({ length: count }, () => 'p');

describe.each(['entrypoint', 'entrypointArguments'] as const)('%s', (name) => {
  test.each<[string, string[]]>([
    ['one part', parts(1)],
    ['100 parts', parts(100)],
    ['a part of 256 characters', [part(256)]],
    ['a part that is only known later', [Lazy.string({ produce: () => part(257) })]],
    ['a list that is only known later', Lazy.list({ produce: () => [] })],
  ])('may have %s', (_, value) => {
    expect(() => sageMakerTraining({ [name]: value })).not.toThrow();
  });

  test.each<[string, string[], string]>([
    ['no part', [], `number of parts of ${name} must be an integer from 1 to 100, got 0`],
    ['101 parts', parts(101), `number of parts of ${name} must be an integer from 1 to 100, got 101`],
    ['a part of 257 characters', [part(257)], `part of ${name} must have at most 256 characters, got 257`],
    ['a part that is an expression', ['{% $x %}'], `part of ${name} must not start with "{%", got "{% $x %}"`],
    ['a part of two lines', ['a\nb'], `part of ${name} must be a text on one line, got "a\\nb"`],
  ])('must not have %s', (_, value, message) => {
    expect(() => sageMakerTraining({ [name]: value })).toThrow(message);
  });
});

test('a program brings its own entry point', () => {
  const create = (program: TrainingProgram) => () =>
    newTuner(newStack(), { trialRunner: sageMakerTraining({ entrypoint: ['python3'], program }) });
  expect(create(PROGRAM)).toThrow(
    'entrypoint must not be given together with a program that brings its own; give one of the two, or entrypointArguments',
  );
  expect(create(TrainingProgram.fromImage())).not.toThrow();
});

test.each<[InputMode | undefined, string]>([
  [undefined, 'File'],
  [InputMode.FILE, 'File'],
  [InputMode.FAST_FILE, 'FastFile'],
  [InputMode.PIPE, 'Pipe'],
])('with input mode %p, data comes in mode %p', (inputMode, expected) => {
  expect(algorithmOf({ inputMode }).TrainingInputMode).toBe(expected);
});

test('SageMaker starts no job again by itself unless it is told to', () => {
  expect(checkedTrainingRequest({})).not.toHaveProperty('RetryStrategy');
  for (const retryAttempts of [1, 30]) {
    const { RetryStrategy } = checkedTrainingRequest({ retryAttempts });
    expect(RetryStrategy).toEqual({ MaximumRetryAttempts: retryAttempts });
  }
  expect(() => sageMakerTraining({ retryAttempts: Lazy.number({ produce: () => 31 }) })).not.toThrow();
});

test.each([0, 31, 1.5])('SageMaker starts no job again %p times', (retryAttempts) => {
  expect(() => sageMakerTraining({ retryAttempts })).toThrow(
    `retryAttempts must be an integer from 1 to 30, got ${retryAttempts}`,
  );
});

test('a hyperparameter has one line: SageMaker takes no more', () => {
  expect(() => sageMakerTraining({ hyperparameters: { prompt: 'a\nb' } })).toThrow(
    'hyperparameter prompt must be a text on one line, got "a\\nb"',
  );
  const prompt = Lazy.string({ produce: () => 'a\nb' });
  expect(() => sageMakerTraining({ hyperparameters: { prompt } })).not.toThrow();
});
