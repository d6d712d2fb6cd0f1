import { trainingJobRequest } from './request';
import { BEGIN, MINUTE, ON_SPOT, WITH_METRIC, errorCode, serveSimulated } from './serve';

const create = (service: ReturnType<typeof serveSimulated>['service'], name: string, more = {}) =>
  errorCode(() => service.createTrainingJob(trainingJobRequest(name, { ...WITH_METRIC, ...more })));

describe('quotas', () => {
  test('spot and on demand count apart', async () => {
    const { service } = serveSimulated({ instanceQuota: 1, spotInstanceQuota: { 'ml.m5.xlarge': 1 } });
    expect(create(service, 'on-demand-1')).toBeUndefined();
    expect(create(service, 'spot-1', ON_SPOT)).toBeUndefined();
    expect(create(service, 'on-demand-2')).toBe('ResourceLimitExceeded');
    expect(() => service.createTrainingJob(trainingJobRequest('spot-2', ON_SPOT))).toThrow(
      /'ml\.m5\.xlarge for spot training job usage' is 1 Instances, with current utilization of 1 Instances/,
    );
  });

  test('a job that is stopping holds its instances until it has ended', async () => {
    const { clock, service } = serveSimulated({
      instanceQuota: 1,
      program: (_job, time) => time.sleep(1e9).then(() => 0),
    });
    expect(create(service, 'first')).toBeUndefined();
    await clock.sleep(5 * MINUTE);
    service.stop('first');
    await clock.sleep(MINUTE);
    expect(create(service, 'second')).toBe('ResourceLimitExceeded');
    await service.waitForEnd('first');
    expect(create(service, 'second')).toBeUndefined();
  });

  test('an ended job may hold them a while longer', async () => {
    const { clock, service } = serveSimulated({ instanceQuota: 1, quotaReleaseSeconds: 30 });
    expect(create(service, 'first')).toBeUndefined();
    await service.waitForEnd('first');
    await clock.sleep(29_000);
    expect(create(service, 'second')).toBe('ResourceLimitExceeded');
    await clock.sleep(1000);
    expect(create(service, 'second')).toBeUndefined();
  });
});

describe('rates', () => {
  let wall: number;

  beforeEach(() => {
    wall = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => wall);
  });

  afterEach(() => jest.restoreAllMocks());

  test('each operation has a limit of its own', async () => {
    const { clock, service } = serveSimulated({
      createRatePerSecond: 1,
      stopRatePerSecond: 1,
      describeRatePerSecond: 5,
      listRatePerSecond: 2,
    });
    const accepted = (times: number, call: () => unknown) =>
      Array.from({ length: times }, () => errorCode(call)).filter((code) => code !== 'ThrottlingException').length;
    expect(create(service, 'a')).toBeUndefined();
    expect(create(service, 'b')).toBe('ThrottlingException');
    await clock.sleep(1000);
    expect(create(service, 'b')).toBeUndefined();
    expect(accepted(8, () => service.describe('a'))).toBe(5);
    expect(accepted(8, () => service.list({}))).toBe(2);
    expect(accepted(8, () => service.stop('a'))).toBe(1);
    await clock.sleep(1000);
    expect(accepted(8, () => service.stop('b'))).toBe(1);
    expect(accepted(8, () => service.list({}))).toBe(2);
  });

  test('a client that waits in real time is let through although the virtual clock stands still', () => {
    const { clock, service } = serveSimulated({ stopRatePerSecond: 1, createRatePerSecond: 1 });
    create(service, 'a');
    service.stop('a');
    expect(errorCode(() => service.stop('a'))).toBe('ThrottlingException');
    wall += 1000;
    expect(errorCode(() => service.stop('a'))).toBeUndefined();
    // a job is created by the state machine, whose time is the clock's.
    expect(create(service, 'b')).toBe('ThrottlingException');
    expect(clock.now()).toBe(BEGIN);
  });

  test('what is throttled does nothing', async () => {
    const { clock, service } = serveSimulated({ stopRatePerSecond: 1 });
    create(service, 'a');
    create(service, 'b');
    await clock.sleep(5 * MINUTE);
    service.stop('a');
    expect(() => service.stop('b')).toThrow(expect.objectContaining({ message: 'Rate exceeded' }));
    expect((await service.waitForEnd('b')).TrainingJobStatus).toBe('Completed');
  });

  test('a rate that lets nothing through is refused', () => {
    expect(() => serveSimulated({ stopRatePerSecond: 0 })).toThrow(/stopRatePerSecond is 0; give a number above 0/);
  });
});

describe('eventual consistency', () => {
  test('Describe and List see a change of status later, who waits for the end sees it at once', async () => {
    const { clock, service } = serveSimulated({ describeLagSeconds: 30 });
    create(service, 'job');
    const seen = () => [
      service.describe('job').TrainingJobStatus,
      (service.list({}).TrainingJobSummaries as { TrainingJobStatus: string }[])[0].TrainingJobStatus,
    ];
    expect(seen()).toEqual(['InProgress', 'InProgress']);
    const end = await service.waitForEnd('job');
    expect(end).toMatchObject({ TrainingJobStatus: 'Completed', BillableTimeInSeconds: 600 });
    expect(seen()).toEqual(['InProgress', 'InProgress']);
    const stale = service.describe('job');
    expect(stale.SecondaryStatus).toBe('Training');
    for (const field of ['TrainingEndTime', 'BillableTimeInSeconds', 'FinalMetricDataList', 'ModelArtifacts']) {
      expect(stale).not.toHaveProperty(field);
    }
    await clock.sleep(30_000);
    expect(seen()).toEqual(['Completed', 'Completed']);
    expect(service.describe('job')).toEqual(end);
  });

  test('a stop that was asked for is not seen at once', async () => {
    const { clock, service } = serveSimulated({ describeLagSeconds: 30 });
    create(service, 'job');
    await clock.sleep(5 * MINUTE);
    service.stop('job');
    expect(service.describe('job').TrainingJobStatus).toBe('InProgress');
    expect((await service.waitForEnd('job')).TrainingJobStatus).toBe('Stopped');
  });
});
