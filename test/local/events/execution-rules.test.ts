import { Stack, aws_events as events, aws_events_targets as targets, aws_sns as sns } from 'aws-cdk-lib';
import { functionOf, machineOf, printed, start, startApp } from './small-app';

interface StatusEvent {
  readonly [field: string]: unknown;
  readonly detail: Record<string, unknown> & { readonly status: string; readonly stateMachineArn: string };
}

const PASS = { Type: 'Pass', End: true };

/** A rule for status changes; what else its pattern asks for stands in `detail`. */
function ruleOf(stack: Stack, detail: object | undefined, target: events.IRuleTarget, more: events.RuleProps = {}) {
  return new events.Rule(stack, 'Rule', {
    ruleName: 'told',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      ...(detail !== undefined && { detail }),
    },
    targets: [target],
    ...more,
  });
}

test('a function is told, in the shape of AWS, that an execution starts and that it succeeds', async () => {
  const { runtime, notices } = await startApp((stack) => {
    const machine = machineOf(stack, 'waits', { Wait: { Type: 'Wait', Seconds: 90, Output: 'done', End: true } });
    ruleOf(
      stack,
      { stateMachineArn: [machine.stateMachineArn] },
      new targets.LambdaFunction(functionOf(stack, 'listener')),
    );
  });
  const executionArn = await start(runtime, 'waits', { a: 1 }, 'first');
  await runtime.stepFunctions.waitForExecution(executionArn);
  await runtime.close();

  const began = Date.UTC(2026, 0, 1);
  const told = printed<StatusEvent>(runtime, 'listener');
  const common = {
    version: '0',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: '123456789012',
    region: 'us-east-1',
    resources: [executionArn],
  };
  const detail = {
    executionArn,
    stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:waits',
    name: 'first',
    startDate: began,
    input: '{"a":1}',
    inputDetails: { included: true },
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: expect.any(String) as string,
    error: null,
    cause: null,
  };
  expect(told).toEqual([
    {
      ...common,
      time: '2026-01-01T00:00:00Z',
      detail: { ...detail, status: 'RUNNING', stopDate: null, output: null, outputDetails: null },
    },
    {
      ...common,
      time: '2026-01-01T00:01:30Z',
      detail: {
        ...detail,
        status: 'SUCCEEDED',
        stopDate: began + 90_000,
        output: '"done"',
        outputDetails: { included: true },
      },
    },
  ]);
  expect(notices).toEqual([]);
});

test('failed, stopped and timed out executions are told with their error, each under its status', async () => {
  const { runtime } = await startApp((stack) => {
    machineOf(stack, 'fails', { Fail: { Type: 'Fail', Error: 'Bad', Cause: 'because' } });
    machineOf(stack, 'slow', { Wait: { Type: 'Wait', Seconds: 600, End: true } }, { TimeoutSeconds: 60 });
    ruleOf(
      stack,
      { status: [{ 'anything-but': ['RUNNING', 'SUCCEEDED'] }] },
      new targets.LambdaFunction(functionOf(stack, 'listener')),
    );
  });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'fails'));
  const stopped = await start(runtime, 'slow');
  await runtime.stepFunctions.handle('StopExecution', { executionArn: stopped, error: 'Enough', cause: 'said so' });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'slow'));
  await runtime.close();

  const told = printed<StatusEvent>(runtime, 'listener').map(({ detail }) => detail);
  expect(told.find(({ status }) => status === 'FAILED')).toMatchObject({
    error: 'Bad',
    cause: 'because',
    output: null,
  });
  expect(told.find(({ status }) => status === 'ABORTED')).toMatchObject({
    executionArn: stopped,
    error: 'Enough',
    cause: 'said so',
  });
  expect(told.find(({ status }) => status === 'TIMED_OUT')).toMatchObject({ stopDate: Date.UTC(2026, 0, 1, 0, 1) });
  expect(told).toHaveLength(3);
});

test('a rule hears only what its pattern asks for, and a child of a Distributed Map under an ARN of its own', async () => {
  const { runtime } = await startApp((stack) => {
    const fan = machineOf(stack, 'fan', {
      Fan: {
        Type: 'Map',
        Label: 'Slots',
        Items: [1, 2],
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Pass',
          States: { Pass: PASS },
        },
        End: true,
      },
    });
    const rule = (name: string, stateMachineArn: string) =>
      new events.Rule(stack, `${name}Rule`, {
        eventPattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED'], stateMachineArn: [stateMachineArn] } },
        targets: [new targets.LambdaFunction(functionOf(stack, name))],
      });
    rule('parents', fan.stateMachineArn);
    rule('children', `${fan.stateMachineArn}/Slots`);
  });
  const executionArn = await start(runtime, 'fan');
  await runtime.stepFunctions.waitForExecution(executionArn);
  await runtime.close();

  expect(printed<StatusEvent>(runtime, 'parents').map(({ resources }) => resources)).toEqual([[executionArn]]);
  expect(
    printed<StatusEvent>(runtime, 'children')
      .map(({ detail }) => detail.output)
      .sort(),
  ).toEqual(['1', '2']);
});

