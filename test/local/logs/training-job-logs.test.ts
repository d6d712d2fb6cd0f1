import { Stack, aws_logs as logs, aws_logs_destinations as destinations } from 'aws-cdk-lib';
import { LocalRuntime } from '../../../local/runtime';
import { SimulationApi } from '../../../local/sagemaker';
import { functionOf, printed, startApp } from '../events/small-app';
import { trainingJobRequest } from '../sagemaker/request';

interface Batch {
  readonly at: number;
  readonly logStream: string;
  readonly subscriptionFilters: readonly string[];
  readonly logEvents: readonly { readonly id: string; readonly timestamp: number; readonly message: string }[];
}

/** Prints what CloudWatch Logs sends to it, and when it came. */
const UNPACKS = `
  const { gunzipSync } = require('node:zlib');
  exports.handler = async ({ awslogs }) => {
    const batch = JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString());
    console.log(JSON.stringify({ at: Date.now(), ...batch }));
    FAILURE
  };`;

function subscribe(stack: Stack, name: string, pattern = logs.FilterPattern.allEvents(), failure = ''): void {
  new logs.SubscriptionFilter(stack, `${name}Filter`, {
    filterName: `of-${name}`,
    logGroup: logs.LogGroup.fromLogGroupName(stack, `${name}Group`, '/aws/sagemaker/TrainingJobs'),
    destination: new destinations.LambdaDestination(functionOf(stack, name, UNPACKS.replace('FAILURE', failure))),
    filterPattern: pattern,
  });
}

async function train(runtime: LocalRuntime, name: string): Promise<void> {
  runtime.sageMaker.createTrainingJob(trainingJobRequest(name));
  await runtime.sageMaker.waitForEnd(name);
}

const messagesOf = (batches: readonly Batch[]) => batches.map(({ logEvents }) => logEvents.map((e) => e.message));

test('lines reach the function as CloudWatch Logs sends them, those of one second together', async () => {
  const { runtime, clock } = await startApp(
    (stack) => subscribe(stack, 'listener'),
    {},
    async (_job, jobClock, api) => {
      api.log('one');
      await jobClock.sleep(500);
      api.log('two');
      await jobClock.sleep(5000);
      api.log('three');
      await jobClock.sleep(30_000);
      return 0;
    },
  );
  const began = clock.now();
  await train(runtime, 'job-1');

  const told = printed<Batch>(runtime, 'listener');
  expect(told).toEqual([
    {
      at: began + 1000,
      messageType: 'DATA_MESSAGE',
      owner: '123456789012',
      logGroup: '/aws/sagemaker/TrainingJobs',
      logStream: `job-1/algo-1-${began / 1000}`,
      subscriptionFilters: ['of-listener'],
      logEvents: [
        { id: expect.any(String) as string, timestamp: began, message: 'one' },
        { id: expect.any(String) as string, timestamp: began + 500, message: 'two' },
      ],
    },
    expect.objectContaining({ at: began + 6500, logStream: `job-1/algo-1-${began / 1000}` }),
  ]);
  const ids = told.flatMap(({ logEvents }) => logEvents.map(({ id }) => id));
  expect(ids.every((id) => /^\d{56}$/.test(id))).toBe(true);
  expect([...new Set(ids)].sort()).toEqual(ids);
  await runtime.close();
});

test('the last lines of a job that has ended are delivered, by the clock or when the runtime closes', async () => {
  const lastWords = async (_job: unknown, _clock: unknown, api: SimulationApi) => {
    api.log('last words');
    return 0;
  };
  const first = await startApp((stack) => subscribe(stack, 'listener'), {}, lastWords);
  await train(first.runtime, 'job-1');
  await first.clock.sleep(2000);
  expect(messagesOf(printed<Batch>(first.runtime, 'listener'))).toEqual([['last words']]);
  await first.runtime.close();

  const second = await startApp((stack) => subscribe(stack, 'listener'), { logDeliverySeconds: 300 }, lastWords);
  await train(second.runtime, 'job-1');
  await second.runtime.close();
  expect(messagesOf(printed<Batch>(second.runtime, 'listener'))).toEqual([['last words']]);
});

