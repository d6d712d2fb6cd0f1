import { CfnParameter, Lazy, Stack } from 'aws-cdk-lib';
import * as awsBatch from 'aws-cdk-lib/aws-batch';
import { ActiveWhen, BatchTrainingProps, Parameter, Scheduler, TunerProps } from '../../../lib';
import { toCamelCase } from '../../../local/batch/pascal-case';
import { batch, PropsIn, runState, sent, stackWith, warningsOf } from '../../support/lib-runners';
import { ReadableTemplate } from '../../support/lib-stack';

/** Container overrides of ECS have at most so many characters, as JSON. */
const LIMIT = 8192;

const DEFINITION = 'arn:aws:batch:eu-west-1:111111111111:job-definition/mine:3';

const withDefinition =
  (props: Partial<BatchTrainingProps> = {}): PropsIn<BatchTrainingProps> =>
  (stack) => ({
    jobDefinition: awsBatch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Definition', DEFINITION),
    ...props,
  });

/** A categorical parameter whose values have these lengths. */
const texts = (...lengths: number[]) => Parameter.categorical(lengths.map((length, i) => String(i).repeat(length)));

const searchSpaceOf = (...parameters: Parameter[]): Partial<TunerProps> => ({
  searchSpace: Object.fromEntries(parameters.map((parameter, i) => [`p${i}`, parameter])),
});

function warned(props: PropsIn<BatchTrainingProps>, tuner: PropsIn<TunerProps>): string | undefined {
  return warningsOf(stackWith(batch(props), tuner), 'cdk-hpo:overridesLength')[0];
}

const NUMBER = Parameter.continuous({ min: 0, max: 1 });

/** What the overrides may take, as the warning says. */
function mostOf(props: PropsIn<BatchTrainingProps>, tuner: PropsIn<TunerProps>): number {
  return Number(/may take up to (\d+) characters/.exec(warned(props, tuner)!)![1]);
}

test('a small search space is far from the limit', () => {
  expect(warned({}, {})).toBeUndefined();
  expect(warned(withDefinition(), {})).toBeUndefined();
});

test('a warning begins with the very character that may be too many', () => {
  const long = (last: number) => searchSpaceOf(texts(1, 2500), texts(1, 2500), texts(1, last));
  const over = mostOf({}, long(2500)) - LIMIT;
  expect(over).toBeGreaterThan(0);
  expect(warned({}, long(2500 - over))).toBeUndefined();
  expect(warned({}, long(2500 - over + 1))).toContain(
    `names and values of searchSpace may take up to ${LIMIT + 1} characters, and container overrides of ECS at most ${LIMIT}: ` +
      'a job with more fails at its start; shorten them',
  );
});

test('an error comes where the shortest values are too many', () => {
  const long = (last: number) =>
    searchSpaceOf(texts(2500, 2500), texts(2500, 2500), texts(2500, 2500), texts(last, 2500));
  const synthesize = (last: number) => () => stackWith(batch(), long(last));
  const [, least] = /got at least (\d+); shorten them$/.exec(messageOf(synthesize(2500)))!;
  const last = 2500 - (Number(least) - LIMIT);
  expect(synthesize(last)).not.toThrow();
  expect(synthesize(last + 1)).toThrow(
    `names and values of searchSpace must take at most ${LIMIT} characters, as container overrides of ECS, got at least ${LIMIT + 1}; shorten them`,
  );
});

test('with a job definition that exists, all that trials share counts as well', () => {
  /** Variables with 500 characters each. */
  const environment = (count: number) => ({
    environment: Object.fromEntries(Array.from({ length: count }, (_, i) => [`TEXT_${i}`, 'x'.repeat(500)])),
  });
  const long = environment(16);
  expect(() => stackWith(batch(long))).not.toThrow();
  expect(() => stackWith(batch(withDefinition(long)))).toThrow(
    /^environment, command, channels, hyperparameters and searchSpace must take at most 8192 characters, as container overrides of ECS, got at least \d+; shorten them, or leave jobDefinition out: then only searchSpace counts$/,
  );
  expect(() =>
    stackWith(
      batch(withDefinition({ hyperparameters: { a: 'x'.repeat(2500), b: 'x'.repeat(2500), c: 'x'.repeat(2500) } })),
    ),
  ).toThrow('hyperparameters and searchSpace must take at most');
  expect(warned(withDefinition(environment(12)), {})).toContain('or leave jobDefinition out');
  expect(warned(environment(12), {})).toBeUndefined();
});

