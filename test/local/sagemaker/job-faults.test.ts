import type { FaultPlan } from '../../../local/faults';
import type { DescribeTrainingJobAnswer, SageMakerService } from '../../../local/sagemaker';
import type { ObjectStore } from '../../../local/s3';
import { scriptRequest, trainingJobRequest } from './request';
import { BEGIN, MINUTE, SECOND, WITH_METRIC, passed, serveProcesses, serveSimulated } from './serve';

const CHECKPOINT = 's3://bucket/checkpoints/trial-1/';

const MORE = {
  CheckpointConfig: { S3Uri: CHECKPOINT },
  InputDataConfig: [
    { ChannelName: 'train', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://bucket/data/' } } },
  ],
};

interface Outcome {
  readonly job: DescribeTrainingJobAnswer;
  readonly service: SageMakerService;
  readonly objectStore: ObjectStore;
}

/** A job that prints a line, works on, and ends well by itself where nothing happens to it. */
const LAUNCHERS: Record<string, (plans: FaultPlan[], more?: Record<string, unknown>) => Promise<Outcome>> = {
  'a simulated program': async (plans, more) => {
    const { service, objectStore } = serveSimulated({
      plans,
      program: async (_job, clock, { log, signal }) => {
        await clock.sleep(MINUTE, signal);
        log('accuracy=0.5');
        objectStore.put(`${CHECKPOINT}state`, '1');
        await clock.sleep(MINUTE, signal);
        return 0;
      },
    });
    service.createTrainingJob(trainingJobRequest('job', { ...WITH_METRIC, ...MORE, ...more }));
    return { service, objectStore, job: await service.waitForEnd('job') };
  },
  'a process': async (plans, more) => {
    const { service, objectStore } = serveProcesses(plans);
    objectStore.put('s3://bucket/data/x', '1');
    const script = `require('fs').writeFileSync('checkpoints/state', '1');
      console.log('accuracy=0.5'); setTimeout(() => {}, 500)`;
    const StoppingCondition = { MaxRuntimeInSeconds: 60 };
    service.createTrainingJob(scriptRequest('job', script, { StoppingCondition, ...MORE, ...more }));
    const job = await service.waitForEnd('job');
    await service.close();
    return { service, objectStore, job };
  },
};

describe.each(Object.entries(LAUNCHERS))('%s', (_what, run) => {
  test('ends well without a fault', async () => {
    const { job, objectStore } = await run([]);
    expect(job).toMatchObject({ TrainingJobStatus: 'Completed', FinalMetricDataList: [{ Value: 0.5 }] });
    expect(objectStore.exists(`${CHECKPOINT}state`)).toBe(true);
  });

  test.each<[FaultPlan['name'], RegExp]>([
    ['capacity-error', /^CapacityError: Unable to provision requested ML compute capacity/],
    ['image-missing', /^ClientError: Cannot pull the training image image/],
  ])('%s: fails before it trains, and is not billed', async (name, reason) => {
    const { job } = await run([{ name }]);
    expect(job).toMatchObject({ TrainingJobStatus: 'Failed', FailureReason: expect.stringMatching(reason) });
    expect(passed(job)).toEqual(['Starting', 'Failed']);
    expect(job).not.toHaveProperty('BillableTimeInSeconds');
  });

  test('data-missing: fails while it downloads', async () => {
    const { job } = await run([{ name: 'data-missing' }]);
    expect(job.FailureReason).toMatch(
      /^ClientError: Data download failed: no S3 objects found under "s3:\/\/bucket\/data\/"/,
    );
    expect(passed(job)).toEqual(['Starting', 'Downloading', 'Failed']);
  });

  test.each<[FaultPlan['name'], RegExp]>([
    ['internal-error', /^InternalServerError: /],
    ['out-of-memory', /^AlgorithmError: .*, exit code: 137 \(killed by SIGKILL, likely out of memory\)$/],
    ['program-error', /^AlgorithmError: RuntimeError: .*, exit code: 1$/],
  ])('%s: fails after its first line, and keeps what it wrote', async (name, reason) => {
    const { job, objectStore } = await run([{ name }]);
    expect(job).toMatchObject({
      TrainingJobStatus: 'Failed',
      FailureReason: expect.stringMatching(reason),
      FinalMetricDataList: [{ Value: 0.5 }],
      BillableTimeInSeconds: expect.any(Number),
    });
    expect(passed(job)).toContain('Training');
    expect(objectStore.exists(`${CHECKPOINT}state`)).toBe(true);
  });

  test('a program that ends before its fault is struck at its end', async () => {
    const { job } = await run([{ name: 'out-of-memory', afterSeconds: 1000 }]);
    expect(job.FailureReason).toMatch(/exit code: 137/);
  });

  test('internal-error: starts again where the job has a retry strategy', async () => {
    const { job } = await run([{ name: 'internal-error' }], { RetryStrategy: { MaximumRetryAttempts: 1 } });
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(passed(job)).toContain('Restarting');
    const twice: FaultPlan[] = [{ name: 'internal-error' }, { name: 'internal-error' }];
    const { job: failed } = await run(twice, { RetryStrategy: { MaximumRetryAttempts: 1 } });
    expect(failed.FailureReason).toMatch(/^InternalServerError: /);
  });

  test('stopped-by-person: ends Stopped', async () => {
    const { job } = await run([{ name: 'stopped-by-person' }]);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
  });

  test('program-hangs: trains until its maximum runtime', async () => {
    const { job } = await run([{ name: 'program-hangs' }], { StoppingCondition: { MaxRuntimeInSeconds: 3 } });
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxRuntimeExceeded' });
    const { job: sooner } = await run([{ name: 'program-hangs', lastsSeconds: 1 }]);
    expect(sooner.SecondaryStatus).toBe('MaxRuntimeExceeded');
  });

  test('checkpoint-lost: ends well, without its checkpoints', async () => {
    const { job, objectStore } = await run([{ name: 'checkpoint-lost' }]);
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(objectStore.list(CHECKPOINT)).toEqual([]);
  });

  test('metrics-missing: ends well, without its metrics', async () => {
    const { job } = await run([{ name: 'metrics-missing' }]);
    expect(job.TrainingJobStatus).toBe('Completed');
    expect(job).not.toHaveProperty('FinalMetricDataList');
  });

  test('only the job that is meant is struck', async () => {
    const { job } = await run([{ name: 'out-of-memory', job: 'other' }]);
    expect(job.TrainingJobStatus).toBe('Completed');
  });
});

test('a fault of the running program comes at its second of training', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'program-error', afterSeconds: 200 }] });
  service.createTrainingJob(trainingJobRequest('job', WITH_METRIC));
  expect(await service.waitForEnd('job')).toMatchObject({ TrainingJobStatus: 'Failed', TrainingTimeInSeconds: 200 });
});