test('a burst comes in batches of at most 100 lines, in order, each after the one before has succeeded', async () => {
  const failsOnce = `globalThis.calls = (globalThis.calls ?? 0) + 1;
    if (globalThis.calls === 1) throw new Error('not yet');`;
  const { runtime, clock, notices } = await startApp(
    (stack) => subscribe(stack, 'listener', undefined, failsOnce),
    {},
    async (_job, _clock, api) => {
      for (let line = 0; line < 250; line++) api.log(String(line));
      return 0;
    },
  );
  const began = clock.now();
  await train(runtime, 'job-1');
  await clock.sleep(600_000);

  const told = printed<Batch>(runtime, 'listener');
  const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => String(from + at));
  expect(messagesOf(told)).toEqual([lines(0, 100), lines(0, 100), lines(100, 200), lines(200, 250)]);
  // the retry shows the same events again.
  expect(told[1].logEvents).toEqual(told[0].logEvents);
  expect(told.map(({ at }) => at - began)).toEqual([1000, 61_000, 61_000, 62_000]);
  expect(notices).toEqual([]);
  await runtime.close();
});

test('two subscriptions each get the lines that match their pattern, with the same ids, and onLine gets all', async () => {
  const lines: string[] = [];
  const { runtime } = await startApp(
    (stack) => {
      subscribe(stack, 'accuracies', logs.FilterPattern.allTerms('accuracy='));
      subscribe(stack, 'numbers', logs.FilterPattern.anyTerm('accuracy', 'loss'));
    },
    { sageMaker: { onLine: (job, line) => lines.push(`${job}: ${line}`) } },
    async (_job, _clock, api) => {
      for (const line of ['begin', 'accuracy=1', '', 'loss=2']) api.log(line);
      return 0;
    },
  );
  await train(runtime, 'job-1');
  await runtime.close();

  expect(lines).toEqual(['job-1: begin', 'job-1: accuracy=1', 'job-1: ', 'job-1: loss=2']);
  const [accuracies] = printed<Batch>(runtime, 'accuracies');
  const [numbers] = printed<Batch>(runtime, 'numbers');
  expect(messagesOf([accuracies, numbers])).toEqual([['accuracy=1'], ['accuracy=1', 'loss=2']]);
  expect(accuracies.logEvents[0].id).toBe(numbers.logEvents[0].id);
});

test('jobs have streams of their own', async () => {
  const { runtime } = await startApp(
    (stack) => subscribe(stack, 'listener'),
    {},
    async ({ request: { TrainingJobName } }, _clock, api) => {
      api.log(`I am ${TrainingJobName}`);
      return 0;
    },
  );
  await Promise.all([train(runtime, 'job-1'), train(runtime, 'job-2')]);
  await runtime.close();

  const told = printed<Batch>(runtime, 'listener').map(
    ({ logStream, logEvents }) => `${logStream.split('/')[0]}: ${logEvents[0].message}`,
  );
  expect(told.sort()).toEqual(['job-1: I am job-1', 'job-2: I am job-2']);
});

test('subscriptions of other log groups are named, and a pattern that is not applied here is refused', async () => {
  const { runtime, notices } = await startApp((stack) => {
    new logs.SubscriptionFilter(stack, 'Filter', {
      logGroup: new logs.LogGroup(stack, 'Group', { logGroupName: '/own' }),
      destination: new destinations.LambdaDestination(functionOf(stack, 'listener')),
      filterPattern: logs.FilterPattern.exists('$.metric'),
    });
  });
  await runtime.close();
  expect(notices).toEqual([
    expect.stringMatching(/^The subscription filter Small-Filter\w+ is of the log group \/own: /),
  ]);

  await expect(
    startApp((stack) => subscribe(stack, 'listener', logs.FilterPattern.exists('$.metric'))),
  ).rejects.toThrow(
    /^Small\/Resources\/listenerFilter\w+\/Properties\/FilterPattern: "\{ \$\.metric = \\"\*\\" \}" is not/,
  );
});