test.each<[string, Partial<TunerProps>]>([
  ['quotes, which JSON inside of JSON doubles', searchSpaceOf(Parameter.categorical(['a', '"'.repeat(2000)]))],
  [
    'many parameters with long names',
    { searchSpace: Object.fromEntries(many(NUMBER).map((one, i) => [`${'p'.repeat(60)}${i}`, one])) },
  ],
  ['many parameters that some trials have', searchSpaceOf(Parameter.categorical([true, false]), ...manyConditional())],
])('a warning comes for %s', (_, tuner) => {
  expect(warned({}, tuner)).toBeDefined();
});

function many(parameter: Parameter): Parameter[] {
  return Array<Parameter>(99).fill(parameter);
}

function manyConditional(): Parameter[] {
  return many(
    Parameter.constant('x'.repeat(100), {
      activeWhen: ActiveWhen.is('p0', true),
    }),
  );
}

describe('of what is known at deployment only', () => {
  const reference = (stack: Stack, id: string) => new CfnParameter(stack, id).valueAsString;

  test('nothing is refused', () => {
    const references = (stack: Stack) =>
      Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`VARIABLE_${i}`, reference(stack, `P${i}`)]));
    const props: PropsIn<BatchTrainingProps> = (stack) => ({
      ...(withDefinition() as (stack: Stack) => Partial<BatchTrainingProps>)(stack),
      environment: references(stack),
    });
    // each counts as a name of 64 characters.
    expect(warned(props, {})).toBeDefined();
  });

  test('values of the search space are no error', () => {
    const tuner: PropsIn<TunerProps> = (stack) => ({
      searchSpace: {
        text: Parameter.categorical([reference(stack, 'Text'), 'b']),
        number: Parameter.integer({ min: 1, max: Lazy.number({ produce: () => 5 }) }),
        choice: Parameter.ordinal([1, Lazy.number({ produce: () => 5 })]),
      },
    });
    expect(warned({}, tuner)).toBeUndefined();
  });
});

test.each<[string, PropsIn<BatchTrainingProps>, Partial<TunerProps>]>([
  ['a definition of its own', {}, {}],
  ['one that exists', withDefinition({ hyperparameters: { text: '"quoted"' }, environment: { MODE: 'fast' } }), {}],
  ['a scheduler', {}, { scheduler: Scheduler.asha({ maxResource: 9, resourceParameter: 'epochs' }) }],
])('the bound holds for a request with the longest of all values, and is near it: %s', async (_, props, tuner) => {
  const all = { ...searchSpaceOf(texts(1, 2500), texts(1, 2500), texts(1, 2500)), ...tuner };
  const stack = stackWith(batch(props), all);
  const template = new ReadableTemplate(stack);
  const resource = tuner.scheduler === undefined ? {} : { epochs: '9' };
  const hyperparameters = { p0: '1'.repeat(2500), p1: '1'.repeat(2500), p2: '1'.repeat(2500), ...resource };
  const study = 's'.repeat(80);
  const request = await sent(template, runState(template, 'Train').Arguments!, {
    study,
    next: {
      action: 'train',
      trial: 99_999,
      attempt: 100,
      turn: 99_999,
      redrives: 0,
      jobName: `hpo-01234567-${'s'.repeat(20)}-012345-99999-100`,
      token: 't'.repeat(43),
      checkpointUri: `s3://${'b'.repeat(63)}/checkpoints/${study}-01234567/99999/`,
      outputUri: `s3://${'b'.repeat(63)}/output/${study}-01234567/99999-100/`,
      startAt: '2026-01-01T00:00:00.000Z',
      hyperparameters,
      maxRuntimeSeconds: 86_400,
      maxResource: 9,
      instanceType: 'batch',
      instanceCount: 1,
    },
    states: { context: { State: { RetryCount: 0 }, Execution: { RedriveCount: 0 } } },
  });
  const { ContainerOverrides: overrides } = request;
  const length = JSON.stringify(toCamelCase(overrides)).length;
  const most = mostOf(props, all);
  expect(most).toBeGreaterThan(length);
  // the rest is what Batch adds, numbers with more digits, and names of resources that are longer than these.
  expect(most - length).toBeLessThan(1000);
});

function messageOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
