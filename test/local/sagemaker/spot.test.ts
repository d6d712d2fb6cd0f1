import type { SimulatedProgram } from '../../../local/sagemaker';
import { scriptRequest, trainingJobRequest } from './request';
import { BEGIN, MINUTE, ON_SPOT, START_UP_SECONDS, passed, serveProcesses, serveSimulated } from './serve';

const start = BEGIN / 1000;

test('a job on managed spot is billed less than it trains', async () => {
  const { service } = serveSimulated();
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  expect(await service.waitForEnd('job')).toMatchObject({ TrainingTimeInSeconds: 600, BillableTimeInSeconds: 180 });
});

test('the discount is an option', async () => {
  const { service } = serveSimulated({ spotDiscount: 0.5 });
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  expect(await service.waitForEnd('job')).toMatchObject({ BillableTimeInSeconds: 300 });
  expect(() => serveSimulated({ spotDiscount: 1 })).toThrow(/spotDiscount is 1; give a share from 0 to below 1/);
});

test('an interrupted job starts again, and the time between does not count as training', async () => {
  const { clock, service } = serveSimulated();
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  await clock.sleep(START_UP_SECONDS * 1000 + 4 * MINUTE);
  service.interruptSpot('job');
  const job = await service.waitForEnd('job');
  expect(passed(job)).toEqual([
    'Starting',
    'Training',
    'Interrupted',
    'Starting',
    'Training',
    'Uploading',
    'Completed',
  ]);
  expect(job).toMatchObject({
    TrainingJobStatus: 'Completed',
    TrainingStartTime: start + 120,
    // four minutes in vain, two of start-up, ten of training.
    TrainingEndTime: start + 120 + 240 + 120 + 600,
    TrainingTimeInSeconds: 840,
    BillableTimeInSeconds: 252,
  });
});

test('a program that keeps checkpoints goes on from them', async () => {
  const epochs: number[] = [];
  const program: SimulatedProgram = async (_job, clock, { signal }) => {
    for (let epoch = epochs.length + 1; epoch <= 10; epoch++) {
      await clock.sleep(MINUTE, signal);
      epochs.push(epoch);
    }
    return 0;
  };
  const { service } = serveSimulated({ program, plans: [{ name: 'spot-interrupted', afterSeconds: 270 }] });
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  // half a minute of the fifth epoch is lost.
  expect(await service.waitForEnd('job')).toMatchObject({ TrainingTimeInSeconds: 630 });
  expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('MaxRuntimeInSeconds counts over all restarts', async () => {
  const { service } = serveSimulated({ plans: [{ name: 'spot-interrupted', afterSeconds: 240 }] });
  const StoppingCondition = { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 7200 };
  service.createTrainingJob(trainingJobRequest('job', { ...ON_SPOT, StoppingCondition }));
  expect(await service.waitForEnd('job')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'MaxRuntimeExceeded',
    TrainingTimeInSeconds: 600,
  });
});

test('MaxWaitTimeInSeconds counts from the creation, restarts included', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'spot-interrupted', times: 1, afterSeconds: 500 }] });
  const StoppingCondition = { MaxRuntimeInSeconds: 900, MaxWaitTimeInSeconds: 900 };
  service.createTrainingJob(trainingJobRequest('job', { ...ON_SPOT, StoppingCondition }));
  expect(await service.waitForEnd('job')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    SecondaryStatus: 'MaxWaitTimeExceeded',
    // 120 s of start-up twice.
    TrainingTimeInSeconds: 660,
  });
  expect(clock.now() - BEGIN).toBe(900 * 1000);
});

test('a job that gets no spot instance in time is stopped and not billed', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'spot-wait-exceeded' }] });
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  const job = await service.waitForEnd('job');
  expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxWaitTimeExceeded' });
  expect(job).not.toHaveProperty('BillableTimeInSeconds');
  expect(clock.now() - BEGIN).toBe(7200 * 1000);
});

test('a job that is stopped while it waits for another instance is billed what it trained', async () => {
  const { clock, service } = serveSimulated({ plans: [{ name: 'spot-interrupted', afterSeconds: 100 }] });
  service.createTrainingJob(trainingJobRequest('job', ON_SPOT));
  await clock.sleep((START_UP_SECONDS + 100 + 60) * 1000);
  expect(service.describe('job')).toMatchObject({ TrainingJobStatus: 'InProgress', SecondaryStatus: 'Starting' });
  service.stop('job');
  expect(await service.waitForEnd('job')).toMatchObject({
    TrainingJobStatus: 'Stopped',
    TrainingTimeInSeconds: 100,
    BillableTimeInSeconds: 30,
  });
});

test('a job on demand is not interrupted', () => {
  const { service } = serveSimulated();
  service.createTrainingJob(trainingJobRequest('job'));
  expect(() => service.interruptSpot('job')).toThrow(/job job runs on demand; give it EnableManagedSpotTraining/);
});

test('an interrupted process starts anew in a fresh folder, with its checkpoints', async () => {
  const { service } = serveProcesses([{ name: 'spot-interrupted' }]);
  const script = `const fs = require('fs'), runs = fs.readdirSync('checkpoints').length;
    fs.writeFileSync('checkpoints/' + runs, '');
    console.log('run ' + runs, fs.readdirSync('model'));
    fs.writeFileSync('model/w', '');
    if (!runs) setInterval(() => {}, 1e3)`;
  const CheckpointConfig = { S3Uri: 's3://bucket/checkpoints' };
  service.createTrainingJob(scriptRequest('job', script, { ...spotOf(60), CheckpointConfig }));
  const job = await service.waitForEnd('job');
  expect(job.TrainingJobStatus).toBe('Completed');
  expect(passed(job)).toEqual([
    ...['Starting', 'Downloading', 'Training', 'Interrupted'],
    ...['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'],
  ]);
  expect(service.readLog('job')).toBe('run 0 []\nrun 1 []\n');
  await service.close();
});

function spotOf(seconds: number) {
  return {
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: seconds, MaxWaitTimeInSeconds: seconds },
  };
}
