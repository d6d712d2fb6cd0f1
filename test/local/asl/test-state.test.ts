import { VirtualClock } from '../../../local/clock';
import { ExecutionHost, Expressions, State, TaskTokens } from '../../../local/asl';
import { StateTest, findState, testState } from '../../../local/asl/test-state';
import { LAMBDA, run } from './harness';

const host = (): ExecutionHost => {
  const clock = new VirtualClock();
  return {
    clock,
    services: { supports: () => true, run: () => Promise.reject(new Error('a mock stands in for the task')) },
    expressions: new Expressions(clock, () => 0.5),
    tokens: new TaskTokens(),
    random: () => 0.5,
    uniqueName: () => 'name',
    region: 'eu-west-1',
    account: '123456789012',
  };
};
const tested = (test: Partial<StateTest> & { definition: State }) =>
  testState(host(), { input: { n: 1 }, inspectionLevel: 'DEBUG', ...test });
const task: State = {
  Type: 'Task',
  Resource: LAMBDA,
  Arguments: { n: '{% $states.input.n %}' },
  Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10 }],
  Catch: [{ ErrorEquals: ['States.ALL'], Assign: { why: '{% $states.errorOutput.Error %}' }, Next: 'Other' }],
  Next: 'Then',
};

describe('testState', () => {
  test('evaluates the arguments and the output around a mocked result', async () => {
    expect(
      await tested({ definition: { ...task, Output: '{% $states.result.ok %}' }, mock: { result: { ok: 7 } } }),
    ).toEqual({
      status: 'SUCCEEDED',
      output: 7,
      nextState: 'Then',
      inspectionData: { input: { n: 1 }, afterArguments: { n: 1 } },
    });
  });

  test.each([
    [0, 'RETRIABLE', { retryIndex: 0, retryBackoffIntervalSeconds: 2 }],
    [1, 'RETRIABLE', { retryIndex: 0, retryBackoffIntervalSeconds: 6 }],
    [2, 'RETRIABLE', { retryIndex: 0, retryBackoffIntervalSeconds: 10 }],
    [3, 'CAUGHT_ERROR', { retryIndex: 0, catchIndex: 0 }],
  ])('after %i retries an error is %s', async (retrierRetryCount, status, errorDetails) => {
    const result = await tested({
      definition: task,
      mock: { errorOutput: { error: 'Busy' } },
      stateConfiguration: { retrierRetryCount },
    });
    expect(result.status).toBe(status);
    expect(result.inspectionData!.errorDetails).toEqual(errorDetails);
  });

  test('shows the variables after the state and takes the context that it is given', async () => {
    const definition: State = {
      Type: 'Pass',
      Assign: { b: '{% $a + 1 %}' },
      Output: '{% $states.context %}',
      End: true,
    };
    expect(await tested({ definition, variables: { a: 1 }, context: { State: {} } })).toEqual({
      status: 'SUCCEEDED',
      output: { State: {} },
      inspectionData: { input: { n: 1 }, variables: { a: 1, b: 2 } },
    });
  });

  test('finds a state inside a Map, and says when there is none', () => {
    const inner: State = { Type: 'Succeed' };
    const machine = {
      StartAt: 'Each',
      States: { Each: { Type: 'Map', ItemProcessor: { StartAt: 'Inner', States: { Inner: inner } } } as State },
    };
    expect(findState(machine, 'Inner')).toBe(inner);
    expect(() => findState(machine, 'Gone')).toThrow("the definition has no state 'Gone'");
  });
});

test('Credentials go to the service and into the history', async () => {
  let seen: string | undefined;
  const { execution } = await run(
    {
      Call: { Type: 'Task', Resource: LAMBDA, Credentials: { RoleArn: '{% $states.input.role %}' }, End: true },
    },
    {
      input: { role: 'arn:aws:iam::123456789012:role/other' },
      task: (request) => {
        seen = request.credentialsRoleArn;
      },
    },
  );
  expect(seen).toBe('arn:aws:iam::123456789012:role/other');
  expect(execution.history.events[2].taskScheduledEventDetails).toMatchObject({ taskCredentials: { roleArn: seen } });
});
