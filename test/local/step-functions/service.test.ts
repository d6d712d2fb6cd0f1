import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  SFNClient,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { TaskRequest } from '../../../local/asl';
import { RealClock } from '../../../local/clock';
import { ServiceError } from '../../../local/service';
import { StepFunctionsService } from '../../../local/step-functions';
import { MACHINES, machineArn, makeService, untilAborted } from './fixtures';
import { serve } from './server';

let client: SFNClient;
let close: () => Promise<void>;
let service: StepFunctionsService;
let task: (request: TaskRequest) => unknown;

beforeEach(async () => {
  task = (request) => request.arguments;
  service = makeService({ clock: new RealClock(), task: (request) => task(request) });
  ({ client, close } = await serve(service));
});
afterEach(() => close());

const start = async (name: string, input: unknown = {}, executionName?: string) => {
  const { executionArn } = await client.send(
    new StartExecutionCommand({
      stateMachineArn: machineArn(name),
      input: JSON.stringify(input),
      name: executionName,
    }),
  );
  return executionArn!;
};
const token = () =>
  new Promise<string>((resolve) => {
    task = (request) => {
      resolve(request.taskToken!);
      return untilAborted(request);
    };
  });

describe('over AWS’s own client', () => {
  test('starts, waits for and describes an execution', async () => {
    const executionArn = await start('greet', { name: 'Ada' }, 'first');
    await service.waitForExecution(executionArn);
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({
      executionArn: 'arn:aws:states:eu-west-1:123456789012:execution:greet:first',
      stateMachineArn: machineArn('greet'),
      name: 'first',
      status: 'SUCCEEDED',
      input: '{"name":"Ada"}',
      output: '{"hello":"Ada"}',
    });
    expect(described.startDate).toBeInstanceOf(Date);
    expect(described.stopDate!.getTime()).toBeGreaterThanOrEqual(described.startDate!.getTime());
    expect(Math.abs(described.startDate!.getTime() - Date.now())).toBeLessThan(10_000);
  });

  test('answers the history with the details of each event', async () => {
    const executionArn = await start('greet', { name: 'Ada' });
    await service.waitForExecution(executionArn);
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events!.map((event) => event.type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(events![0].executionStartedEventDetails).toMatchObject({
      input: '{"name":"Ada"}',
      roleArn: 'arn:aws:iam::123456789012:role/local',
    });
    expect(events![2].stateExitedEventDetails).toEqual({
      name: 'Greet',
      output: '{"hello":"Ada"}',
      outputDetails: { truncated: false },
      assignedVariables: { n: '1' },
      assignedVariablesDetails: { truncated: false },
    });
    expect(events![4].taskScheduledEventDetails).toEqual({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'eu-west-1',
      parameters: '{"hello":"Ada"}',
    });
    expect(events![8].executionSucceededEventDetails).toMatchObject({ output: '{"hello":"Ada"}' });
    expect(events![8].timestamp).toBeInstanceOf(Date);
  });

  test('pages a history, both ways, with or without data', async () => {
    const executionArn = await start('greet', { name: 'Ada' });
    await service.waitForExecution(executionArn);
    const ids: number[] = [];
    let nextToken: string | undefined;
    do {
      const answer: { events?: { id?: number }[]; nextToken?: string } = await client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 4, reverseOrder: true, nextToken }),
      );
      ids.push(...answer.events!.map((event) => event.id!));
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);
    expect(ids).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
    expect(events![1].stateEnteredEventDetails).toEqual({ name: 'Greet' });
  });

  test('lists executions newest first, by status, in pages', async () => {
    const first = await start('greet');
    await service.waitForExecution(first);
    void token();
    const running = await start('train');
    const second = await start('greet');
    await service.waitForExecution(second);
    const list = (more: object) =>
      client.send(new ListExecutionsCommand({ stateMachineArn: machineArn('greet'), ...more }));
    const { executions } = await list({});
    expect(executions!.map((e) => e.executionArn)).toEqual([second, first]);
    const page1 = await list({ maxResults: 1 });
    const page2 = await list({ maxResults: 1, nextToken: page1.nextToken });
    expect([...page1.executions!, ...page2.executions!].map((e) => e.executionArn)).toEqual([second, first]);
    expect(page2.nextToken).toBeUndefined();
    const active = await client.send(
      new ListExecutionsCommand({ stateMachineArn: machineArn('train'), statusFilter: 'RUNNING' }),
    );
    expect(active.executions!.map((e) => e.executionArn)).toEqual([running]);
    await client.send(new StopExecutionCommand({ executionArn: running }));
  });

  test('lists and describes the map runs of an execution and their children', async () => {
    task = (request) => ({ item: request.arguments });
    const executionArn = await start('fan', [1, 2, 3]);
    await service.waitForExecution(executionArn);
    const { mapRuns } = await client.send(new ListMapRunsCommand({ executionArn }));
    const { mapRunArn } = mapRuns![0];
    expect(mapRunArn).toMatch(/^arn:aws:states:eu-west-1:123456789012:mapRun:fan\/Fan:/);
    const mapRun = await client.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(mapRun).toMatchObject({ executionArn, status: 'SUCCEEDED', executionCounts: { succeeded: 3, total: 3 } });
    const { executions } = await client.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions).toHaveLength(3);
    expect(executions![0]).toMatchObject({
      mapRunArn,
      status: 'SUCCEEDED',
      stateMachineArn: `${machineArn('fan')}/Fan`,
    });
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn: executions![0].executionArn }));
    expect(events!.map((event) => event.type)).toContain('TaskSubmitted');
    const { executions: parents } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: machineArn('fan') }),
    );
    expect(parents!.map((e) => e.executionArn)).toEqual([executionArn]);
  });

  test('stops an execution and, with it, the children of its map runs and their jobs', async () => {
    let aborted = 0;
    task = (request) => {
      request.signal.addEventListener('abort', () => aborted++);
      return untilAborted(request);
    };
    const executionArn = await start('fan', [1, 2]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.send(new StopExecutionCommand({ executionArn, error: 'Stop', cause: 'enough' }));
    expect(await service.waitForExecution(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Stop',
      cause: 'enough',
    });
    expect(aborted).toBe(2);
    const { mapRuns } = await client.send(new ListMapRunsCommand({ executionArn }));
    const { executions } = await client.send(new ListExecutionsCommand({ mapRunArn: mapRuns![0].mapRunArn }));
    expect(executions!.map((e) => e.status)).toEqual(['ABORTED', 'ABORTED']);
    expect(await client.send(new DescribeMapRunCommand({ mapRunArn: mapRuns![0].mapRunArn }))).toMatchObject({
      status: 'ABORTED',
    });
  });

  test('takes the outcome of a task by its token, once', async () => {
    const given = token();
    const executionArn = await start('train');
    const taskToken = await given;
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"accuracy":0.9}' }));
    expect(await service.waitForExecution(executionArn)).toMatchObject({ output: '{"accuracy":0.9}' });
    await expect(client.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
      name: 'TaskTimedOut',
    });
  });

  test('fails a task by its token', async () => {
    const given = token();
    const executionArn = await start('train');
    await client.send(new SendTaskFailureCommand({ taskToken: await given, error: 'Mine', cause: 'why' }));
    expect(await service.waitForExecution(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'Mine',
      cause: 'why',
    });
  });

  test('describes and lists state machines', async () => {
    const machine = await client.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn('greet') }));
    expect(machine).toMatchObject({ name: 'greet', type: 'STANDARD', status: 'ACTIVE' });
    expect(JSON.parse(machine.definition!)).toEqual(MACHINES.greet);
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines!.map((m) => m.name)).toEqual(Object.keys(MACHINES));
  });

  test('validates a definition', async () => {
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { B: { Type: 'Succeed' } } });
    expect(await client.send(new ValidateStateMachineDefinitionCommand({ definition }))).toMatchObject({
      result: 'FAIL',
      diagnostics: [{ code: 'SCHEMA_VALIDATION_FAILED', location: '/StartAt' }],
    });
  });

  test('runs a state machine as a step of another one', async () => {
    const executionArn = await start('outer', { name: 'Eve' });
    expect(await service.waitForExecution(executionArn)).toMatchObject({ output: '{"hello":"Eve"}' });
  });
});

