import { Stack, aws_events as events, aws_events_targets as targets } from 'aws-cdk-lib';
import { RealClock } from '../../../local/clock';
import { AsyncInvoker } from '../../../local/events';
import { FAILS, functionOf, machineOf, printed, start, startApp } from './small-app';

const FAILS_TWICE = `
  let attempts = 0;
  exports.handler = async () => {
    console.log(Date.now());
    if (++attempts < 3) throw new RangeError('no luck');
  };`;
const MINUTE = 60_000;

/** An app whose executions invoke one function when they have succeeded. */
const appWith = (code: string, retryAttempts?: number) => (stack: Stack) => {
  machineOf(stack, 'passes', { Pass: { Type: 'Pass', End: true } });
  new events.Rule(stack, 'Rule', {
    ruleName: 'told',
    eventPattern: { source: ['aws.states'], detail: { status: ['SUCCEEDED'] } },
    targets: [new targets.LambdaFunction(functionOf(stack, 'listener', code, retryAttempts))],
  });
};

test('a function that fails is tried again after one minute and after two more', async () => {
  const { runtime, clock, notices } = await startApp(appWith(FAILS_TWICE));
  const began = clock.now();
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await clock.sleep(10 * MINUTE);

  expect(printed<number>(runtime, 'listener').map((at) => at - began)).toEqual([0, MINUTE, 3 * MINUTE]);
  expect(notices).toEqual([]);
  await runtime.close();
});

test('an event that fails three times is lost, and that is said with the error and where the log is', async () => {
  const { runtime, clock, notices } = await startApp(appWith(FAILS));
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await clock.sleep(10 * MINUTE);

  expect(printed(runtime, 'listener')).toHaveLength(3);
  expect(notices).toEqual([
    'The function listener, invoked by the rule told, failed after 3 attempts and its event is lost: ' +
      `RangeError: no luck What it printed: ${runtime.lambda.logFile('listener')}`,
  ]);
  await runtime.close();
});

test('a function is tried again only as often as its retryAttempts say', async () => {
  const { runtime, clock, notices } = await startApp(appWith(FAILS, 0));
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await clock.sleep(10 * MINUTE);

  expect(printed(runtime, 'listener')).toHaveLength(1);
  expect(notices).toEqual([expect.stringContaining('failed after 1 attempt and its event is lost')]);
  await runtime.close();
});

test('what can run nowhere here is said at once and not tried again', async () => {
  const { runtime, notices } = await startApp((stack) => {
    appWith(FAILS)(stack);
    (stack.node.findChild('listener').node.defaultChild as { runtime?: string }).runtime = 'python3.13';
  });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.close();

  expect(notices).toEqual([expect.stringMatching(/failed after 1 attempt.*only nodejs runtimes run locally/)]);
});

test('a runtime that closes in real time makes the attempts that are left without waiting', async () => {
  const clock = new RealClock();
  const { runtime, notices } = await startApp(appWith(FAILS_TWICE), { clock });
  await runtime.stepFunctions.waitForExecution(await start(runtime, 'passes'));
  await runtime.close();

  expect(printed(runtime, 'listener')).toHaveLength(3);
  expect(notices).toEqual([]);
});

test('a function that does not end holds a runtime that closes only so long, and that is said', async () => {
  const { runtime, clock } = await startApp(appWith('exports.handler = () => new Promise(() => undefined);'));
  const notices: string[] = [];
  const notice = (text: string) => notices.push(text);
  const invoker = new AsyncInvoker({ lambda: runtime.lambda, clock, notice, closeSeconds: 0.1 });
  void invoker.invoke({ functionArn: runtime.app.functions[0].arn, payload: {}, source: 'this test' });
  await invoker.close();

  expect(notices).toEqual([
    'The local runtime closed before 1 asynchronous invocation(s) had ended: what they still did is lost.',
  ]);
});
