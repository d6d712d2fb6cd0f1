import { StatesError } from '../../../local/asl';
import { LAMBDA, run } from './harness';

const failing = (times: number, error = 'Busy') => {
  const at: number[] = [];
  return {
    at,
    task: (_: unknown, clock: { now(): number }) => {
      at.push(clock.now());
      if (at.length <= times) throw new StatesError(error, 'try again');
      return at.length;
    },
    gaps: () => at.slice(1).map((time, i) => (time - at[i]) / 1000),
  };
};

const retrying = (retrier: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  Call: { Type: 'Task', Resource: LAMBDA, Retry: [{ ErrorEquals: ['States.ALL'], ...retrier }], End: true, ...more },
});

describe('Retry', () => {
  test('waits IntervalSeconds times BackoffRate to the number of retries, at most MaxDelaySeconds', async () => {
    const calls = failing(5);
    const { output } = await run(
      retrying({ IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 5, MaxDelaySeconds: 20 }),
      calls,
    );
    expect(calls.gaps()).toEqual([3, 6, 12, 20, 20]);
    expect(output).toBe(6);
  });

  test('takes an interval of 1 s, a rate of 2 and 3 attempts when nothing is given', async () => {
    const calls = failing(10);
    const { execution } = await run(retrying({}), calls);
    expect(calls.gaps()).toEqual([1, 2, 4]);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Busy', cause: 'try again' });
  });

  test('does not retry with MaxAttempts 0', async () => {
    const calls = failing(1);
    const { execution } = await run(retrying({ MaxAttempts: 0 }), calls);
    expect(execution.status).toBe('FAILED');
    expect(calls.at).toHaveLength(1);
  });

  test('shortens each wait by the injected random number with full jitter', async () => {
    const calls = failing(2);
    await run(retrying({ IntervalSeconds: 8, JitterStrategy: 'FULL' }), { ...calls, random: () => 0.25 });
    expect(calls.gaps()).toEqual([2, 4]);
  });

  test('counts the attempts of each retrier on its own and shows the sum to expressions', async () => {
    const errors = ['A', 'B', 'A', 'B'];
    const seen: unknown[] = [];
    const { execution } = await run(
      {
        Call: {
          Type: 'Task',
          Resource: LAMBDA,
          Arguments: '{% $states.context.State.RetryCount %}',
          Retry: [
            { ErrorEquals: ['A'], MaxAttempts: 2 },
            { ErrorEquals: ['B'], MaxAttempts: 1 },
          ],
          End: true,
        },
      },
      {
        task: (request) => {
          seen.push(request.arguments);
          throw new StatesError(errors[seen.length - 1]);
        },
      },
    );
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(execution.error).toBe('B');
  });

  test('adds three events an attempt', async () => {
    const { types } = await run(retrying({}), failing(1));
    expect(types).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  test('ends at once when the execution is stopped during a wait', async () => {
    const calls = failing(9);
    const { execution, took } = await run(retrying({ IntervalSeconds: 1000 }), {
      ...calls,
      onStart: (started, clock) => void clock.sleep(5000).then(() => started.stop('Why', 'because')),
    });
    expect(execution).toMatchObject({ status: 'ABORTED', error: 'Why', cause: 'because' });
    expect(took).toBe(5000);
  });
});

describe('Catch', () => {
  const caught = async (name: string, error: StatesError) => {
    const { output } = await run(
      {
        Call: {
          Type: 'Task',
          Resource: LAMBDA,
          Catch: [{ ErrorEquals: [name], Next: 'Caught' }],
          Next: 'Done',
        },
        Done: { Type: 'Pass', End: true },
        Caught: { Type: 'Pass', Output: { caught: '{% $states.input %}' }, End: true },
      },
      {
        task: () => {
          throw error;
        },
      },
    );
    return output;
  };

  test('hands on Error and Cause', async () => {
    expect(await caught('Mine', new StatesError('Mine', 'text'))).toEqual({ caught: { Error: 'Mine', Cause: 'text' } });
  });

  test.each([
    ['States.ALL', 'Mine', true],
    ['States.TaskFailed', 'Mine', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.Timeout', 'States.Timeout', true],
    ['Other', 'Mine', false],
    ['States.ALL', 'States.Runtime', false],
    ['States.Runtime', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', true],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
  ])('%s catches %s: %s', async (name, error, expected) => {
    expect((await caught(name, new StatesError(error))) !== undefined).toBe(expected);
  });

  test('States.ALL catches an error without a name, with nulls', async () => {
    expect(await caught('States.ALL', new StatesError())).toEqual({ caught: { Error: null, Cause: null } });
  });

  test('assigns variables and replaces the output', async () => {
    const { output } = await run(
      {
        Call: {
          Type: 'Task',
          Resource: LAMBDA,
          Catch: [
            {
              ErrorEquals: ['States.ALL'],
              Assign: { why: '{% $states.errorOutput.Cause %}' },
              Output: '{% $states.input.keep %}',
              Next: 'Caught',
            },
          ],
          End: true,
        },
        Caught: { Type: 'Pass', Output: ['{% $states.input %}', '{% $why %}'], End: true },
      },
      {
        input: { keep: 7 },
        task: () => {
          throw new Error('a defect of a service');
        },
      },
    );
    expect(output).toEqual([7, 'a defect of a service']);
  });

  test('catches an evaluation error of the same state', async () => {
    const { output } = await run({
      Call: {
        Type: 'Task',
        Resource: LAMBDA,
        Arguments: { name: '{% $missing %}' },
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }],
        End: true,
      },
      Caught: { Type: 'Pass', Output: '{% $states.input.Cause %}', End: true },
    });
    expect(output).toContain("specified for the field 'Arguments/name' returned nothing (undefined).");
  });
});
