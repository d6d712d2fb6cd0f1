import type { ServeOptions } from './serve';
import { BEGIN, ENVIRONMENT, MINUTE, QUEUE, serveSimulated, vcpus } from './serve';

/** At which second each of these jobs, submitted at once, began to run. */
async function starts(jobs: Record<string, Record<string, unknown>>, options: ServeOptions = {}) {
  const { service, submit, passed } = serveSimulated(options);
  const ids = Object.entries(jobs).map(([name, more]) => submit(name, more));
  await Promise.all(ids.map((id) => service.waitForEnd(id)));
  return Object.fromEntries(
    passed.filter(([, status]) => status === 'RUNNING').map(([name, _status, second]) => [name, second]),
  );
}

function environment(more: Partial<typeof ENVIRONMENT>): ServeOptions {
  return { computeEnvironments: [{ ...ENVIRONMENT, ...more }] };
}

test('jobs beyond MaxvCpus wait for the end of others, first in, first out', async () => {
  expect(await starts({ a: {}, b: {}, c: {}, d: {} })).toEqual({ a: 120, b: 120, c: 720, d: 720 });
});

test('a job that does not fit holds up those behind it', async () => {
  expect(
    await starts({ a: {}, big: vcpus(8), small: vcpus(2) }, environment({ instanceTypes: ['m5.2xlarge'] })),
  ).toEqual({ a: 120, big: 720, small: 1320 });
});

test('jobs share an instance that has room for them', async () => {
  const { service, submit } = serveSimulated(environment({ instanceTypes: ['m5.2xlarge'], maxVcpus: 64 }));
  const ids = ['a', 'b', 'c', 'd'].map((name) => submit(name, vcpus(2)));
  await Promise.all(ids.map((id) => service.waitForEnd(id)));
  expect(service.launchedVcpus('queue')).toBe(8);
});

test('an idle instance is used again at once, and is gone after its time', async () => {
  const { clock, service, run, passed } = serveSimulated();
  await run('a');
  expect(service.launchedVcpus('queue')).toBe(4);
  await clock.sleep(4 * MINUTE);
  await run('warm');
  await clock.sleep(6 * MINUTE);
  expect(service.launchedVcpus('queue')).toBe(0);
  await run('cold');
  const waited = (name: string) => {
    const at = (status: string) => passed.find(([job, state]) => job === name && state === status)![2];
    return at('RUNNING') - at('SUBMITTED');
  };
  expect(['a', 'warm', 'cold'].map(waited)).toEqual([120, 0, 120]);
});

test('idle instances make room for a job that needs a larger one', async () => {
  const { service, run, submit } = serveSimulated(environment({ instanceTypes: ['m5.xlarge', 'm5.2xlarge'] }));
  await Promise.all([run('a'), run('b')]);
  expect(service.launchedVcpus('queue')).toBe(8);
  const job = await service.waitForEnd(submit('big', vcpus(8)));
  expect(job.status).toBe('SUCCEEDED');
  expect(service.launchedVcpus('queue')).toBe(8);
});

test('MinvCpus are there from the beginning and stay', async () => {
  const { clock, service, run, passed } = serveSimulated(environment({ minVcpus: 4 }));
  await run('a');
  expect(passed).toContainEqual(['a', 'RUNNING', 0]);
  await clock.sleep(60 * MINUTE);
  expect(service.launchedVcpus('queue')).toBe(4);
});

test('GPUs are counted beside vCPUs', async () => {
  const gpus = vcpus(1, 1);
  expect(await starts({ a: gpus, b: gpus, c: gpus }, { maxGpus: 2 })).toEqual({ a: 120, b: 120, c: 720 });
});

test('all jobs on a host that is lost lose it', async () => {
  const { clock, service, submit } = serveSimulated(environment({ instanceTypes: ['m5.2xlarge'], maxVcpus: 16 }));
  const [a, b, other] = ['a', 'b', 'other'].map((name) => submit(name));
  await clock.sleep(5 * MINUTE);
  service.loseHost(a);
  const reasons = await Promise.all(
    [a, b, other].map(async (id) => (await service.waitForEnd(id)).statusReason!.slice(0, 8)),
  );
  expect(reasons).toEqual(['Host EC2', 'Host EC2', 'Essentia']);
});

test('on Fargate every job has its own place, which ends with it', async () => {
  const options = environment({ resources: 'FARGATE', instanceTypes: [] });
  const { service, run, passed } = serveSimulated(options);
  await run('a', vcpus(0.25));
  expect(service.launchedVcpus('queue')).toBe(0);
  await run('b', vcpus(0.25));
  expect(passed).toContainEqual(['b', 'RUNNING', 840]);
});

test.each([
  ['MaxvCpus', vcpus(16), {}],
  ['its instance types', vcpus(8), { instanceTypes: ['m5.large', 'm5.xlarge'] }],
  ['a disabled environment', vcpus(1), { maxVcpus: 0 }],
  ['Fargate, which has no GPUs', vcpus(1, 1), { resources: 'FARGATE' as const }],
])('a job that is too much for %s stays RUNNABLE, and that is said', async (_what, request, more) => {
  const { clock, service, submit, notices } = serveSimulated(environment(more));
  const jobId = submit('big', request);
  await clock.sleep(60 * MINUTE);
  expect(service.describeJobs({ jobs: [jobId] }).jobs[0]).toMatchObject({
    status: 'RUNNABLE',
    statusReason: expect.stringMatching(/^MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT/),
  });
  expect(notices).toEqual([expect.stringMatching(/job big stays RUNNABLE: it asks for .* MaxvCpus/)]);
  service.cancelJob({ jobId, reason: 'hopeless' });
  expect((await service.waitForEnd(jobId)).status).toBe('FAILED');
});

test('the second environment of a queue takes what the first one cannot', async () => {
  const overflow = { ...ENVIRONMENT, name: 'more', arn: `${ENVIRONMENT.arn}-more`, maxVcpus: 4 };
  const jobQueues = [{ ...QUEUE, computeEnvironments: [ENVIRONMENT.arn, overflow.arn] }];
  const options = { jobQueues, computeEnvironments: [ENVIRONMENT, overflow] };
  expect(await starts({ a: {}, b: {}, c: {}, d: {} }, options)).toEqual({ a: 120, b: 120, c: 120, d: 720 });
});

test('a queue of higher priority goes first', async () => {
  const urgent = { ...QUEUE, name: 'urgent', arn: `${QUEUE.arn}-urgent`, priority: 10 };
  const options = { jobQueues: [QUEUE, urgent] };
  expect(await starts({ a: {}, b: {}, c: {}, d: {}, e: { jobQueue: 'urgent' } }, options)).toEqual({
    ...{ a: 120, b: 120, c: 720, d: 1320, e: 720 },
  });
});

test('without a start-up time jobs run at once', async () => {
  const { run } = serveSimulated({ instanceStartSeconds: 0 });
  expect(await run('a')).toMatchObject({ startedAt: BEGIN });
});

test.each([
  [{ idleSeconds: -1 }, /idleSeconds is -1; give a number of at least 0/],
  [{ maxGpus: NaN }, /maxGpus is NaN/],
  [{ submitRatePerSecond: 0 }, /submitRatePerSecond is 0; give a number above 0/],
])('the options %j are refused', (options, message) => {
  expect(() => serveSimulated(options)).toThrow(message);
});
