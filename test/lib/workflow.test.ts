import aslValidator from 'asl-validator';
import jsonata from 'jsonata';
import {
  Definition,
  definitionOf,
  newStack,
  newTuner,
  ReadableTemplate,
  slotOf,
  State,
  StateGraph,
} from '../support/lib-stack';
import { expressionsIn } from '../support/lib-jsonata';

let definition: Definition;
let slot: StateGraph;

beforeAll(() => {
  const stack = newStack();
  newTuner(stack);
  definition = definitionOf(new ReadableTemplate(stack));
  slot = slotOf(definition);
});

/** Where a state may lead, in order. */
function nextOf({ Next, Choices = [], Default, Catch = [] }: State): string[] {
  const names = [...Choices.map((choice) => choice.Next), Default, Next, ...Catch.map((handler) => handler.Next)];
  return names.filter((name) => name !== undefined);
}

function transitions({ States }: StateGraph): Record<string, string[]> {
  return Object.fromEntries(Object.entries(States).map(([name, state]) => [name, nextOf(state)]));
}

test('runs rounds of slots until the study is complete', () => {
  expect(definition.StartAt).toBe('Open study');
  expect(transitions(definition)).toEqual({
    'Open study': ['Plan round'],
    'Plan round': ['Run slots'],
    'Run slots': ['Review round', 'Review round'],
    'Review round': ['Study complete?'],
    'Study complete?': ['Finish study', 'Plan round'],
    'Finish study': ['Any result?'],
    'Any result?': ['Study succeeded', 'Study failed'],
    'Study succeeded': [],
    'Study failed': [],
  });
});

test('runs one trial after another in a slot', () => {
  expect(slot.StartAt).toBe('Next trial');
  expect(transitions(slot)).toEqual({
    'Next trial': ['Trial to run?', 'Slot lost'],
    'Trial to run?': ['Pace', 'Wait for room', 'Slot done'],
    Pace: ['Train'],
    Train: ['Record trial', 'Record trial'],
    'Record trial': ['Trial to run?', 'Slot lost'],
    'Wait for room': ['Ask again'],
    'Ask again': ['Trial to run?', 'Slot lost'],
    'Slot lost': [],
    'Slot done': [],
  });
  expect(slot.States['Slot lost']!.End).toBe(true);
});

test('has states of these types', () => {
  const types = [definition, slot].flatMap(({ States }) =>
    Object.entries(States).map(([name, { Type }]) => `${name}: ${Type}`),
  );
  expect(types.sort()).toEqual([
    'Any result?: Choice',
    'Ask again: Task',
    'Finish study: Task',
    'Next trial: Task',
    'Open study: Task',
    'Pace: Wait',
    'Plan round: Task',
    'Record trial: Task',
    'Review round: Task',
    'Run slots: Map',
    'Slot done: Succeed',
    'Slot lost: Pass',
    'Study complete?: Choice',
    'Study failed: Fail',
    'Study succeeded: Succeed',
    'Train: Task',
    'Trial to run?: Choice',
    'Wait for room: Wait',
  ]);
});

test('says in a sentence what each task, map and wait does', () => {
  for (const { States } of [definition, slot]) {
    for (const [name, { Type, Comment }] of Object.entries(States)) {
      if (['Task', 'Map', 'Wait', 'Pass'].includes(Type)) {
        expect([name, Comment]).toEqual([name, expect.stringMatching(/^[A-Z].{15,}[^.]$/)]);
      }
    }
  }
});

test('invokes the step of its name in each task', () => {
  const functions = [definition, slot].flatMap(({ States }) =>
    Object.entries(States)
      .filter(([, { Resource }]) => Resource?.endsWith(':lambda:invoke'))
      .map(([name, { Arguments }]) => [name, Arguments!.FunctionName]),
  );
  expect(Object.fromEntries(functions)).toEqual({
    'Open study': '${Tuner/OpenStudy.Arn}',
    'Plan round': '${Tuner/PlanRound.Arn}',
    'Review round': '${Tuner/ReviewRound.Arn}',
    'Finish study': '${Tuner/FinishStudy.Arn}',
    'Next trial': '${Tuner/NextTrial.Arn}',
    // the same question as Next trial's, when there may be room.
    'Ask again': '${Tuner/NextTrial.Arn}',
    'Record trial': '${Tuner/RecordTrial.Arn}',
  });
  expect(slot.States.Train!.Resource).toBe('arn:${AWS::Partition}:states:::sagemaker:createTrainingJob.sync');
});