test('a target gets a constant or a part of the event where it asks for that', async () => {
  const { runtime } = await startApp((stack) => {
    machineOf(stack, 'passes', { Pass: PASS });
    const status = { status: ['SUCCEEDED'] };
    const event = events.RuleTargetInput.fromObject({ mode: 'tidy' });
    const rule = ruleOf(stack, status, new targets.LambdaFunction(functionOf(stack, 'constant'), { event }));
    const part = events.RuleTargetInput.fromEventPath('$.detail.status');
    rule.addTarget(new targets.LambdaFunction(functionOf(stack, 'part'), { event: part }));
  });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.close();

  expect(printed(runtime, 'constant')).toEqual([{ mode: 'tidy' }]);
  expect(printed(runtime, 'part')).toEqual(['SUCCEEDED']);
});

test('targets that are no function of the app are named once, and its functions are invoked nevertheless', async () => {
  const { runtime, notices } = await startApp((stack) => {
    machineOf(stack, 'passes', { Pass: PASS });
    const rule = ruleOf(stack, { status: ['SUCCEEDED'] }, new targets.SnsTopic(new sns.Topic(stack, 'Topic')));
    rule.addTarget(new targets.LambdaFunction(functionOf(stack, 'listener')));
  });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.close();

  expect(notices).toEqual([
    expect.stringMatching(/^The rule told has the target arn:aws:sns:.*: it is no function of the app/),
  ]);
  expect(printed(runtime, 'listener')).toHaveLength(2);
});

test('rules that are disabled, of another bus, of another source or of a schedule invoke nothing', async () => {
  const { runtime, notices } = await startApp((stack) => {
    machineOf(stack, 'passes', { Pass: PASS });
    const target = new targets.LambdaFunction(functionOf(stack, 'listener'));
    ruleOf(stack, undefined, target, { enabled: false });
    const eventBus = new events.EventBus(stack, 'Bus');
    new events.Rule(stack, 'Other', { eventBus, eventPattern: { source: ['aws.states'] }, targets: [target] });
    const cidr = [{ cidr: '10.0.0.0/8' }];
    new events.Rule(stack, 'Ec2', { eventPattern: { source: ['aws.ec2'], detail: { ip: cidr } }, targets: [target] });
    new events.Rule(stack, 'Calls', {
      eventPattern: { source: ['aws.states'], detailType: ['AWS API Call via CloudTrail'], detail: { ip: cidr } },
      targets: [target],
    });
    new events.Rule(stack, 'Daily', { schedule: events.Schedule.cron({ hour: '4', minute: '0' }), targets: [target] });
  });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.close();

  expect(printed(runtime, 'listener')).toEqual([]);
  expect(notices).toEqual([]);
});

test.each<[string, RegExp, (stack: Stack) => void]>([
  [
    'an operator that is not known',
    /^Small\/Resources\/Rule\w+\/Properties\/EventPattern\/detail\/ip\/0: \{"cidr":.*Use one operator of exists, prefix/,
    (stack) => ruleOf(stack, { ip: [{ cidr: '::/0' }] }, new targets.LambdaFunction(functionOf(stack, 'listener'))),
  ],
  [
    'an input transformer',
    /Properties\/Targets\/0\/InputTransformer: is not applied locally\. Use Input, InputPath or the whole event/,
    (stack) => {
      const event = events.RuleTargetInput.fromText(`status ${events.EventField.fromPath('$.detail.status')}`);
      ruleOf(stack, undefined, new targets.LambdaFunction(functionOf(stack, 'listener'), { event }));
    },
  ],
  [
    'an input path that is no path of fields',
    /Properties\/Targets\/0\/InputPath: "\$\.resources\[0\]" is no path of fields such as \$\.detail/,
    (stack) => {
      const event = events.RuleTargetInput.fromEventPath('$.resources[0]');
      ruleOf(stack, undefined, new targets.LambdaFunction(functionOf(stack, 'listener'), { event }));
    },
  ],
])('%s is refused before anything runs', async (_name, message, build) => {
  await expect(startApp(build)).rejects.toThrow(message);
});