describe('starting twice', () => {
  test('with the name and input of a running execution answers that execution', async () => {
    void token();
    const first = await start('train', { a: 1 }, 'same');
    expect(await start('train', { a: 1 }, 'same')).toBe(first);
    await expect(start('train', { a: 2 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await client.send(new StopExecutionCommand({ executionArn: first }));
    await expect(start('train', { a: 1 }, 'same')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });
});

describe('bad input', () => {
  const execution = 'arn:aws:states:eu-west-1:123456789012:execution:greet:none';
  test.each<[string, Record<string, unknown>, string, string]>([
    ['StartExecution', {}, 'ValidationException', "Value null at 'stateMachineArn'"],
    ['StartExecution', { stateMachineArn: 7 }, 'ValidationException', 'Member must be of type string'],
    ['StartExecution', { stateMachineArn: 'x', colour: 1 }, 'ValidationException', "'colour' is not a field of"],
    ['StartExecution', { stateMachineArn: 'x' }, 'InvalidArn', 'x'],
    ['StartExecution', { stateMachineArn: execution }, 'InvalidArn', 'execution'],
    ['StartExecution', { stateMachineArn: machineArn('none') }, 'StateMachineDoesNotExist', 'none'],
    ['StartExecution', { stateMachineArn: machineArn('greet'), input: '{' }, 'InvalidExecutionInput', 'Invalid State'],
    ['StartExecution', { stateMachineArn: machineArn('greet'), name: 'a b' }, 'InvalidName', "'a b'"],
    ['StartExecution', { stateMachineArn: machineArn('greet'), name: 'x'.repeat(81) }, 'InvalidName', 'xxx'],
    ['StartExecution', { stateMachineArn: machineArn('greet'), name: '' }, 'InvalidName', "''"],
    [
      'StartExecution',
      { stateMachineArn: machineArn('greet'), input: JSON.stringify('x'.repeat(262_144)) },
      'ValidationException',
      "at 'input'",
    ],
    ['DescribeExecution', { executionArn: execution }, 'ExecutionDoesNotExist', execution],
    ['StopExecution', { executionArn: execution }, 'ExecutionDoesNotExist', execution],
    ['GetExecutionHistory', { executionArn: execution, maxResults: 'x' }, 'ValidationException', 'integer'],
    ['ListExecutions', {}, 'ValidationException', "Exactly one of 'stateMachineArn' and 'mapRunArn'"],
    [
      'ListExecutions',
      { stateMachineArn: machineArn('greet'), statusFilter: 'DONE' },
      'ValidationException',
      'enum value set',
    ],
    ['ListExecutions', { stateMachineArn: machineArn('greet'), nextToken: 'x' }, 'InvalidToken', 'Invalid token'],
    ['ListExecutions', { stateMachineArn: machineArn('greet'), maxResults: 1001 }, 'ValidationException', '1000'],
    [
      'DescribeMapRun',
      { mapRunArn: 'arn:aws:states:eu-west-1:123456789012:mapRun:fan/Fan:x' },
      'ResourceNotFound',
      'mapRun',
    ],
    ['SendTaskSuccess', { taskToken: 'x', output: '{' }, 'InvalidOutput', 'Invalid Output'],
    ['SendTaskSuccess', { taskToken: 'x', output: '{}' }, 'InvalidToken', 'Invalid token'],
    ['CreateStateMachine', {}, 'UnknownOperationException', 'StartExecution'],
    ['toString', {}, 'UnknownOperationException', 'toString'],
  ])('%s %j: %s', async (operation, input, code, message) => {
    const error = await service.handle(operation, input).then(
      () => undefined,
      (e: unknown) => e as ServiceError,
    );
    expect(error).toBeInstanceOf(ServiceError);
    expect(error!.code).toBe(code);
    expect(error!.message).toContain(message);
  });

  test('a machine with a resource that the services lack is refused by name', () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'Run',
      States: { Run: { Type: 'Task', Resource: 'arn:aws:states:::ecs:runTask.sync', End: true } },
    };
    expect(() => makeService({ machines: [{ arn: machineArn('m'), name: 'm', definition }] })).toThrow(
      "state machine m: The local runtime doesn't run this definition: state 'Run' uses Resource arn:aws:states:::ecs:runTask.sync",
    );
  });
});

test('a listener sees every event as it happens, until it leaves', async () => {
  const seen: string[] = [];
  const leave = service.onEvent(({ executionArn, event }) =>
    seen.push(`${executionArn.split(':').at(-1)} ${event.type}`),
  );
  await service.waitForExecution(await start('greet', { name: 'Ada' }, 'one'));
  leave();
  await service.waitForExecution(await start('greet', { name: 'Ada' }, 'two'));
  expect(seen).toHaveLength(9);
  expect(seen.at(-1)).toBe('one ExecutionSucceeded');
});
