import { runSubmitJobTask } from '../../../local/batch';
import type { SubmitJobTaskOptions } from '../../../local/batch';
import { FaultInjector } from '../../../local/faults';
import { TaskFailure } from '../../../local/sagemaker';
import { MINUTE, serveSimulated, TEN_MINUTES } from './serve';

const ARGUMENTS = {
  JobName: 'digits-1',
  JobQueue: 'queue',
  JobDefinition: 'training',
  ContainerOverrides: {
    Environment: [{ Name: 'TRIAL', Value: '1' }],
    ResourceRequirements: [{ Type: 'VCPU', Value: '2' }],
  },
  RetryStrategy: { Attempts: 2, EvaluateOnExit: [{ OnReason: '*', Action: 'EXIT' }] },
  Timeout: { AttemptDurationSeconds: 3600 },
  Tags: { study: 'digits' },
};

async function failureOf(work: Promise<unknown>): Promise<TaskFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskFailure);
  return error as TaskFailure;
}

test('says when the job was submitted and answers its description with capitals', async () => {
  const { service } = serveSimulated();
  const submitted: unknown[] = [];
  const output = await runSubmitJobTask(service, ARGUMENTS, { submitted: (answer) => submitted.push(answer) });
  expect(submitted).toEqual([
    { JobArn: expect.stringMatching(/:job\//), JobId: expect.any(String), JobName: 'digits-1' },
  ]);
  expect(output).toMatchObject({
    JobName: 'digits-1',
    Status: 'SUCCEEDED',
    StatusReason: 'Essential container in task exited',
    Attempts: [{ Container: { ExitCode: 0 }, StatusReason: 'Essential container in task exited' }],
    Container: { ExitCode: 0, ResourceRequirements: [{ Type: 'VCPU', Value: '2' }, expect.anything()] },
    RetryStrategy: { Attempts: 2, EvaluateOnExit: [{ OnReason: '*', Action: 'EXIT' }] },
    Timeout: { AttemptDurationSeconds: 3600 },
    // the user's own words stay as they are.
    Tags: { study: 'digits' },
  });
  expect((output as { Container: { Environment: unknown } }).Container.Environment).toEqual(
    expect.arrayContaining([
      { Name: 'TRIAL', Value: '1' },
      { Name: 'MANAGED_BY_AWS', Value: 'STARTED_BY_STEP_FUNCTIONS' },
    ]),
  );
});

test('a job that failed is States.TaskFailed with its description as the cause', async () => {
  const { service } = serveSimulated({ program: async () => 3 });
  const failure = await failureOf(runSubmitJobTask(service, ARGUMENTS));
  expect(failure.error).toBe('States.TaskFailed');
  expect(JSON.parse(failure.cause)).toMatchObject({
    JobName: 'digits-1',
    Status: 'FAILED',
    Container: { ExitCode: 3 },
  });
});

test('a request that is refused has the name that Step Functions gives it', async () => {
  const { service } = serveSimulated({ submitRatePerSecond: 1 });
  const refused = await failureOf(runSubmitJobTask(service, { ...ARGUMENTS, JobQueue: 'other' }));
  expect(refused.error).toBe('Batch.ClientException');
  expect(refused.cause).toMatch(
    /JobQueue other not found.* \(Service: AWSBatch; Status Code: 400; Error Code: ClientException\)$/,
  );
  const throttled = await failureOf(runSubmitJobTask(service, ARGUMENTS));
  expect(throttled.error).toBe('Batch.AWSBatchException');
  expect(throttled.cause).toMatch(/^Too Many Requests .*Status Code: 429; Error Code: TooManyRequestsException/);
});

test('an aborted task terminates its job', async () => {
  const { clock, service } = serveSimulated();
  const aborting = new AbortController();
  let jobId = '';
  const task = runSubmitJobTask(service, ARGUMENTS, {
    signal: aborting.signal,
    submitted: (answer) => ({ JobId: jobId } = answer as { JobId: string }),
  });
  void clock.sleep(5 * MINUTE).then(() => aborting.abort(new Error('the state timed out')));
  await expect(task).rejects.toThrow('the state timed out');
  expect(await service.waitForEnd(jobId)).toMatchObject({ status: 'FAILED', isTerminated: true });
});

test('a task that was aborted before submits nothing', async () => {
  const { service, passed } = serveSimulated();
  await expect(runSubmitJobTask(service, ARGUMENTS, { signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow(
    'over',
  );
  expect(passed).toEqual([]);
});

describe('faults', () => {
  const submit = (plans: ConstructorParameters<typeof FaultInjector>[0], more: SubmitJobTaskOptions = {}) => {
    const served = serveSimulated({ plans });
    return { ...served, task: () => runSubmitJobTask(served.service, ARGUMENTS, { faults: served.faults, ...more }) };
  };

  test.each([
    ['batch-submit-throttled' as const, 'Batch.AWSBatchException', 0],
    ['batch-submit-refused' as const, 'Batch.ClientException', 0],
    // the job is there, and nobody waits for it.
    ['batch-answer-lost' as const, 'Batch.ServerException', 1],
  ])('%s: the state sees %s, and %d jobs were created', async (name, error, created) => {
    const { task, passed } = submit([{ name }]);
    expect((await failureOf(task())).error).toBe(error);
    expect(passed.filter(([, status]) => status === 'SUBMITTED')).toHaveLength(created);
    expect(await task()).toMatchObject({ Status: 'SUCCEEDED' });
  });

  test('host-lost strikes one job while it runs', async () => {
    const { service, run } = serveSimulated({ plans: [{ name: 'host-lost', job: 'b', afterSeconds: 90 }] });
    const [a, b] = await Promise.all([run('a'), run('b')]);
    expect(a.status).toBe('SUCCEEDED');
    expect(b).toMatchObject({ status: 'FAILED', statusReason: expect.stringMatching(/^Host EC2 \(instance i-/) });
    expect((b.stoppedAt as number) - (b.startedAt as number)).toBe(90_000);
    await service.close();
  });

  test('host-lost strikes at the first line, or a container that ended before at its end', async () => {
    const noisy = serveSimulated({
      plans: [{ name: 'host-lost' }],
      program: async (job, clock, api) => {
        await clock.sleep(7000);
        api.log('hello');
        return TEN_MINUTES(job, clock, api);
      },
    });
    const struck = await noisy.run('a', { retryStrategy: { attempts: 2 } });
    expect(struck.status).toBe('SUCCEEDED');
    expect(
      (struck.attempts as { startedAt: number; stoppedAt: number }[]).map((a) => a.stoppedAt - a.startedAt),
    ).toEqual([7000, 607_000]);
    const quick = serveSimulated({ plans: [{ name: 'host-lost' }], program: async () => 0 });
    expect((await quick.run('a')).statusReason).toMatch(/^Host EC2/);
  });

  test('end-seen-late and cause-cut are faults of these tasks as well', async () => {
    const { clock, service, passed } = serveSimulated({ program: async () => 1 });
    const faults = new FaultInjector([{ name: 'end-seen-late' }, { name: 'cause-cut' }]);
    const failure = await failureOf(runSubmitJobTask(service, ARGUMENTS, { faults }));
    expect(() => JSON.parse(failure.cause) as unknown).toThrow();
    expect(passed.at(-1)).toEqual(['digits-1', 'FAILED', 120]);
    expect(clock.now() - Date.UTC(2026, 0, 1)).toBe(420_000);
  });
});
