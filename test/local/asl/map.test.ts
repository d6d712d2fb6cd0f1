import { StatesError } from '../../../local/asl';
import { LAMBDA, TRAINING, run } from './harness';

const distributed = (more: Record<string, unknown> = {}, states: Record<string, unknown> = {}) => ({
  'Run slots': {
    Type: 'Map',
    Items: '{% $states.input.items %}',
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'Work',
      States: { Work: { Type: 'Task', Resource: LAMBDA, End: true }, ...states },
    },
    End: true,
    ...more,
  },
});
const items = (n: number) => Array.from({ length: n }, (_, i) => i);
const failingFrom = (first: number) => ({
  task: ({ arguments: item }: { arguments: unknown }) => {
    if ((item as number) >= first) throw new StatesError('Bad', `item ${String(item)}`);
    return item;
  },
});

describe('Distributed Map', () => {
  test('runs 1000 items as executions of their own, six events in the parent', async () => {
    let now = 0;
    let most = 0;
    const started = Date.now();
    const { output, children, types, mapRuns, took } = await run(distributed({ MaxConcurrency: 50 }), {
      input: { items: items(1000) },
      task: async (request, clock) => {
        most = Math.max(most, ++now);
        await clock.sleep(60_000);
        now--;
        return request.arguments;
      },
    });
    expect(output).toEqual(items(1000));
    expect(children).toHaveLength(1000);
    expect(new Set(children.map((child) => child.arn)).size).toBe(1000);
    expect(children[0].arn).toMatch(/^arn:aws:states:eu-west-1:123456789012:execution:machine\/Runslots:name-\d+$/);
    expect(children[0].mapRunArn).toBe(mapRuns[0].arn);
    expect(children[0].history.events[0].type).toBe('ExecutionStarted');
    expect(most).toBe(50);
    expect(took).toBe((1000 / 50) * 60_000);
    expect(mapRuns[0].counts).toMatchObject({ total: 1000, succeeded: 1000, pending: 0, running: 0, failed: 0 });
    expect(types.slice(1, -1)).toEqual([
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
    ]);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test('one failed child is one too many without a threshold', async () => {
    const { execution, types, mapRuns } = await run(distributed(), { input: { items: items(3) }, ...failingFrom(2) });
    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
    expect(types.slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed']);
    expect(mapRuns[0].status).toBe('FAILED');
  });

  test.each([
    [{ ToleratedFailureCount: 2 }, 'SUCCEEDED'],
    [{ ToleratedFailureCount: '{% $states.input.most %}' }, 'FAILED'],
    [{ ToleratedFailurePercentage: 50 }, 'SUCCEEDED'],
    [{ ToleratedFailurePercentage: 49.9 }, 'FAILED'],
    [{ ToleratedFailureCount: 100, ToleratedFailurePercentage: 10 }, 'FAILED'],
  ])('two of four failed children with %j: %s', async (threshold, status) => {
    const { execution } = await run(distributed(threshold), {
      input: { items: items(4), most: 1 },
      ...failingFrom(2),
    });
    expect(execution.status).toBe(status);
  });

  test.each([
    [{ ToleratedFailureCount: -1 }, 'ToleratedFailureCount cannot be negative.'],
    [{ ToleratedFailurePercentage: 100.1 }, 'ToleratedFailurePercentage must be between 0 and 100.'],
  ])('%j ends the execution', async (threshold, message) => {
    const { execution } = await run(distributed(threshold), { input: { items: [1] } });
    expect(execution.error).toBe('States.Runtime');
    expect(execution.cause).toContain(message);
  });

  test('Retry sees the passed threshold and starts a new map run', async () => {
    let calls = 0;
    const { output, mapRuns } = await run(
      distributed({ Retry: [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'] }] }),
      {
        input: { items: [1] },
        task: () => {
          if (++calls === 1) throw new StatesError('Bad');
          return 'good';
        },
      },
    );
    expect(output).toEqual(['good']);
    expect(mapRuns.map((mapRun) => mapRun.status)).toEqual(['FAILED', 'SUCCEEDED']);
  });

  test('children do not see the variables of the parent and have their own context', async () => {
    const { output } = await run(
      {
        Set: { Type: 'Pass', Assign: { secret: 1 }, Next: 'Run slots' },
        ...distributed(
          { ItemSelector: { n: '{% $states.context.Map.Item.Index %}', v: '{% $states.context.Map.Item.Value %}' } },
          {
            Work: {
              Type: 'Pass',
              Output: {
                seen: '{% $exists($secret) %}',
                input: '{% $states.input %}',
                machine: '{% $states.context.StateMachine.Name %}',
              },
              End: true,
            },
          },
        ),
      },
      { input: { items: ['a'] } },
    );
    expect(output).toEqual([{ seen: false, input: { n: 0, v: 'a' }, machine: 'machine/Runslots' }]);
  });

  test('stopping the parent stops the children and their jobs', async () => {
    let aborted = 0;
    const { execution, children } = await run(
      distributed({}, { Work: { Type: 'Task', Resource: TRAINING, End: true } }),
      {
        input: { items: items(3) },
        task: (request) =>
          new Promise((_, reject) =>
            request.signal.addEventListener('abort', () => {
              aborted++;
              reject(request.signal.reason as Error);
            }),
          ),
        onStart: (started, clock) => void clock.sleep(1000).then(() => started.stop()),
      },
    );
    expect(execution.status).toBe('ABORTED');
    expect(children.map((child) => child.status)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
    expect(aborted).toBe(3);
  });

  test.each([
    ['JSON', '[{"a": 1}, {"a": 2}]', {}, [{ a: 1 }, { a: 2 }]],
    ['JSON', '{"x": {"y": [1, 2, 3]}}', { ItemsPointer: '/x/y', MaxItems: 2 }, [1, 2]],
    ['JSONL', '{"a": 1}\n\n[2]\n', {}, [{ a: 1 }, [2]]],
    [
      'CSV',
      'a,b\r\n1,"x, ""y"""\n2,',
      { CSVHeaderLocation: 'FIRST_ROW' },
      [
        { a: '1', b: 'x, "y"' },
        { a: '2', b: '' },
      ],
    ],
    ['CSV', '1;2', { CSVHeaderLocation: 'GIVEN', CSVHeaders: ['a'], CSVDelimiter: 'SEMICOLON' }, [{ a: '1' }]],
  ])('reads items from %s', async (InputType, text, config, expected) => {
    const { output } = await run(
      distributed({
        Items: undefined,
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          Arguments: { Bucket: 'b', Key: "{% 'k' %}" },
          ReaderConfig: { InputType, ...config },
        },
      }),
      { objects: { 'b/k': text } },
    );
    expect(output).toEqual(expected);
  });

  test('groups items into batches', async () => {
    const { output } = await run(
      distributed({ ItemBatcher: { MaxItemsPerBatch: '{% 2 %}', BatchInput: { lr: 0.1 } } }),
      { input: { items: [1, 2, 3] } },
    );
    expect(output).toEqual([
      { BatchInput: { lr: 0.1 }, Items: [1, 2] },
      { BatchInput: { lr: 0.1 }, Items: [3] },
    ]);
  });
});

describe('inline Map', () => {
  const inline = (more: Record<string, unknown> = {}) => ({
    Each: {
      Type: 'Map',
      Items: '{% $states.input.items %}',
      ItemProcessor: { StartAt: 'Work', States: { Work: { Type: 'Task', Resource: LAMBDA, End: true } } },
      End: true,
      ...more,
    },
  });

  test('runs 40 iterations at once at most', async () => {
    const { took, output } = await run(inline(), {
      input: { items: items(80) },
      task: async (request, clock) => {
        await clock.sleep(1000);
        return request.arguments;
      },
    });
    expect(took).toBe(2000);
    expect(output).toEqual(items(80));
  });

  test('the first failure stops the other iterations', async () => {
    const { execution, types } = await run(inline(), {
      input: { items: [0, 1, 2] },
      task: async (request, clock) => {
        await clock.sleep(request.arguments === 1 ? 10 : 1000, request.signal);
        throw new StatesError('Bad');
      },
    });
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Bad' });
    const count = (type: string) => types.filter((t) => t === type).length;
    expect(count('MapIterationFailed')).toBe(1);
    expect(count('MapIterationAborted')).toBe(2);
    expect(count('TaskStateAborted')).toBe(3);
    expect(types.slice(-2)).toEqual(['MapStateFailed', 'ExecutionFailed']);
  });

  test('a variable of an iteration stays inside, one of the state outside is seen', async () => {
    const { output } = await run(
      {
        Set: { Type: 'Pass', Assign: { outer: 10, x: 0 }, Next: 'Each' },
        ...inline({
          ItemProcessor: {
            StartAt: 'Add',
            States: {
              Add: { Type: 'Pass', Assign: { x: '{% $outer + $states.input %}' }, Next: 'Show' },
              Show: { Type: 'Pass', Output: '{% $x %}', End: true },
            },
          },
          Output: { inner: '{% $states.result %}', x: '{% $x %}' },
        }),
      },
      { input: { items: [1, 2] } },
    );
    expect(output).toEqual({ inner: [11, 12], x: 0 });
  });
});

describe('Parallel', () => {
  test('answers the results in the order of the branches and stops the others when one fails', async () => {
    const branch = (name: string, seconds: number) => ({
      StartAt: name,
      States: {
        [name]: { Type: 'Wait', Seconds: seconds, Next: `${name} done` },
        [`${name} done`]: { Type: 'Pass', Output: name, End: true },
      },
    });
    const good = await run({ Both: { Type: 'Parallel', Branches: [branch('a', 5), branch('b', 1)], End: true } });
    expect(good.output).toEqual(['a', 'b']);
    expect(good.took).toBe(5000);
    const bad = await run({
      Both: {
        Type: 'Parallel',
        Branches: [branch('a', 50), { StartAt: 'f', States: { f: { Type: 'Fail', Error: 'No' } } }],
        End: true,
      },
    });
    expect(bad.execution).toMatchObject({ status: 'FAILED', error: 'No' });
    expect(bad.took).toBe(0);
    expect(bad.types).toContain('WaitStateAborted');
    expect(bad.types.slice(-2)).toEqual(['ParallelStateFailed', 'ExecutionFailed']);
  });
});
