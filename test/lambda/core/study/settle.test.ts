import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { TestStudy, at, completed } from '../../../support/lambda-study';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

/** GIVEN a study whose execution is aborted while its first trial runs. */
async function aborted() {
  const study = await TestStudy.opened(await dynamo.newTable());
  const first = await study.train();
  return { study, first };
}

test('a job that ended meanwhile is recorded with its result', async () => {
  const { study, first } = await aborted();
  await study.report(first, 3, 0.75);
  study.jobs.add(first.jobName, { ...completed(90), modelArtifact: 's3://bucket/model' });

  await study.resume(60);

  expect(await study.trial(1)).toMatchObject({
    state: 'COMPLETED',
    value: 0.75,
    endedAt: at(60),
    attempts: [{ outcome: { status: 'Completed', billableSeconds: 90, modelArtifact: 's3://bucket/model' } }],
  });
  expect(study.jobs.stopped).toEqual([]);
  expect(await study.train(0, 0, 60)).toMatchObject({ trial: 2, attempt: 1 });
});

test('a job that failed meanwhile is recorded with its failure', async () => {
  const { study, first } = await aborted();
  study.jobs.add(first.jobName, { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1' });
  await study.resume(60);
  expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'userCode' });
});

test('a job that Step Functions stopped with the execution is no failure of its trial', async () => {
  const { study, first } = await aborted();
  study.jobs.add(first.jobName, { status: 'Stopped', secondaryStatus: 'Stopped', billableSeconds: 30 });
  await study.resume(60);
  expect(await study.trial(1)).toMatchObject({ state: 'QUEUED', attempts: [{ outcome: { billableSeconds: 30 } }] });
  expect(study.jobs.stopped).toEqual([]);
});

test('a job that still runs is stopped, and its trial goes on from its checkpoint first', async () => {
  const { study, first } = await aborted();
  study.jobs.add(first.jobName, { status: 'InProgress' });

  await study.resume(60);

  expect(study.jobs.stopped).toEqual([`${first.jobName}-0-0`]);
  expect(await study.trial(1)).toMatchObject({ state: 'QUEUED', attempts: [{ attempt: 1, endedAt: at(60) }] });
  const again = await study.train(2, 0, 60);
  expect(again).toMatchObject({
    trial: 1,
    attempt: 2,
    hyperparameters: first.hyperparameters,
    checkpointUri: first.checkpointUri,
  });
  expect(again.jobName).not.toBe(first.jobName);
  expect(again.token).not.toBe(first.token);
});

test('a job that was never created is run again', async () => {
  const { study } = await aborted();
  await study.resume(60);
  expect(study.jobs.stopped).toEqual([]);
  expect(await study.train(0, 0, 60)).toMatchObject({ trial: 1, attempt: 2 });
});

test('settling twice is settling once', async () => {
  const { study, first } = await aborted();
  study.jobs.add(first.jobName, { status: 'InProgress' });
  await study.resume(60);
  const trial = await study.trial(1);
  await study.resume(60);
  expect(await study.trial(1)).toEqual(trial);
});

test('trials that ended before the abort stay as they are', async () => {
  const { study, first } = await aborted();
  await study.complete(first, 0.9);
  const trial = await study.trial(1);
  await study.resume(60);
  expect(await study.trial(1)).toEqual(trial);
});

test('trials that waited in the queue keep waiting', async () => {
  const { study } = await aborted();
  await study.resume(60);
  await study.resume(120, 'arn:execution-3');
  expect(await study.trial(1)).toMatchObject({ state: 'QUEUED' });
  expect(await study.train(0, 0, 120)).toMatchObject({ trial: 1, attempt: 2 });
});

test('a slot of the aborted execution gets no more trials', async () => {
  const { study } = await aborted();
  await study.resume(60);
  study.run = 1;
  expect(await study.next(1)).toEqual({ action: 'none', reason: 'the study has been resumed by another execution' });
});

test('the training code of the aborted attempt is told that it has ended', async () => {
  const { study, first } = await aborted();
  study.jobs.add(first.jobName, { status: 'InProgress' });
  await study.resume(60);
  await expect(study.report(first, 1, 0.5)).rejects.toMatchObject({ name: 'AttemptEnded' });
});

test('the late record of the aborted slot changes nothing', async () => {
  const { study, first } = await aborted();
  await study.resume(60);
  await study.train(3, 0, 60);
  const trial = await study.trial(1);
  expect(await study.record(first, completed())).toMatchObject({ action: 'train', trial: 2 });
  expect(await study.trial(1)).toEqual(trial);
});

test('a trial that was told to stop is not run again because its job had not ended yet', async () => {
  const { study, first } = await aborted();
  study.tuner = { ...study.tuner, maxDurationSeconds: 100 };
  await study.resume(0);
  const again = await study.train(0, 0, 10);
  expect(await study.report(again, 1, 0.5, 200)).toMatchObject({ decision: 'stop' });
  study.jobs.add(again.jobName, { status: 'Stopping' });

  await study.resume(300, 'arn:execution-3');

  expect(first.trial).toBe(again.trial);
  expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 0.5 });
});

test('a trial that diverged is not run again because its job had not ended yet', async () => {
  const { study, first } = await aborted();
  await study.report(first, 1, 'NaN');
  study.jobs.add(first.jobName, { status: 'Stopping' });
  await study.resume(60);
  expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'diverged' });
});

test('a trial whose job goes down with its execution is run again, however often that happens', async () => {
  const { study, first } = await aborted();
  let { jobName } = first;
  for (let resume = 1; resume <= 5; resume++) {
    study.jobs.add(jobName, { status: 'Failed', failureReason: 'InternalServerError: the runtime ended' });
    await study.resume(resume * 60, `arn:execution-of-resume-${resume}`);
    const again = await study.train(0, 0, resume * 60);
    expect(again).toMatchObject({ trial: 1, attempt: resume + 1 });
    ({ jobName } = again);
  }
});
