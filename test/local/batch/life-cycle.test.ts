import { OUT_OF_MEMORY_REASON } from '../../../local/batch';
import { attemptsOf, BEGIN, DEFINITION, MINUTE, QUEUE, SECOND, serveSimulated, TEN_MINUTES } from './serve';

const FAILS = async () => 1;

test('a job goes through all states, RUNNABLE while its instance is launched', async () => {
  const { run, passed } = serveSimulated();
  const job = await run('a');
  expect(passed).toEqual([
    ['a', 'SUBMITTED', 0],
    ['a', 'PENDING', 0],
    ['a', 'RUNNABLE', 0],
    ['a', 'STARTING', 120],
    ['a', 'RUNNING', 120],
    ['a', 'SUCCEEDED', 720],
  ]);
  expect(job).toMatchObject({
    jobName: 'a',
    jobQueue: QUEUE.arn,
    jobDefinition: DEFINITION.arn,
    jobArn: `arn:aws:batch:us-east-1:123456789012:job/${job.jobId}`,
    status: 'SUCCEEDED',
    statusReason: 'Essential container in task exited',
    createdAt: BEGIN,
    startedAt: BEGIN + 120 * SECOND,
    stoppedAt: BEGIN + 720 * SECOND,
    attempts: [
      {
        container: { exitCode: 0, logStreamName: expect.stringMatching(/^training\/default\/[0-9a-f]{32}$/) },
        startedAt: BEGIN + 120 * SECOND,
        stoppedAt: BEGIN + 720 * SECOND,
        statusReason: 'Essential container in task exited',
      },
    ],
    container: { image: 'image:latest', command: ['node', '-e', ''], exitCode: 0 },
    retryStrategy: { attempts: 1, evaluateOnExit: [] },
    tags: {},
  });
});

test('the request overrides environment, command, resources, retries and timeout of the definition', async () => {
  const jobDefinitions = [{ ...DEFINITION, retryStrategy: { attempts: 7 }, attemptDurationSeconds: 100 }];
  const { run } = serveSimulated({ jobDefinitions });
  expect(await run('plain')).toMatchObject({
    retryStrategy: { attempts: 7 },
    timeout: { attemptDurationSeconds: 100 },
  });
  const job = await run('a', {
    containerOverrides: {
      command: ['train'],
      environment: [
        { name: 'CHANGED', value: 'request' },
        { name: 'NEW', value: 'request' },
      ],
      resourceRequirements: [{ type: 'VCPU', value: '2' }],
    },
    retryStrategy: { attempts: 2 },
    timeout: { attemptDurationSeconds: 3600 },
    tags: { study: 'digits' },
  });
  expect(job).toMatchObject({
    retryStrategy: { attempts: 2 },
    timeout: { attemptDurationSeconds: 3600 },
    tags: { study: 'digits' },
  });
  expect(job.container).toMatchObject({
    command: ['train'],
    environment: [
      { name: 'KEPT', value: 'definition' },
      { name: 'CHANGED', value: 'request' },
      { name: 'NEW', value: 'request' },
    ],
    resourceRequirements: [
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '2048' },
    ],
  });
});

test('a container that fails is retried until one succeeds, and each attempt knows its number', async () => {
  const seen: number[] = [];
  const { run, passed } = serveSimulated({
    program: async ({ attempt }) => {
      seen.push(attempt);
      return attempt < 3 ? 1 : 0;
    },
  });
  const job = await run('a', { retryStrategy: { attempts: 5 } });
  expect(seen).toEqual([1, 2, 3]);
  expect(job.status).toBe('SUCCEEDED');
  expect(attemptsOf(job).map(({ container }) => container.exitCode)).toEqual([1, 1, 0]);
  expect(passed.filter(([, status]) => status === 'RUNNABLE')).toHaveLength(3);
});

