import { StatesError, TaskRequest } from '../../../local/asl';
import { CALLBACK, LAMBDA, TRAINING, run } from './harness';

const untilAborted = ({ signal }: TaskRequest) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('Task', () => {
  test('times out after TimeoutSeconds and aborts the signal of the service', async () => {
    let reason: unknown;
    const { execution, took, types } = await run(
      { Train: { Type: 'Task', Resource: TRAINING, TimeoutSeconds: '{% 60 * 2 %}', End: true } },
      {
        task: (request) => {
          request.submitted({ TrainingJobArn: 'arn' });
          request.signal.addEventListener('abort', () => (reason = request.signal.reason));
          return untilAborted(request);
        },
      },
    );
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Timeout', cause: undefined });
    expect(took).toBe(120_000);
    expect(reason).toMatchObject({ error: 'States.Timeout' });
    expect(types.slice(1)).toEqual([
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskTimedOut',
      'ExecutionFailed',
    ]);
  });

  test('times out when no heartbeat came for HeartbeatSeconds, matched by both names', async () => {
    const { output, took } = await run(
      {
        Train: {
          Type: 'Task',
          Resource: TRAINING,
          HeartbeatSeconds: 10,
          Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Pass', End: true },
      },
      {
        task: async (request, clock) => {
          for (let beat = 0; beat < 5; beat++) {
            await clock.sleep(8000);
            request.heartbeat();
          }
          return untilAborted(request);
        },
      },
    );
    expect(output).toEqual({ Error: 'States.Timeout' });
    expect(took).toBe(50_000);
  });

  test('takes the output of a .sync job and records its submission: six events', async () => {
    const { output, types } = await run(
      { Train: { Type: 'Task', Resource: TRAINING, Output: '{% $states.result.Status %}', End: true } },
      {
        task: async (request, clock) => {
          request.submitted({ Arn: 'a' });
          await clock.sleep(1000);
          return { Status: 'Completed' };
        },
      },
    );
    expect(output).toBe('Completed');
    expect(types.slice(1, -1)).toEqual([
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
    ]);
  });

  test('waits for its token, which expressions see', async () => {
    const { output, took } = await run(
      {
        Ask: {
          Type: 'Task',
          Resource: CALLBACK,
          Arguments: { token: '{% $states.context.Task.Token %}' },
          HeartbeatSeconds: 30,
          End: true,
        },
      },
      {
        task: (request, clock, host) => {
          const { token } = request.arguments as { token: string };
          void (async () => {
            for (let i = 0; i < 3; i++) {
              await clock.sleep(20_000);
              host.tokens.get(token)!.heartbeat();
            }
            host.tokens.get(token)!.succeed({ answer: 42 });
          })();
          return { MessageId: 'm' };
        },
      },
    );
    expect(output).toEqual({ answer: 42 });
    expect(took).toBe(60_000);
  });

  test('a token of a .sync job ends the task while the job goes on', async () => {
    let aborted = false;
    const { output } = await run(
      { Train: { Type: 'Task', Resource: TRAINING, End: true } },
      {
        task: (request, clock, host) => {
          request.submitted({});
          request.signal.addEventListener('abort', () => (aborted = true));
          void clock.sleep(10).then(() => host.tokens.get(request.taskToken!)!.succeed('early'));
          return new Promise(() => undefined);
        },
      },
    );
    expect(output).toBe('early');
    expect(aborted).toBe(false);
  });

  test('has a new token at every attempt', async () => {
    const tokens = new Set<string>();
    await run(
      { Train: { Type: 'Task', Resource: TRAINING, Retry: [{ ErrorEquals: ['States.ALL'] }], End: true } },
      {
        task: (request) => {
          tokens.add(request.taskToken!);
          throw new StatesError('Again');
        },
      },
    );
    expect(tokens.size).toBe(4);
  });

  test('a result above 256 KiB is States.DataLimitExceeded', async () => {
    const { execution, types } = await run(
      { Call: { Type: 'Task', Resource: LAMBDA, End: true } },
      { task: () => 'x'.repeat(256 * 1024) },
    );
    expect(execution.error).toBe('States.DataLimitExceeded');
    expect(execution.cause).toBe(
      "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    );
    expect(types).toContain('TaskFailed');
  });

  test('a result of 256 KiB passes', async () => {
    const text = 'x'.repeat(256 * 1024 - 2);
    const { output } = await run({ Call: { Type: 'Task', Resource: LAMBDA, End: true } }, { task: () => text });
    expect(output).toBe(text);
  });

  test('an output above 256 KiB is States.DataLimitExceeded, counted in bytes', async () => {
    const { execution } = await run(
      { Grow: { Type: 'Pass', Output: "{% $pad('', 100000, 'é') & $pad('', 50000, 'é') %}", End: true } },
      {},
    );
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  test('legacy Lambda resources have events of their own', async () => {
    const { types } = await run({
      Call: { Type: 'Task', Resource: 'arn:aws:lambda:eu-west-1:123456789012:function:f', End: true },
    });
    expect(types.slice(2, 5)).toEqual(['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionSucceeded']);
  });
});
