import { AttemptOutcome } from '../../../../lib/contract/calls';
import { describedAs, ended, failedWith } from '../../../support/lambda-ended-trial';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { againAfter, roomAfter } from '../../../support/lambda-room';
import { NO_ROOM, TestStudy, at, completed, trainOf } from '../../../support/lambda-study';

withoutWaiting();

describe('an attempt that does not decide its trial', () => {
  test.each<[string, AttemptOutcome, string]>([
    [
      'a quota',
      { error: 'SageMaker.ResourceLimitExceededException', cause: 'The account-level service limit ...' },
      'quota',
    ],
    [
      'a quota behind a general name',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'ResourceLimitExceeded: ...' },
      'quota',
    ],
    ['throttling', { error: 'SageMaker.ThrottlingException', cause: 'Rate exceeded' }, 'throttled'],
    [
      'throttling behind a general name',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'Rate exceeded (Status Code: 400)' },
      'throttled',
    ],
    [
      'the service, at the request',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'ServiceUnavailable' },
      'infrastructure',
    ],
    [
      'the service, at the job',
      failedWith('InternalServerError: We encountered an internal error. Please try again'),
      'infrastructure',
    ],
  ])('by %s queues it', async (_, outcome, failureClass) => {
    const { trial, next, first, study } = await ended(outcome, 0.5);
    const again = next.action === 'wait' ? await study.next(0, 2, 200) : next;
    expect(again).toMatchObject({ action: 'train', trial: 1, attempt: 2, checkpointUri: first.checkpointUri });
    if (trial.state === 'QUEUED') expect(trial.attempts[0]).toMatchObject({ failureClass, endedAt: at(50) });
    expect(trial.failureClass).toBeUndefined();
  });

  test.each(['quota', 'throttled'])('by %s never fails it', async (kind) => {
    const study = await TestStudy.opened(new MemoryItemTable());
    const error = kind === 'quota' ? 'SageMaker.ResourceLimitExceededException' : 'ThrottlingException';
    const answer = await roomAfter(study, { error, cause: '' }, 20);
    expect(answer).toMatchObject({ trial: 1, attempt: 21 });
    // starts that came to nothing leave a number, no record each.
    expect((await study.trial(1)).attempts).toMatchObject([{ attempt: 21, tries: 20 }]);
  });

  test('by infrastructure fails it at the third time, quotas in between not counted', async () => {
    const study = await TestStudy.opened(new MemoryItemTable());
    const broken = failedWith('InternalServerError: again');
    let answer = await study.train();
    let seconds = 0;
    for (const outcome of [broken, { error: 'ResourceLimitExceeded', cause: '' }, broken]) {
      answer = await againAfter(study, answer, outcome, (seconds += 1000));
      expect(answer.trial).toBe(1);
    }
    expect(answer.attempt).toBe(4);

    expect(await study.record(answer, broken)).toMatchObject({ trial: 2 });
    expect(await study.trial(1)).toMatchObject({
      state: 'FAILED',
      failureClass: 'infrastructure',
      message: 'InternalServerError: again',
    });
  });
});

test('what is recorded twice, in different words, counts as it came first', async () => {
  const { study, first, trial, next } = await ended(completed(), 0.5);
  expect(await study.record(first, failedWith('late'), 99)).toEqual(next);
  expect(await study.trial(1)).toEqual(trial);
});

test('an outcome for a trial that does not exist is refused', async () => {
  const { study, first } = await ended(completed(), 0.5);
  await expect(study.record({ ...first, trial: 77 }, completed())).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: 'study "digits" has no trial 77',
  });
});

