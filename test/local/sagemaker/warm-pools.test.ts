import { trainingJobRequest } from './request';
import { BEGIN, MINUTE, ON_SPOT, WITH_METRIC, errorCode, serveSimulated } from './serve';
import type { ServeOptions } from './serve';

const RESOURCES = { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 10 };

/** A job that keeps its instances for half an hour. */
const KEPT = { ...WITH_METRIC, ResourceConfig: { ...RESOURCES, KeepAlivePeriodInSeconds: 1800 } };

/** A service whose first job has ended just now. */
async function afterFirst(options: ServeOptions = {}, first: Record<string, unknown> = KEPT) {
  const served = serveSimulated(options);
  served.service.createTrainingJob(trainingJobRequest('first', first));
  await served.service.waitForEnd('first');
  return served;
}

test('a matching job starts on the kept instances in seconds', async () => {
  const { clock, service } = await afterFirst();
  expect(service.describe('first').WarmPoolStatus).toMatchObject({ Status: 'Available' });
  await clock.sleep(5 * MINUTE);
  const created = clock.now();
  service.createTrainingJob(trainingJobRequest('second', KEPT));
  expect(service.describe('first').WarmPoolStatus).toEqual({
    Status: 'Reused',
    ResourceRetainedBillableTimeInSeconds: 300,
    ReusedByJob: 'second',
  });
  expect(service.describe('second').WarmPoolStatus).toEqual({ Status: 'InUse' });
  const { TrainingStartTime } = await service.waitForEnd('second');
  expect((TrainingStartTime as number) * 1000 - created).toBe(20_000);
});

test('the start-up in a pool is an option, and never longer than the cold one', async () => {
  const startOf = async (warmPoolStartupSeconds: number) => {
    const { clock, service } = await afterFirst({ warmPoolStartupSeconds });
    const created = clock.now();
    service.createTrainingJob(trainingJobRequest('second', KEPT));
    return ((await service.waitForEnd('second')).TrainingStartTime as number) * 1000 - created;
  };
  expect(await startOf(5)).toBe(5000);
  expect(await startOf(500)).toBe(120_000);
});

test('a pool that nobody needs is given back when its time is over, and is billed', async () => {
  const { clock, service } = await afterFirst();
  await clock.sleep(40 * MINUTE);
  expect(service.describe('first').WarmPoolStatus).toEqual({
    Status: 'Terminated',
    ResourceRetainedBillableTimeInSeconds: 1800,
  });
});

test('one pool serves one job', async () => {
  const { service } = await afterFirst();
  for (const name of ['second', 'third']) service.createTrainingJob(trainingJobRequest(name, KEPT));
  await service.waitForEnd('second');
  const third = await service.waitForEnd('third');
  expect((third.TrainingStartTime as number) - (third.CreationTime as number)).toBe(120);
});

test('a job that asks for no keep-alive uses the pool up', async () => {
  const { service } = await afterFirst();
  service.createTrainingJob(trainingJobRequest('second', { ...WITH_METRIC, ResourceConfig: RESOURCES }));
  const second = await service.waitForEnd('second');
  expect((second.TrainingStartTime as number) - (second.CreationTime as number)).toBe(20);
  expect(second).not.toHaveProperty('WarmPoolStatus');
});

test.each<[string, Record<string, unknown>]>([
  ['another role', { RoleArn: 'arn:aws:iam::123456789012:role/another' }],
  ['another type', { ResourceConfig: { ...RESOURCES, InstanceType: 'ml.m5.large' } }],
  ['more instances', { ResourceConfig: { ...RESOURCES, InstanceCount: 2 } }],
  ['another volume', { ResourceConfig: { ...RESOURCES, VolumeSizeInGB: 11 } }],
  ['a volume key', { ResourceConfig: { ...RESOURCES, VolumeKmsKeyId: 'key' } }],
  ['a VPC', { VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] } }],
  ['encrypted traffic', { EnableInterContainerTrafficEncryption: true }],
  ['network isolation', { EnableNetworkIsolation: true }],
  ['managed spot', ON_SPOT],
])('a job with %s starts cold', async (_what, more) => {
  const { service } = await afterFirst();
  service.createTrainingJob(trainingJobRequest('second', { ...KEPT, ResourceConfig: RESOURCES, ...more }));
  const second = await service.waitForEnd('second');
  expect((second.TrainingStartTime as number) - (second.CreationTime as number)).toBe(120);
  expect(service.describe('first').WarmPoolStatus).toMatchObject({ Status: 'Available' });
});

test('instances are kept after a failure of the program, and not after one of the infrastructure', async () => {
  const statusAfter = async (name: 'program-error' | 'internal-error' | 'capacity-error') =>
    (await afterFirst({ plans: [{ name }] })).service.describe('first').WarmPoolStatus;
  expect(await statusAfter('program-error')).toMatchObject({ Status: 'Available' });
  expect(await statusAfter('internal-error')).toBeUndefined();
  expect(await statusAfter('capacity-error')).toBeUndefined();
});

test('a job that is stopped keeps its instances once they were launched', async () => {
  const poolAfterStop = async (seconds: number) => {
    const { clock, service } = serveSimulated();
    service.createTrainingJob(trainingJobRequest('first', KEPT));
    await clock.sleep(seconds * 1000);
    service.stop('first');
    return (await service.waitForEnd('first')).WarmPoolStatus;
  };
  expect(await poolAfterStop(60)).toBeUndefined();
  expect(await poolAfterStop(180)).toMatchObject({ Status: 'Available' });
});

test('a pool counts in the instance quota, but not for the job that takes it over', async () => {
  const { clock, service } = await afterFirst({ instanceQuota: { 'ml.m5.xlarge': 1 } });
  const other = { ...WITH_METRIC, RoleArn: 'arn:aws:iam::123456789012:role/another' };
  expect(errorCode(() => service.createTrainingJob(trainingJobRequest('other', other)))).toBe('ResourceLimitExceeded');
  service.createTrainingJob(trainingJobRequest('second', KEPT));
  await service.waitForEnd('second');
  await clock.sleep(30 * MINUTE);
  expect(errorCode(() => service.createTrainingJob(trainingJobRequest('other', other)))).toBeUndefined();
});

test('the quota of warm pools is one of its own', () => {
  const { service } = serveSimulated({ warmPoolQuota: { 'ml.m5.xlarge': 0 } });
  expect(() => service.createTrainingJob(trainingJobRequest('kept', KEPT))).toThrow(
    /'ml\.m5\.xlarge for training warm pool usage' is 0 Instances/,
  );
  service.createTrainingJob(trainingJobRequest('plain', WITH_METRIC));
});

test('a list can ask for pools', async () => {
  const { clock, service } = await afterFirst();
  const names = (WarmPoolStatusEquals: string) =>
    (service.list({ WarmPoolStatusEquals }).TrainingJobSummaries as object[]).length;
  expect([names('Available'), names('Terminated')]).toEqual([1, 0]);
  await clock.sleep(30 * MINUTE);
  expect([names('Available'), names('Terminated')]).toEqual([0, 1]);
  expect(clock.now()).toBe(BEGIN + 42 * MINUTE);
});
