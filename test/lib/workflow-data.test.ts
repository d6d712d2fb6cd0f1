import { Definition, definitionOf, newStack, newTuner, ReadableTemplate, slotOf, State } from '../support/lib-stack';
import { evaluate, evaluateAll } from '../support/lib-jsonata';

let definition: Definition;

beforeAll(() => {
  const stack = newStack();
  newTuner(stack);
  definition = definitionOf(new ReadableTemplate(stack));
});

const outer = (name: string): State => definition.States[name]!;
const inner = (name: string): State => slotOf(definition).States[name]!;
const AT = '2026-01-31T12:00:00.000Z';
const context = {
  Execution: { Id: 'arn:of:execution', Name: 'nightly', RedriveCount: 0 },
  State: { EnteredTime: AT, RetryCount: 3 },
};

async function payloadOf({ Arguments }: State, variables: Record<string, unknown>): Promise<unknown> {
  return evaluateAll(Arguments!.Payload, variables);
}

test('Open study gets the input, the tuner and who asks', async () => {
  const input = { study: 'digits', maxTrials: 3 };
  const payload = await payloadOf(outer('Open study'), { states: { input, context } });
  expect(payload).toEqual({
    input,
    tuner: expect.objectContaining({ maxTrials: 50 }),
    execution: 'arn:of:execution',
    executionName: 'nightly',
    at: AT,
  });
});

test('Plan round gets the number of the next round, and its slots become the items of the map', async () => {
  const state = outer('Plan round');
  const variables = { study: 'digits', run: 2, round: 7, states: { context } };
  expect(await payloadOf(state, variables)).toEqual({ study: 'digits', run: 2, round: 8, at: AT });
  const states = { result: { Payload: { round: 8, slots: [5] } } };
  expect(await evaluateAll(state.Assign, { states })).toEqual({ round: 8 });
  const output = await evaluateAll(state.Output, { states });
  expect(output).toEqual({ slots: [5] });
  // one slot alone stays a list.
  expect(await evaluate(outer('Run slots').Items, { states: { input: output } })).toEqual([5]);
});

test('a slot knows its study, run, round and number', async () => {
  const variables = { study: 'digits', run: 2, round: 8, states: { context: { Map: { Item: { Value: 5 } } } } };
  const item = await evaluateAll(outer('Run slots').ItemSelector, variables);
  expect(item).toEqual({ study: 'digits', run: 2, round: 8, slot: 5 });
  const payload = await payloadOf(inner('Next trial'), { states: { input: item, context } });
  expect(payload).toEqual({ study: 'digits', run: 2, round: 8, slot: 5, turn: 0, redrives: 0, at: AT });
  const assigned = await evaluateAll(inner('Next trial').Assign, {
    states: { input: item, result: { Payload: { action: 'none', reason: 'done' } } },
  });
  expect(assigned).toEqual({
    study: 'digits',
    run: 2,
    round: 8,
    slot: 5,
    retries: 0,
    next: { action: 'none', reason: 'done' },
  });
});

test('a slot trains while there is a trial, and then says why it ends', async () => {
  const [{ Condition } = { Condition: '' }] = inner('Trial to run?').Choices!;
  expect(await evaluate(Condition, { next: { action: 'train' } })).toBe(true);
  expect(await evaluate(Condition, { next: { action: 'none', reason: 'done' } })).toBe(false);
  expect(await evaluateAll(inner('Slot done').Output, { next: { action: 'none', reason: 'done' } })).toEqual({
    reason: 'done',
  });
  expect(await evaluate(inner('Pace').Timestamp, { next: { startAt: AT } })).toBe(AT);
});

test('Record trial gets the outcome and asks for the next turn', async () => {
  const next = { action: 'train', trial: 12, attempt: 2, turn: 4 };
  const variables = {
    study: 'digits',
    run: 2,
    round: 8,
    slot: 5,
    next,
    retries: 7,
    outcome: { status: 'Failed' },
    states: { context },
  };
  expect(await payloadOf(inner('Record trial'), variables)).toEqual({
    study: 'digits',
    run: 2,
    round: 8,
    slot: 5,
    turn: 5,
    trial: 12,
    attempt: 2,
    retries: 7,
    outcome: { status: 'Failed' },
    redrives: 0,
    at: AT,
  });
});