test('a program that prints nothing is struck after a minute', async () => {
  const { service } = serveSimulated({
    plans: [{ name: 'out-of-memory' }],
    program: (_job, clock, { signal }) => clock.sleep(10 * MINUTE, signal).then(() => 0),
  });
  service.createTrainingJob(trainingJobRequest('job', WITH_METRIC));
  expect(await service.waitForEnd('job')).toMatchObject({ TrainingTimeInSeconds: 60 });
});

test('slow-start: trains half an hour after its creation', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'slow-start' }] });
  service.createTrainingJob(trainingJobRequest('job', WITH_METRIC));
  const job = await service.waitForEnd('job');
  expect(job).toMatchObject({ TrainingJobStatus: 'Completed', TrainingStartTime: BEGIN / 1000 + 1800 });
});

test('ignores-stop: a stopped program works on until it is killed', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'ignores-stop' }] });
  service.createTrainingJob(trainingJobRequest('job', WITH_METRIC));
  await clock.sleep(5 * MINUTE);
  service.stop('job');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
  expect(clock.now() - BEGIN).toBe(5 * MINUTE + 120 * SECOND);
});

test('ignores-stop: a process that would end by SIGTERM is killed', async () => {
  const { service } = serveProcesses([{ name: 'ignores-stop' }]);
  const script = `process.on('SIGTERM', () => { console.log('polite'); process.exit(0) });
    console.log('ready'); setInterval(() => {}, 1000)`;
  service.createTrainingJob(scriptRequest('job', script));
  while (!service.readLog('job').includes('ready')) await new Promise((resolve) => setTimeout(resolve, 10));
  service.stop('job');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
  expect(service.readLog('job')).toBe('ready\n');
  await service.close();
});