test('a job that has used up its attempts is FAILED', async () => {
  const { run } = serveSimulated({ program: FAILS });
  const job = await run('a', { retryStrategy: { attempts: 2 } });
  expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 1 } });
  expect(attemptsOf(job)).toHaveLength(2);
});

test.each([
  ['an exit code', { onExitCode: '3', action: 'EXIT' }, 1],
  ['the start of an exit code', { onExitCode: '3*', action: 'exit' }, 1],
  ['another exit code', { onExitCode: '4', action: 'EXIT' }, 3],
  ['the start of a reason', { onReason: 'OutOfMemoryError*', action: 'EXIT' }, 1],
  ['a part of a reason that is not its start', { onReason: 'Container killed*', action: 'EXIT' }, 3],
  ['the status reason', { onStatusReason: 'Essential container in task exited', action: 'EXIT' }, 1],
  ['all patterns but one', { onExitCode: '3', onReason: 'Other*', action: 'EXIT' }, 3],
  ['any reason', { onReason: '*', action: 'EXIT' }, 1],
])('a condition on %s', async (_what, condition, attempts) => {
  const { run } = serveSimulated({ program: async () => ({ exitCode: 3, reason: OUT_OF_MEMORY_REASON }) });
  const job = await run('a', { retryStrategy: { attempts: 3, evaluateOnExit: [condition] } });
  expect(attemptsOf(job)).toHaveLength(attempts);
});

test('the first condition that matches decides', async () => {
  const { run } = serveSimulated({ program: FAILS });
  const [retry, exit] = [
    { onExitCode: '1', action: 'RETRY' },
    { onReason: '*', action: 'EXIT' },
  ];
  const attempts = async (evaluateOnExit: unknown[]) =>
    attemptsOf(await run('a', { retryStrategy: { attempts: 3, evaluateOnExit } })).length;
  expect(await attempts([retry, exit])).toBe(3);
  expect(await attempts([exit, retry])).toBe(1);
});

test('an attempt that takes too long gets SIGTERM and is not retried', async () => {
  const { run } = serveSimulated();
  const more = { timeout: { attemptDurationSeconds: 60 }, retryStrategy: { attempts: 3 } };
  const job = await run('a', more);
  expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Job attempt duration exceeded timeout' });
  expect(attemptsOf(job)).toMatchObject([{ container: { exitCode: 143 } }]);
  expect(attemptsOf(job)[0].stoppedAt - attemptsOf(job)[0].startedAt!).toBe(60 * SECOND);
});

test('an attempt that takes too long is FAILED even when its container ends well on SIGTERM', async () => {
  const { run } = serveSimulated({ program: (job, time, api) => TEN_MINUTES(job, time, api).catch(() => 0) });
  const job = await run('a', { timeout: { attemptDurationSeconds: 60 } });
  expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 0 } });
  expect(job.statusReason).toBe('Job attempt duration exceeded timeout');
});

test('a container that ignores SIGTERM is killed after thirty seconds', async () => {
  const { run } = serveSimulated({ program: (_job, clock) => clock.sleep(10 * MINUTE).then(() => 0) });
  const job = await run('a', { timeout: { attemptDurationSeconds: 60 } });
  expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 137 } });
  expect(attemptsOf(job)[0].stoppedAt - attemptsOf(job)[0].startedAt!).toBe(90 * SECOND);
});

test('a terminated job fails with the reason that was given, and is not retried', async () => {
  const { clock, service, submit } = serveSimulated();
  const jobId = submit('a', { retryStrategy: { attempts: 3 } });
  await clock.sleep(5 * MINUTE);
  service.terminateJob({ jobId, reason: 'too bad' });
  const job = await service.waitForEnd(jobId);
  expect(job).toMatchObject({ status: 'FAILED', statusReason: 'too bad', isTerminated: true });
  expect(attemptsOf(job)).toMatchObject([{ statusReason: 'too bad', container: { exitCode: 143 } }]);
});

