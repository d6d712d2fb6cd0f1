import { SageMakerTrainingJobs } from '../../../../lambda/core/aws/training-jobs';
import { LocalHttpServer } from '../../../../local/http-server';
import { ServiceError } from '../../../../local/service';
import { FakeSageMaker } from '../../../support/lambda-sagemaker';
import { at } from '../../../support/lambda-study';

const sagemaker = new FakeSageMaker();
const server = new LocalHttpServer({ services: [sagemaker] });
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'nobody',
  AWS_SECRET_ACCESS_KEY: 'nothing',
};
let jobs: SageMakerTrainingJobs;
beforeAll(async () => {
  Object.assign(process.env, ENVIRONMENT, { AWS_ENDPOINT_URL_SAGEMAKER: await server.start() });
  jobs = new SageMakerTrainingJobs();
});
afterAll(async () => {
  await server.close();
  for (const name of [...Object.keys(ENVIRONMENT), 'AWS_ENDPOINT_URL_SAGEMAKER']) delete process.env[name];
});
beforeEach(() => sagemaker.jobs.clear());

const began = Date.parse(at(0)) / 1000;
const add = (name: string, status: string, more: object = {}) =>
  sagemaker.jobs.set(name, { TrainingJobStatus: status, ...more });

describe('an attempt’s job is found by the start of its name', () => {
  test('its own, not that of an attempt or a trial whose number begins so', async () => {
    add('tuner-digits-abc123-1-1-0-0', 'Completed');
    add('tuner-digits-abc123-1-12-0-0', 'InProgress');
    add('x-tuner-digits-abc123-1-1-0-0', 'InProgress');
    expect(await jobs.find('tuner-digits-abc123-1-1', at(60))).toMatchObject({
      jobName: 'tuner-digits-abc123-1-1-0-0',
      running: false,
    });
  });

  test('the newest of its retries', async () => {
    add('tuner-digits-abc123-1-1-0-0', 'Failed');
    add('tuner-digits-abc123-1-1-0-1', 'InProgress');
    expect(await jobs.find('tuner-digits-abc123-1-1', at(60))).toMatchObject({
      jobName: 'tuner-digits-abc123-1-1-0-1',
    });
  });

  test('by its whole name, where that is known and lists do not have it yet', async () => {
    add('tuner-digits-abc123-1-1-0-0', 'Completed');
    add('tuner-digits-abc123-1-1-1-0', 'InProgress');
    const list = jest.spyOn(sagemaker, 'handle');
    expect(await jobs.find('tuner-digits-abc123-1-1', at(60), 'tuner-digits-abc123-1-1-0-0')).toMatchObject({
      jobName: 'tuner-digits-abc123-1-1-0-0',
    });
    expect(list.mock.calls.map(([operation]) => operation)).toEqual(['DescribeTrainingJob']);
    list.mockRestore();
  });

  test('by the start of its name, where there is none of the whole name', async () => {
    add('tuner-digits-abc123-1-1-1-0', 'InProgress');
    expect(await jobs.find('tuner-digits-abc123-1-1', at(60), 'tuner-digits-abc123-1-1-0-0')).toMatchObject({
      jobName: 'tuner-digits-abc123-1-1-1-0',
    });
  });

  test('or not, where there is none', async () => {
    expect(await jobs.find('tuner-digits-abc123-1-1', at(60))).toBeUndefined();
  });
});

test.each([
  ['InProgress', false],
  ['Stopping', true],
])('a job that is %s runs, and costs what it has trained so far', async (status, stopping) => {
  add('job-1-1-0-0', status, { TrainingStartTime: began + 10 });
  expect(await jobs.find('job-1-1', at(70))).toMatchObject({
    running: true,
    stopping,
    outcome: { status, billableSeconds: 60 },
  });
  add('job-1-1-0-0', status);
  expect(await jobs.find('job-1-1', at(70))).toMatchObject({ running: true, outcome: { billableSeconds: 0 } });
});

test('a job that has ended comes with all that its description says', async () => {
  add('job-1-1-0-0', 'Stopped', {
    SecondaryStatus: 'MaxRuntimeExceeded',
    FailureReason: 'too long',
    BillableTimeInSeconds: 30,
    TrainingTimeInSeconds: 100,
    ModelArtifacts: { S3ModelArtifacts: 's3://bucket/model.tar.gz' },
    FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.5, Timestamp: began }],
  });
  expect(await jobs.find('job-1-1', at(70))).toEqual({
    jobName: 'job-1-1-0-0',
    running: false,
    stopping: false,
    outcome: {
      jobName: 'job-1-1-0-0',
      status: 'Stopped',
      secondaryStatus: 'MaxRuntimeExceeded',
      failureReason: 'too long',
      billableSeconds: 30,
      trainingSeconds: 100,
      modelArtifact: 's3://bucket/model.tar.gz',
      metrics: [{ MetricName: 'accuracy', Value: 0.5 }],
    },
  });
});

test('a job is asked to stop, and one that has ended meanwhile is no error', async () => {
  add('job-1-1-0-0', 'InProgress');
  await jobs.stop('job-1-1-0-0');
  expect(sagemaker.stopped).toEqual(['job-1-1-0-0']);
  add('job-1-1-0-0', 'Completed');
  await expect(jobs.stop('job-1-1-0-0')).resolves.toBeUndefined();
});

test('any other refusal is an error', async () => {
  const refused = jest
    .spyOn(sagemaker, 'handle')
    .mockRejectedValue(
      new ServiceError('AccessDeniedException', 'not authorized to perform sagemaker:StopTrainingJob'),
    );
  await expect(jobs.stop('job-1-1-0-0')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  refused.mockRestore();
});