describe('a task that failed without saying how its job ended', () => {
  const LOST: AttemptOutcome = {
    error: 'SageMaker.AmazonSageMakerException',
    cause: 'InternalFailure (Status Code: 500)',
  };
  async function running(accuracy?: number) {
    const study = await TestStudy.opened(new MemoryItemTable());
    const first = await study.train();
    if (accuracy !== undefined) await study.report(first, 2, accuracy);
    return { study, first };
  }

  test('left a job that has ended: what its description says counts', async () => {
    const { study, first } = await running();
    const metrics = [{ MetricName: 'accuracy', Value: 0.8 }];
    study.jobs.add(first.jobName, { ...completed(70), metrics, jobName: `${first.jobName}-0-0` });
    expect(await study.record(first, LOST, 100)).toMatchObject({ action: 'train', trial: 2 });
    expect(await study.trial(1)).toMatchObject({
      state: 'COMPLETED',
      value: 0.8,
      attempts: [{ outcome: { jobName: `${first.jobName}-0-0`, billableSeconds: 70 } }],
    });
    expect(study.jobs.stopped).toEqual([]);
  });

  test('left a job that failed: it is what its reason says', async () => {
    const { study, first } = await running();
    study.jobs.add(first.jobName, failedWith('AlgorithmError: exit code: 137'));
    await study.record(first, LOST, 100);
    expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'outOfMemory' });
  });

  test('left a job that still runs: it is stopped, and the trial goes on three minutes later from its checkpoint', async () => {
    const { study, first } = await running(0.5);
    study.jobs.add(first.jobName, { status: 'InProgress', billableSeconds: 40 });
    const next = trainOf(await study.record(first, LOST, 100));
    expect(study.jobs.stopped).toEqual([`${first.jobName}-0-0`]);
    expect(next).toMatchObject({ trial: 1, attempt: 2, startAt: at(280), checkpointUri: first.checkpointUri });
    expect((await study.trial(1)).attempts[0]).toMatchObject({
      failureClass: 'infrastructure',
      endedAt: at(100),
      message: expect.stringContaining(`the state machine lost sight of training job ${first.jobName}-0-0`),
      outcome: { billableSeconds: 40 },
    });
    // asked again, it isn't stopped again.
    expect(await study.record(first, LOST, 100)).toEqual(next);
    expect(study.jobs.stopped).toHaveLength(1);
  });

  test('waits no longer than that for a slot that comes later', async () => {
    const { study, first } = await running();
    study.jobs.add(first.jobName, { status: 'InProgress' });
    const next = trainOf(await study.record(first, LOST, 100));
    // the next attempt fails for good in another way: nothing of the wait is left.
    expect(trainOf(await study.record(next, failedWith('InternalServerError'), 400))).toMatchObject({
      attempt: 3,
      startAt: at(400),
    });
  });

  test('counts as a failure of the infrastructure, up to the limit', async () => {
    const { study, first } = await running();
    let answer = first;
    for (let attempt = 1; attempt <= 2; attempt++) {
      study.jobs.add(answer.jobName, { status: 'InProgress' });
      answer = trainOf(await study.record(answer, LOST, attempt * 1000));
      expect(answer).toMatchObject({ trial: 1, attempt: attempt + 1 });
    }
    study.jobs.add(answer.jobName, { status: 'InProgress' });
    expect(await study.record(answer, LOST, 5000)).toMatchObject({ trial: 2 });
    expect(await study.trial(1)).toMatchObject({ state: 'FAILED', failureClass: 'infrastructure' });
    expect(study.jobs.stopped).toHaveLength(3);
  });

  test('left no job: it is what its error says', async () => {
    const { study, first } = await running();
    expect(await study.record(first, LOST, 100)).toMatchObject({ trial: 1, attempt: 2, startAt: at(100) });
    expect((await study.trial(1)).attempts[0]).toMatchObject({ failureClass: 'infrastructure' });
  });

  test('left a job of a trial that was told to stop: it is stopped, and its trial has ended', async () => {
    const study = await TestStudy.opened(new MemoryItemTable(), { maxDurationSeconds: 10 });
    const first = await study.train();
    await study.report(first, 1, 0.5, 20);
    study.jobs.add(first.jobName, { status: 'InProgress', billableSeconds: 40 });
    expect(await study.record(first, LOST, 30)).toMatchObject({ action: 'none' });
    expect(study.jobs.stopped).toHaveLength(1);
    expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 0.5 });
  });

  test('left a job of a trial that was told to pause: its next attempt waits as long', async () => {
    const rungs = { minResource: 1, maxResource: 3, reductionFactor: 2 };
    const study = await TestStudy.opened(new MemoryItemTable(), {
      maxTrials: 2,
      scheduler: { name: 'asha', mode: 'promote', brackets: 1, ...rungs },
    });
    const [first, second] = [await study.train(0), await study.train(1)];
    await study.report(second, 1, 0.1);
    await study.record(second, completed(), 5, 1);
    expect(await study.report(first, 1, 0.9)).toMatchObject({ decision: 'pause' });
    study.jobs.add(first.jobName, { status: 'InProgress', billableSeconds: 40 });
    const next = trainOf(await study.record(first, LOST, 100));
    expect(next).toMatchObject({ trial: 1, attempt: 2, startAt: at(280) });
  });

  test.each<[string, AttemptOutcome]>([
    ['a quota', NO_ROOM],
    ['a refused request', { error: 'SageMaker.AmazonSageMakerException', cause: 'ValidationException: no such role' }],
    ['a permission', { error: 'SageMaker.AmazonSageMakerException', cause: 'AccessDeniedException: not authorized' }],
    ['the job’s own end', completed()],
    [
      'the job’s description',
      describedAs({ TrainingJobStatus: 'Failed', FailureReason: 'AlgorithmError: exit code: 1' }),
    ],
  ])('is not meant by %s: nobody looks for a job', async (_, outcome) => {
    const { study, first } = await running(0.5);
    const find = jest.spyOn(study.jobs, 'find');
    await study.record(first, outcome, 100);
    expect(find).not.toHaveBeenCalled();
  });

  test.each<[string, AttemptOutcome]>([
    ['a time out', { error: 'States.Timeout', cause: '' }],
    ['a throttled call under a general name', { error: 'SageMaker.AmazonSageMakerException', cause: 'Rate exceeded' }],
    ['an error of the service', { error: 'SageMaker.InternalServerException', cause: '' }],
  ])('is also meant by %s', async (_, outcome) => {
    const { study, first } = await running(0.5);
    study.jobs.add(first.jobName, completed(70));
    await study.record(first, outcome, 100);
    expect(await study.trial(1)).toMatchObject({
      state: 'COMPLETED',
      attempts: [{ outcome: { billableSeconds: 70 } }],
    });
  });
});