test('a slot without room for a job waits as long as it is told, and asks again as its next turn', async () => {
  const next = { action: 'wait', until: '2026-01-31T12:01:00.000Z', reason: 'quota', turn: 4 };
  const [train, wait] = inner('Trial to run?').Choices!;
  expect(await evaluate(train!.Condition, { next })).toBe(false);
  expect(await evaluate(wait!.Condition, { next })).toBe(true);
  expect(await evaluate(inner('Wait for room').Timestamp, { next })).toBe(next.until);
  const variables = { study: 'digits', run: 2, round: 8, slot: 5, retries: 7, next, states: { context } };
  const payload = await payloadOf(inner('Ask again'), variables);
  expect(payload).toEqual({ study: 'digits', run: 2, round: 8, slot: 5, turn: 5, retries: 7, redrives: 0, at: AT });
  const states = { result: { Payload: { action: 'none', reason: 'done' } } };
  expect(await evaluateAll(inner('Ask again').Assign, { states })).toEqual({
    next: { action: 'none', reason: 'done' },
  });
});

test('retries of a job start add up, whether it starts in the end or not', async () => {
  const { Assign, Catch } = inner('Train');
  for (const { retries } of [Assign!, Catch![0]!.Assign!]) {
    expect(await evaluate(retries, { retries: 7, states: { context } })).toBe(10);
    // before the first retry the context may have no count.
    expect(await evaluate(retries, { retries: 7, states: { context: { State: {} } } })).toBe(7);
  }
});

test('Review round decides whether the study goes on', async () => {
  const state = outer('Review round');
  const variables = { study: 'digits', run: 2, round: 8, states: { context } };
  expect(await payloadOf(state, variables)).toEqual({ study: 'digits', run: 2, round: 8, at: AT });
  expect(await evaluateAll(state.Assign, { states: { result: { Payload: { complete: false } } } })).toEqual({
    complete: false,
  });
  const [{ Condition } = { Condition: '' }] = outer('Study complete?').Choices!;
  expect(await evaluate(Condition, { complete: true })).toBe(true);
  expect(await evaluate(Condition, { complete: false })).toBe(false);
});

test("Finish study's answer is the output of the execution, or the cause of its failure", async () => {
  const state = outer('Finish study');
  expect(await payloadOf(state, { study: 'digits', run: 2, states: { context } })).toEqual({
    study: 'digits',
    run: 2,
    at: AT,
  });
  const answer = { status: 'SUCCEEDED', best: { trial: 3 } };
  expect(await evaluate(state.Output, { states: { result: { Payload: answer } } })).toEqual(answer);
  const [{ Condition } = { Condition: '' }] = outer('Any result?').Choices!;
  expect(await evaluate(Condition, { states: { input: answer } })).toBe(true);
  const failed = { status: 'FAILED', reason: 'all trials ran out of memory' };
  expect(await evaluate(Condition, { states: { input: failed } })).toBe(false);
  expect(outer('Study succeeded').Output).toBeUndefined();
  expect(outer('Study failed').Error).toBe('StudyFailed');
  expect(await evaluate(outer('Study failed').Cause, { states: { input: failed } })).toBe(
    'no trial has a result: all trials ran out of memory',
  );
});

test.each([
  [
    { Error: 'States.Timeout', Cause: 'c'.repeat(300) },
    { error: 'States.Timeout', cause: 'c'.repeat(200) },
  ],
  [{ Error: 'Lambda.Unknown' }, { error: 'Lambda.Unknown' }],
])('a lost slot says %p shortly', async (input, expected) => {
  expect(await evaluate(inner('Slot lost').Output, { states: { input } })).toEqual(expected);
});
