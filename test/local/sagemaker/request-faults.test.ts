import { SageMakerClient, StopTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import type { FaultName } from '../../../local/faults';
import { LocalHttpServer } from '../../../local/http-server';
import { trainingJobRequest } from './request';
import { MINUTE, WITH_METRIC, errorCode, serveSimulated } from './serve';

const request = (name: string) => trainingJobRequest(name, WITH_METRIC);

test.each<[FaultName, string, number]>([
  ['create-throttled', 'ThrottlingException', 400],
  ['create-quota', 'ResourceLimitExceeded', 400],
  ['create-internal-error', 'InternalFailure', 500],
  ['create-refused', 'ValidationException', 400],
  ['create-name-taken', 'ResourceInUse', 400],
])('%s: the call fails with %s, creates nothing, and the next is well', (name, code, statusCode) => {
  const { service } = serveSimulated({ plans: [{ name }] });
  expect(() => service.createTrainingJob(request('job'))).toThrow(expect.objectContaining({ code, statusCode }));
  expect(service.list({}).TrainingJobSummaries).toEqual([]);
  expect(errorCode(() => service.createTrainingJob(request('job')))).toBeUndefined();
});

test('create-quota is worded as the quota of the type that was asked for', () => {
  const { service } = serveSimulated({ plans: [{ name: 'create-quota' }] });
  expect(() => service.createTrainingJob(request('job'))).toThrow(/'ml\.m5\.xlarge for training job usage' is 0 Inst/);
});

test('create-answer-lost: the call fails, and the job runs', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'create-answer-lost' }] });
  expect(errorCode(() => service.createTrainingJob(request('job')))).toBe('InternalFailure');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Completed');
  expect(errorCode(() => service.createTrainingJob(request('job')))).toBe('ResourceInUse');
});

test('stop-throttled: the job trains on, and the next stop ends it', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'stop-throttled' }] });
  service.createTrainingJob(request('job'));
  await clock.sleep(5 * MINUTE);
  expect(errorCode(() => service.stop('job'))).toBe('ThrottlingException');
  expect(service.describe('job').TrainingJobStatus).toBe('InProgress');
  service.stop('job');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
});

test('stop-lost: the stop is answered well, and the job trains on', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'stop-lost' }] });
  service.createTrainingJob(request('job'));
  await clock.sleep(5 * MINUTE);
  service.stop('job');
  expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Completed');
});

test('a stop over the wire is struck as well', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'stop-throttled' }] });
  service.createTrainingJob(request('job'));
  const server = new LocalHttpServer({ services: [service] });
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new SageMakerClient({
    endpoint: await server.start(),
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  try {
    const stop = () => clock.track(client.send(new StopTrainingJobCommand({ TrainingJobName: 'job' })));
    await expect(stop()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    await stop();
    expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
  } finally {
    client.destroy();
    await server.close();
  }
});

test('describe-throttled and list-throttled: the call fails, and the next is well', () => {
  const { service } = serveSimulated({ plans: [{ name: 'describe-throttled' }, { name: 'list-throttled' }] });
  service.createTrainingJob(request('job'));
  for (const call of [() => service.describe('job'), () => service.list({})]) {
    expect(errorCode(call)).toBe('ThrottlingException');
    expect(errorCode(call)).toBeUndefined();
  }
});

test('describe-stale: one answer is a minute old', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'describe-stale' }] });
  service.createTrainingJob(request('job'));
  await service.waitForEnd('job');
  expect(service.describe('job')).toMatchObject({ TrainingJobStatus: 'InProgress', SecondaryStatus: 'Training' });
  expect(service.describe('job').TrainingJobStatus).toBe('Completed');
});

test('list-stale: one answer lacks the jobs of the last minute', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'list-stale' }] });
  service.createTrainingJob(request('older'));
  await clock.sleep(2 * MINUTE);
  service.createTrainingJob(request('newer'));
  const names = () =>
    (service.list({ SortBy: 'Name' }).TrainingJobSummaries as { TrainingJobName: string }[]).map(
      ({ TrainingJobName }) => TrainingJobName,
    );
  expect(names()).toEqual(['older']);
  expect(names()).toEqual(['newer', 'older']);
});