test('a terminated job is FAILED even when its container ends well on SIGTERM', async () => {
  const { clock, service, submit } = serveSimulated({
    program: (job, time, api) => TEN_MINUTES(job, time, api).catch(() => 0),
  });
  const jobId = submit('a');
  await clock.sleep(5 * MINUTE);
  service.terminateJob({ jobId, reason: 'enough' });
  expect(await service.waitForEnd(jobId)).toMatchObject({ status: 'FAILED', container: { exitCode: 0 } });
});

test('a job is cancelled in its queue, and its place goes to the next one', async () => {
  const { clock, service, submit, passed } = serveSimulated();
  const [first, second, third, fourth] = ['1', '2', '3', '4'].map((name) => submit(name));
  await clock.sleep(MINUTE);
  // still RUNNABLE: its instance is being launched.
  service.cancelJob({ jobId: first, reason: 'not wanted' });
  expect(await service.waitForEnd(first)).toMatchObject({
    status: 'FAILED',
    statusReason: 'not wanted',
    isCancelled: true,
    attempts: [],
  });
  service.cancelJob({ jobId: fourth, reason: 'nor this' });
  await Promise.all([second, third].map((id) => service.waitForEnd(id)));
  const running = passed.filter(([, status]) => status === 'RUNNING');
  expect(running).toEqual([
    ['2', 'RUNNING', 120],
    ['3', 'RUNNING', 120],
  ]);
});

test('cancelling a job that runs does nothing to it', async () => {
  const { clock, service, submit } = serveSimulated();
  const jobId = submit('a');
  await clock.sleep(5 * MINUTE);
  expect(service.cancelJob({ jobId, reason: 'late' })).toEqual({});
  expect(await service.waitForEnd(jobId)).toMatchObject({ status: 'SUCCEEDED', isCancelled: false });
});

test('a lost host ends the attempt, and the next one runs on another', async () => {
  const { clock, service, submit } = serveSimulated();
  const evaluateOnExit = [
    { onStatusReason: 'Host EC2*', action: 'RETRY' },
    { onReason: '*', action: 'EXIT' },
  ];
  const jobId = submit('a', { retryStrategy: { attempts: 3, evaluateOnExit } });
  await clock.sleep(5 * MINUTE);
  service.loseHost(jobId);
  const job = await service.waitForEnd(jobId);
  expect(job.status).toBe('SUCCEEDED');
  const [lost, last] = attemptsOf(job);
  expect(lost).toMatchObject({
    statusReason: expect.stringMatching(/^Host EC2 \(instance i-0[0-9a-f]{16}\) terminated\.$/),
  });
  expect(lost.container).not.toHaveProperty('exitCode');
  // the new instance takes its time as well.
  expect(last.startedAt! - lost.stoppedAt).toBe(120 * SECOND);
});

test('more overrides than ECS takes fail the job before it starts', async () => {
  const { run } = serveSimulated();
  const overrides = (length: number) => ({ containerOverrides: { command: ['x'.repeat(length)] } });
  expect(await run('a', { ...overrides(8200), retryStrategy: { attempts: 3 } })).toMatchObject({
    status: 'FAILED',
    statusReason: 'Container Overrides length must be at most 8192',
    attempts: [],
  });
  expect(await run('b', overrides(7000))).toMatchObject({ status: 'SUCCEEDED' });
});

test('a service that closes fails its jobs as a lost host does', async () => {
  const { clock, service, submit } = serveSimulated({ program: (_job, time) => time.sleep(60 * MINUTE).then(() => 0) });
  const ids = ['a', 'b', 'c'].map((name) => submit(name));
  await clock.sleep(5 * MINUTE);
  // as its task does that ends with the runtime.
  service.terminate(ids[0], 'the task ended');
  await service.close();
  for (const job of service.describeJobs({ jobs: ids }).jobs) {
    expect(job).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringMatching(/^Host EC2 .*local runtime/),
      isTerminated: false,
    });
  }
  expect(() => submit('d')).toThrow(/internal reason/);
});