test('gives its slots child executions of their own, none of which fails the study', () => {
  expect(definition.States['Run slots']).toMatchObject({
    Label: 'Slots',
    Items: '{% $states.input.slots %}',
    ToleratedFailurePercentage: 100,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Review round' }],
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
  });
});

test('catches every error of a training job and makes it a fact of the trial', () => {
  expect(slot.States.Train!.Catch).toEqual([
    {
      ErrorEquals: ['States.ALL'],
      Next: 'Record trial',
      Assign: { outcome: expect.stringContaining('errorOutput'), retries: expect.stringContaining('RetryCount') },
    },
  ]);
});

test('tries every Lambda step again, and never because of what a caller did wrong', () => {
  for (const { States } of [definition, slot]) {
    for (const [name, { Resource, Retry }] of Object.entries(States)) {
      if (!Resource?.endsWith(':lambda:invoke')) continue;
      const errors = Retry!.flatMap(({ ErrorEquals }) => ErrorEquals);
      expect([name, errors]).toEqual([
        name,
        expect.arrayContaining(['Lambda.TooManyRequestsException', 'Lambda.Unknown']),
      ]);
      expect(errors).not.toContain('States.ALL');
      expect(errors.filter((error) => /StudyInput|StudyChanged|StudyInProgress/.test(error))).toEqual([]);
      expect(Retry!.every(({ JitterStrategy }) => JitterStrategy === 'FULL')).toBe(true);
    }
  }
});

test('starts a job again only where certainly none was created: a second one would run beside it', () => {
  const [throttled, ...rest] = slot.States.Train!.Retry!;
  expect(throttled).toMatchObject({
    ErrorEquals: ['SageMaker.ThrottlingException', 'ThrottlingException'],
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    JitterStrategy: 'FULL',
  });
  // a quota that is used up is for Record trial, which says when to ask again.
  expect(rest).toEqual([]);
});

test('is written in JSONata throughout: states in a Map do not inherit it', () => {
  expect(definition.QueryLanguage).toBe('JSONata');
  for (const state of Object.values(slot.States)) {
    expect(state.QueryLanguage).toBe('JSONata');
  }
  const jsonPath = /"(Parameters|ResultPath|ResultSelector|InputPath|OutputPath|ItemsPath)":|\.\$":/;
  expect(JSON.stringify(definition)).not.toMatch(jsonPath);
});

test('passes the validator of the Amazon States Language', () => {
  const arn = 'arn:aws:lambda:us-east-1:111111111111:function:f';
  const valid = JSON.parse(
    JSON.stringify(definition)
      .replaceAll('${AWS::Partition}', 'aws')
      .replaceAll(/"\$\{Tuner\/\w+\.Arn\}"/g, `"${arn}"`),
  ) as object;
  const { isValid, errorsText } = aslValidator(valid);
  expect(errorsText('\n')).toBe('');
  expect(isValid).toBe(true);
});

test('holds only expressions that compile, each on one line', () => {
  const expressions = expressionsIn(definition);
  expect(expressions.length).toBeGreaterThan(40);
  for (const expression of expressions) {
    expect(() => jsonata(expression)).not.toThrow();
    expect(expression).not.toContain('\n');
    expect(expression).not.toContain('$eval');
  }
});

test('does not end an expression early where a text looks like its end', () => {
  // each expression stands alone in its string.
  const strings = JSON.stringify(definition).match(/"\{%(?:[^"\\]|\\.)*"/g) ?? [];
  expect(strings.filter((text) => !text.endsWith('%}"'))).toEqual([]);
});
