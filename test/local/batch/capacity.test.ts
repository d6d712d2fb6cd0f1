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

const MAX_RESOURCE = 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE';
const REQUIREMENT = 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT';

const TOO_MUCH: [string, string, Record<string, unknown>, Partial<typeof ENVIRONMENT>][] = [
  ['MaxvCpus', MAX_RESOURCE, vcpus(16), {}],
  ['its instance types', REQUIREMENT, vcpus(8), { instanceTypes: ['m5.large', 'm5.xlarge'] }],
  ['a disabled environment', MAX_RESOURCE, vcpus(1), { maxVcpus: 0 }],
  ['Fargate, which has no GPUs', REQUIREMENT, vcpus(1, 1), { resources: 'FARGATE' }],
];

test.each(TOO_MUCH)(
  'a job that is too much for %s stays RUNNABLE, and that is said',
  async (_, reason, request, more) => {
    const { clock, service, submit, notices } = serveSimulated(environment(more));
    const jobId = submit('big', request);
    await clock.sleep(60 * MINUTE);
    expect(service.describeJobs({ jobs: [jobId] }).jobs[0]).toMatchObject({
      status: 'RUNNABLE',
      statusReason: expect.stringMatching(new RegExp(`^${reason} - `)),
    });
    expect(notices).toEqual([expect.stringMatching(/job big stays RUNNABLE: it asks for .* MaxvCpus/)]);
    service.cancelJob({ jobId, reason: 'hopeless' });
    expect((await service.waitForEnd(jobId)).status).toBe('FAILED');
  },
);

describe('a queue that limits how long such a job waits', () => {
  const limited = (...reasons: string[]) => ({
    jobQueues: [{ ...QUEUE, stateTimeLimits: reasons.map((reason) => ({ reason, maxTimeSeconds: 600 })) }],
  });

  test.each(TOO_MUCH)('cancels one that is too much for %s', async (_, reason, request, more) => {
    const { run, clock, notices } = serveSimulated({ ...environment(more), ...limited(MAX_RESOURCE, REQUIREMENT) });
    expect(await run('big', request)).toMatchObject({
      status: 'FAILED',
      statusReason: `Canceled by JobStateTimeLimit action due to reason: ${reason}`,
      isCancelled: true,
      isTerminated: false,
      attempts: [],
    });
    expect(clock.now() - BEGIN).toBe(10 * MINUTE);
    expect(notices).toEqual([
      expect.stringMatching(/job big stays RUNNABLE for 600 seconds, after which its queue cancels it: it asks for/),
    ]);
  });

  test('lets those behind it go on; the time of each begins at the head', async () => {
    const { service, submit, passed } = serveSimulated(limited(MAX_RESOURCE));
    const ids = [submit('big', vcpus(16)), submit('bigger', vcpus(32)), submit('a')];
    await Promise.all(ids.map((id) => service.waitForEnd(id)));
    expect(passed.filter(([, status]) => status === 'FAILED' || status === 'RUNNING')).toEqual([
      ['big', 'FAILED', 600],
      ['bigger', 'FAILED', 1200],
      ['a', 'RUNNING', 1320],
    ]);
  });

  test('for another reason lets it wait', async () => {
    const { clock, service, submit } = serveSimulated(limited(REQUIREMENT));
    const jobId = submit('big', vcpus(16));
    await clock.sleep(60 * MINUTE);
    expect(service.describeJobs({ jobs: [jobId] }).jobs[0].status).toBe('RUNNABLE');
    await service.close();
  });

  test('has no limit for want of room at present', async () => {
    const { service, submit } = serveSimulated(limited(MAX_RESOURCE, REQUIREMENT));
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => submit(name));
    const ends = await Promise.all(ids.map((id) => service.waitForEnd(id)));
    expect(ends.map(({ status }) => status)).toEqual(Array(6).fill('SUCCEEDED'));
  });

  test('does nothing more to one that a person has cancelled', async () => {
    const { clock, service, submit } = serveSimulated(limited(MAX_RESOURCE));
    const jobId = submit('big', vcpus(16));
    await clock.sleep(5 * MINUTE);
    service.cancelJob({ jobId, reason: 'hopeless' });
    await clock.sleep(60 * MINUTE);
    expect(await service.waitForEnd(jobId)).toMatchObject({ status: 'FAILED', statusReason: 'hopeless' });
  });
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
