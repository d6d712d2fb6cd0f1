import { SageMakerTuningJobs } from '../../../../../lambda/core/aws/tuning-jobs';
import { LocalHttpServer } from '../../../../../local/http-server';
import { ServiceError } from '../../../../../local/service';
import type { SageMakerService } from '../../../../../local/sagemaker';
import { serveSimulated } from '../../../../local/sagemaker/serve';
import type { ServeOptions } from '../../../../local/sagemaker/serve';
import { PRINTS_X, tuningRequest } from '../../../../local/sagemaker/tuning/tuning-request';

const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
};
const NOTHING_KNOWN = { known: new Set<string>() };

let service: SageMakerService;
let server: LocalHttpServer;
let jobs: SageMakerTuningJobs;

async function serve(options: ServeOptions = {}) {
  const served = serveSimulated({ program: PRINTS_X, ...options });
  service = served.service;
  server = new LocalHttpServer({ services: [service] });
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL_SAGEMAKER: await server.start() });
  jobs = new SageMakerTuningJobs();
  return served;
}

afterEach(async () => {
  await service.close();
  await server.close();
  for (const name of [...Object.keys(ENVIRONMENT), 'AWS_ENDPOINT_URL_SAGEMAKER']) delete process.env[name];
});

const limits = (MaxParallelTrainingJobs: number, MaxNumberOfTrainingJobs: number) => ({
  ResourceLimits: { MaxParallelTrainingJobs, MaxNumberOfTrainingJobs },
});

async function tune(changes: Parameters<typeof tuningRequest>[1]): Promise<void> {
  service.tuning.create(tuningRequest('t', changes));
  await service.tuning.waitForEnd('t');
}

test('a training job comes with what its description and the list tell', async () => {
  await serve();
  await tune({ config: limits(1, 1) });
  const {
    jobs: [job, ...others],
  } = await jobs.trainingJobs('t', NOTHING_KNOWN);
  expect(others).toEqual([]);
  const { x } = job.tuned;
  expect(job).toEqual({
    jobName: expect.stringMatching(/^t-001-/),
    tuned: { x: expect.any(String) },
    createdAt: '2026-01-01T00:00:00.000Z',
    endedAt: expect.stringMatching(/^2026-01-01T00:12/),
    running: false,
    instances: { instanceType: 'ml.m5.xlarge', instanceCount: 1 },
    outcome: {
      jobName: job.jobName,
      status: 'Completed',
      secondaryStatus: 'Completed',
      billableSeconds: expect.any(Number),
      trainingSeconds: expect.any(Number),
      modelArtifact: expect.stringContaining('s3://bucket/models/'),
      metrics: [{ MetricName: 'accuracy', Value: Number(x) }],
    },
  });
});

test('of several types it tells the one that it ran on', async () => {
  await serve({ instanceQuota: { 'ml.m5.xlarge': 1 } });
  const InstanceConfigs = ['ml.m5.xlarge', 'ml.m5.2xlarge'].map((InstanceType) => ({
    InstanceType,
    InstanceCount: 1,
    VolumeSizeInGB: 10,
  }));
  const HyperParameterTuningResourceConfig = { AllocationStrategy: 'Prioritized', InstanceConfigs };
  await tune({
    config: limits(2, 2),
    definition: { ResourceConfig: undefined, HyperParameterTuningResourceConfig },
  });
  const found = await jobs.trainingJobs('t', NOTHING_KNOWN);
  expect(found.jobs.map(({ instances }) => instances?.instanceType)).toEqual(['ml.m5.xlarge', 'ml.m5.2xlarge']);
});

test('more than a hundred come in pages, and those that are known aren’t described', async () => {
  await serve();
  await tune({ config: limits(10, 130) });
  const handle = jest.spyOn(service, 'handle');
  const calls = (operation: string) => handle.mock.calls.filter(([name]) => name === operation).length;

  const first = await jobs.trainingJobs('t', NOTHING_KNOWN);
  expect(first.jobs).toHaveLength(100);
  expect(first.next).toEqual(expect.any(String));
  expect(calls('DescribeTrainingJob')).toBe(100);

  const known = new Set(first.jobs.map(({ jobName }) => jobName));
  const again = await jobs.trainingJobs('t', { known });
  expect(again.jobs).toEqual([]);
  const second = await jobs.trainingJobs('t', { from: again.next, known });
  expect(second.jobs).toHaveLength(30);
  expect(second.next).toBeUndefined();
  expect(new Set([...known, ...second.jobs.map(({ jobName }) => jobName)]).size).toBe(130);
  expect(calls('DescribeTrainingJob')).toBe(130);
  expect(calls('ListTrainingJobsForHyperParameterTuningJob')).toBe(3);
  expect(calls('ListTrainingJobs')).toBe(0);
}, 120_000);

test('one that runs has not ended', async () => {
  const { clock } = await serve();
  service.tuning.create(tuningRequest('t', { config: limits(1, 1) }));
  await clock.sleep(60_000);
  const {
    jobs: [job],
  } = await jobs.trainingJobs('t', NOTHING_KNOWN);
  expect(job).toMatchObject({ running: true, outcome: { status: 'InProgress' } });
  expect(job).not.toHaveProperty('endedAt');
});

test('one that nobody describes any more is what the list says', async () => {
  await serve();
  await tune({ config: limits(1, 1) });
  const { handle } = service;
  jest.spyOn(service, 'handle').mockImplementation((operation, input) => {
    if (operation !== 'DescribeTrainingJob') return handle.call(service, operation, input);
    throw new ServiceError('ValidationException', 'Requested resource not found.');
  });
  const {
    jobs: [job],
  } = await jobs.trainingJobs('t', NOTHING_KNOWN);
  expect(job).toMatchObject({ running: false, outcome: { status: 'Completed' } });
  expect(job).not.toHaveProperty('instances');
});
