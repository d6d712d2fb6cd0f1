import { BatchClient, DescribeJobsCommand, ListJobsCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { LocalHttpServer } from '../../../local/http-server';
import { DEFINITION, jobRequest, MINUTE, QUEUE, SECOND, serveSimulated } from './serve';
import type { ServeOptions } from './serve';

let server: LocalHttpServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** The service behind its wire protocol. */
async function serve(options: ServeOptions = {}) {
  const served = serveSimulated(options);
  server = new LocalHttpServer({ batch: served.service });
  const url = await server.start();
  const call = async (operation: string, body: unknown) => {
    const answer = await fetch(`${url}/v1/${operation}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
      status: answer.status,
      error: answer.headers.get('x-amzn-errortype'),
      // what each operation answers is checked by the tests.
      body: (await answer.json()) as Record<string, any>, // eslint-disable-line @typescript-eslint/no-explicit-any
    };
  };
  return { ...served, url, call };
}

test('a job is submitted, described and terminated over the wire', async () => {
  const { call, service } = await serve();
  const submitted = await call('submitjob', jobRequest('digits-1', { tags: { study: 'digits' } }));
  expect(submitted).toMatchObject({ status: 200, error: null, body: { jobName: 'digits-1' } });
  const { jobId, jobArn } = submitted.body;
  expect(jobArn).toBe(`arn:aws:batch:us-east-1:123456789012:job/${jobId}`);
  const described = await call('describejobs', { jobs: [jobId, 'no-such-job'] });
  expect(described.body.jobs).toMatchObject([{ jobId, jobArn, jobName: 'digits-1', tags: { study: 'digits' } }]);
  expect(await call('terminatejob', { jobId, reason: 'enough' })).toMatchObject({ status: 200, body: {} });
  expect(await service.waitForEnd(jobId as string)).toMatchObject({ status: 'FAILED', statusReason: 'enough' });
  // one that has ended stays as it is.
  expect(await call('terminatejob', { jobId, reason: 'again' })).toMatchObject({ status: 200 });
  expect((await call('describejobs', { jobs: [jobId] })).body.jobs[0].statusReason).toBe('enough');
});

test("AWS's own SDK speaks to it", async () => {
  const { url, service } = await serve();
  const client = new BatchClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { jobId } = await client.send(
    new SubmitJobCommand({ jobName: 'sdk', jobQueue: QUEUE.arn, jobDefinition: DEFINITION.arn }),
  );
  await service.waitForEnd(jobId!);
  const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [jobId!] }));
  expect(jobs).toMatchObject([{ jobId, status: 'SUCCEEDED', startedAt: expect.any(Number) }]);
  const filters = [{ name: 'JOB_NAME', values: ['sdk*'] }];
  const { jobSummaryList } = await client.send(new ListJobsCommand({ jobQueue: 'queue', filters }));
  expect(jobSummaryList).toMatchObject([{ jobId, container: { exitCode: 0 } }]);
  await expect(
    client.send(new SubmitJobCommand({ jobName: 'sdk', jobQueue: 'other', jobDefinition: 'training' })),
  ).rejects.toMatchObject({ name: 'ClientException', message: expect.stringMatching(/JobQueue other not found/) });
  client.destroy();
});

test.each([
  ['training', true],
  ['training:1', true],
  [DEFINITION.arn, true],
  [DEFINITION.arn.replace(/:1$/, ''), true],
  ['training:2', false],
  ['train', false],
])('the job definition %j is known: %s', async (jobDefinition, known) => {
  const { call } = await serve();
  const { status, error } = await call('submitjob', jobRequest('a', { jobDefinition }));
  expect([status, error]).toEqual(known ? [200, null] : [400, 'ClientException']);
});

const overrides = (containerOverrides: unknown) => ({ containerOverrides });
const evaluateOnExit = (condition: unknown, count = 1) => ({
  retryStrategy: { attempts: 2, evaluateOnExit: Array<unknown>(count).fill(condition) },
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['a name with a dot', { jobName: 'a.b' }, /'a\.b' at 'jobName' .*regular expression/],
  ['a name that begins with a hyphen', { jobName: '-a' }, /'-a' at 'jobName'/],
  ['a name of 129 letters', { jobName: 'a'.repeat(129) }, /at 'jobName' .*less than or equal to 128/],
  ['no queue', { jobQueue: undefined }, /null at 'jobQueue' .*must not be null/],
  ['a queue that there is not', { jobQueue: 'q' }, /JobQueue q not found\. The app's own: queue/],
  ['a definition that there is not', { jobDefinition: 'd' }, /JobDefinition d not found\. The app's own: training/],
  ['a field that there is not', { jobname: 'a' }, /at 'jobname' .*one of the known: jobName, /],
  ['an array job', { arrayProperties: { size: 2 } }, /arrayProperties: the local Batch runs no array jobs\. Leave/],
  ['a multi-node job', { nodeOverrides: { numNodes: 2 } }, /nodeOverrides: .* no multi-node parallel jobs/],
  ['dependencies', { dependsOn: [{ jobId: 'a' }] }, /dependsOn: .* no jobs that wait for others/],
  ['no attempts', { retryStrategy: { attempts: 0 } }, /'retryStrategy\.attempts' .*greater than or equal to 1/],
  ['eleven attempts', { retryStrategy: { attempts: 11 } }, /'retryStrategy\.attempts' .*less than or equal to 10/],
  [
    'conditions without attempts',
    { retryStrategy: { evaluateOnExit: [{ action: 'EXIT', onReason: '*' }] } },
    /RetryAttempts must be provided/,
  ],
  ['six conditions', evaluateOnExit({ action: 'EXIT', onReason: '*' }, 6), /evaluateOnExit' .*less than or equal to 5/],
  ['an action that there is not', evaluateOnExit({ action: 'STOP' }), /'STOP' at .*action'/],
  ['an asterisk inside of a pattern', evaluateOnExit({ action: 'EXIT', onReason: '*a*' }), /'\*a\*' at .*onReason'/],
  ['a timeout of 59 seconds', { timeout: { attemptDurationSeconds: 59 } }, /attemptDurationSeconds' .*to 60/],
  [
    '51 tags',
    { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ''])) },
    /at 'tags' .*less than or equal to 50/,
  ],
  ['an empty word', overrides({ command: ['a', ''] }), /'' at 'containerOverrides\.command\.2\.member'/],
  [
    'half a vCPU too many',
    overrides({ resourceRequirements: [{ type: 'VCPU', value: '1.5' }] }),
    /VCPU is '1\.5'; give/,
  ],
  [
    'no memory',
    overrides({ resourceRequirements: [{ type: 'MEMORY', value: '1' }] }),
    /MEMORY is '1'; give .*at least 4/,
  ],
  ['a disk', overrides({ resourceRequirements: [{ type: 'DISK', value: '1' }] }), /'DISK' at .*GPU, MEMORY, VCPU/],
  [
    "a variable of Batch's own",
    overrides({ environment: [{ name: 'AWS_BATCH_X', value: '' }] }),
    /'AWS_BATCH_X' begins/,
  ],
  [
    'more than 30 KiB',
    overrides({ command: ['x'.repeat(31_000)] }),
    /has 31\d{3} bytes; SubmitJob takes at most 30720/,
  ],
])('%s is a ClientException', async (_what, more, message) => {
  const { call } = await serve();
  const { status, error, body } = await call('submitjob', jobRequest('a', more));
  expect([status, error]).toEqual([400, 'ClientException']);
  expect(body.message).toMatch(/^Error executing request, Exception : .*, RequestId: [0-9a-f-]{36}$/);
  expect(body.message).toMatch(message);
});

test('a queue that is disabled takes no job, and a definition that cannot run here says why', async () => {
  const { call } = await serve({
    jobQueues: [
      { ...QUEUE, enabled: false },
      { ...QUEUE, name: 'on', arn: `${QUEUE.arn}-on` },
    ],
    jobDefinitions: [DEFINITION, { ...DEFINITION, name: 'nodes', container: undefined, problem: 'multi-node.' }],
  });
  expect((await call('submitjob', jobRequest('a'))).body.message).toMatch(/job-queue\/queue is not in ENABLED state/);
  const nodes = jobRequest('a', { jobQueue: 'on', jobDefinition: 'nodes' });
  expect((await call('submitjob', nodes)).body.message).toMatch(/multi-node\./);
});

test.each([
  ['describejobs', { jobs: Array<string>(101).fill('a') }, /Maximum number of jobs supported is 100/],
  ['describejobs', {}, /'jobs' .*must not be null/],
  ['terminatejob', { jobId: 'a' }, /'reason' .*must not be null/],
  ['terminatejob', { jobId: 'a', reason: 'x' }, /Job a not found/],
  ['canceljob', { jobId: 'a', reason: 'x'.repeat(1025) }, /'reason' .*1024/],
  ['listjobs', {}, /'jobQueue' .*must not be null/],
  ['listjobs', { jobQueue: 'queue', jobStatus: 'ENDED' }, /'ENDED' at 'jobStatus'/],
  ['listjobs', { jobQueue: 'queue', nextToken: 'x' }, /nextToken 'x'/],
  ['submitjob', '[]', /not a JSON object/],
  ['submitjob', '{', /not a JSON object/],
])('%s with %j is a ClientException', async (operation, body, message) => {
  const { call } = await serve();
  const answer = await call(operation, body);
  expect([answer.status, answer.error]).toEqual([400, 'ClientException']);
  expect(answer.body.message).toMatch(message);
});

test('what Batch is not asked here is not known', async () => {
  const { call, url } = await serve();
  expect(await call('createjobqueue', {})).toMatchObject({ status: 404, error: 'UnknownOperationException' });
  expect((await fetch(`${url}/v1/submitjob`)).status).toBe(404);
});

test('SubmitJob has a rate', async () => {
  const { call, clock } = await serve({ submitRatePerSecond: 2 });
  const submit = async () => (await call('submitjob', jobRequest('a'))).error;
  expect(await Promise.all([submit(), submit(), submit()])).toContain('TooManyRequestsException');
  await clock.sleep(SECOND);
  expect(await submit()).toBeNull();
});

describe('ListJobs', () => {
  async function listed(input: Record<string, unknown>) {
    const { call, submit, service, clock } = await serve({
      program: async ({ jobName }) => {
        if (['good-3', 'other'].includes(jobName)) await new Promise(() => {});
        return jobName === 'bad' ? 1 : 0;
      },
    });
    const ended = ['good-1', 'bad', 'Good-2'].map((name) => submit(name));
    await Promise.all(ended.map((id) => service.waitForEnd(id)));
    await clock.sleep(MINUTE);
    for (const name of ['good-3', 'other']) submit(name);
    await clock.sleep(MINUTE);
    const names: string[][] = [];
    let nextToken: unknown;
    do {
      const { body } = await call('listjobs', { jobQueue: 'queue', ...input, ...(nextToken ? { nextToken } : {}) });
      names.push((body.jobSummaryList as { jobName: string }[]).map(({ jobName }) => jobName));
      ({ nextToken } = body);
    } while (nextToken !== undefined);
    return names;
  }

  test.each([
    ['a status', { jobStatus: 'SUCCEEDED' }, [['Good-2', 'good-1']]],
    ['failed jobs', { jobStatus: 'FAILED' }, [['bad']]],
    ['nothing: those that run', {}, [['other', 'good-3']]],
    [
      'the start of a name, whatever its case and status',
      { filters: [{ name: 'JOB_NAME', values: ['good*'] }] },
      [['good-3', 'Good-2', 'good-1']],
    ],
    ['a whole name', { filters: [{ name: 'JOB_NAME', values: ['good'] }] }, [[]]],
    [
      'a status beside a filter, which is ignored',
      { jobStatus: 'FAILED', filters: [{ name: 'JOB_NAME', values: ['other'] }] },
      [['other']],
    ],
    [
      'pages',
      { maxResults: 2, filters: [{ name: 'JOB_NAME', values: ['*'] }] },
      [['other', 'good-3'], ['Good-2', 'bad'], ['good-1']],
    ],
    [
      'a definition',
      { filters: [{ name: 'JOB_DEFINITION', values: ['train*'] }] },
      [['other', 'good-3', 'Good-2', 'bad', 'good-1']],
    ],
    ['another definition', { filters: [{ name: 'JOB_DEFINITION', values: ['train'] }] }, [[]]],
  ])('by %s', async (_what, input, names) => {
    expect(await listed(input)).toEqual(names);
  });
});
