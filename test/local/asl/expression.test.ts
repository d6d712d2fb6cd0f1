import { run, runMachine } from './harness';

const evaluate = async (expression: string, input: unknown = {}) =>
  (await run({ Only: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }, { input })).execution;
const value = async (expression: string, input?: unknown) => {
  const { output, cause } = await evaluate(expression, input);
  if (output === undefined) throw new Error(cause);
  return JSON.parse(output) as unknown;
};

describe('expressions', () => {
  test.each<[string, unknown]>([
    ['$random(42)', 0.7275636800328681],
    ['$range(0, 10, 5)', [0, 5, 10]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(1, 1, 1)', 1],
    ['$partition([1,2,3], 2)', [[1, 2], [3]]],
    ['$partition([1,2], 5)', [[1, 2]]],
    ["$hash('a', 'MD5')", '0cc175b9c0f1b6a831c399e269772661'],
    ["$hash('a', 'SHA-256')", 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['$parse(\'{"a": [1]}\')', { a: [1] }],
    ['$now()', '2026-01-01T00:00:00.000Z'],
    ['$millis()', Date.UTC(2026, 0, 1)],
    ['$states.input.list[n > 1]', { n: 2 }],
    ['[$states.input.list[n > 1]]', [{ n: 2 }]],
    ['$states.input.list.n', [1, 2]],
    ['$states.context.Execution.RedriveCount', 0],
    ['$states.context.State.EnteredTime', '2026-01-01T00:00:00.000Z'],
  ])('%s', async (expression, expected) => {
    expect(await value(expression, { list: [{ n: 1 }, { n: 2 }] })).toEqual(expected);
  });

  test('$uuid makes version 4 identifiers from the injected random numbers', async () => {
    expect(await value('$uuid()')).toBe('88888888-8888-4888-a888-888888888888');
  });

  test.each([
    ['$nothing', 'returned nothing (undefined).'],
    ['function($x) { $x }', 'returned an unsupported result type.'],
    ['{"f": $sum}', 'returned an unsupported result type.'],
    ["$number('x')", 'threw an error during evaluation. D3030: Unable to cast value to a number: "x"'],
    ["$eval('1')", 'threw an error during evaluation.'],
    ["$parse('{')", 'threw an error during evaluation.'],
    ["$hash('a', 'CRC')", 'threw an error during evaluation.'],
    ['($f := function($n) { 1 + $f($n) }; $f(1))', 'threw an error during evaluation. Stack overflow error'],
    ['($f := function($n) { $f($n + 1) }; $f(1))', 'threw an error during evaluation. Expression evaluation timeout'],
  ])('%s fails with States.QueryEvaluationError', async (expression, message) => {
    const { error, cause, status } = await evaluate(expression);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(cause).toContain(
      `An error occurred while executing the state 'Only' (entered at the event id #2). The JSONata expression '${expression}' specified for the field 'Output' ${message}`,
    );
  });

  test('Assign and Output read the variables as they were', async () => {
    const { output } = await run({
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { Type: 'Pass', Output: ['{% $states.input %}', '{% $x %}', '{% $y %}'], End: true },
    });
    expect(output).toEqual([1, 2, 1]);
  });

  test('spaces around the marks make a plain text', async () => {
    const { output } = await run({ A: { Type: 'Pass', Output: ' {% 1 %} ', End: true } });
    expect(output).toBe(' {% 1 %} ');
  });

  test('a Condition that is no boolean and a Choice without a match fail by name', async () => {
    const choice = (Condition: unknown) =>
      run({
        Which: { Type: 'Choice', Choices: [{ Condition, Next: 'End' }] },
        End: { Type: 'Succeed' },
      });
    expect((await choice('{% 1 %}')).execution.cause).toContain("Expected 'boolean', but was 'number' for value: 1");
    expect((await choice('{% 1 = 2 %}')).execution.error).toBe('States.NoChoiceMatched');
  });
});

describe('limits of an execution', () => {
  test('fails at 25,000 events', async () => {
    const { execution } = await run({
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Pass', Next: 'A' },
    });
    expect(execution.history.events).toHaveLength(25_000);
    expect(execution.history.events[24_999].type).toBe('ExecutionFailed');
    expect(execution).toMatchObject({
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
  });

  test('may succeed with event 25,000', async () => {
    // 1 event for the start, 4 for the setup and the end, 5 a round.
    const { execution } = await run({
      Set: { Type: 'Pass', Assign: { n: 0 }, Next: 'Loop' },
      Loop: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $n < 12497 %}', Assign: { n: '{% $n + 1 %}' }, Next: 'Loop' }],
        Default: 'End',
      },
      End: { Type: 'Succeed' },
    });
    expect(execution.status).toBe('FAILED');
    const { execution: shorter } = await run({
      Set: { Type: 'Pass', Assign: { n: 0 }, Next: 'Loop' },
      Loop: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $n < 12496 %}', Assign: { n: '{% $n + 1 %}' }, Next: 'Loop' }],
        Default: 'End',
      },
      End: { Type: 'Succeed' },
    });
    expect(shorter.status).toBe('SUCCEEDED');
    expect(shorter.history.events).toHaveLength(25_000);
  });

  test('times out after the TimeoutSeconds of the machine', async () => {
    const { execution, took, types } = await runMachine({
      QueryLanguage: 'JSONata',
      TimeoutSeconds: 30,
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } },
    });
    expect(execution.status).toBe('TIMED_OUT');
    expect(took).toBe(30_000);
    expect(types.at(-1)).toBe('ExecutionTimedOut');
  });

  test('events carry ids, the event before in their branch and the virtual time', async () => {
    const { execution } = await run({
      Wait: { Type: 'Wait', Seconds: 90, Next: 'End' },
      End: { Type: 'Succeed' },
    });
    const { events } = execution.history;
    expect(events.map((event) => [event.id, event.previousEventId])).toEqual([
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 3],
      [5, 4],
      [6, 5],
    ]);
    expect(events[2].timestamp - events[1].timestamp).toBe(90);
  });
});
