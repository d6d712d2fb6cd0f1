import { AttemptOutcome } from '../../../../lib/contract/calls';
import { describedAs, ended, failedWith } from '../../../support/lambda-ended-trial';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { roomAfter } from '../../../support/lambda-room';
import { TestStudy, at, completed } from '../../../support/lambda-study';

describe('an attempt that ends a trial', () => {
  test.each<[string, AttemptOutcome, number | undefined, object]>([
    ['completed with its last report', completed(), 0.7, { state: 'COMPLETED', value: 0.7 }],
    [
      'completed with a metric from its log',
      {
        ...completed(),
        metrics: [
          { MetricName: 'loss', Value: 3 },
          { MetricName: 'accuracy', Value: 0.6 },
        ],
      },
      undefined,
      { state: 'COMPLETED', value: 0.6 },
    ],
    [
      'completed; its own report goes before its log',
      { ...completed(), metrics: [{ MetricName: 'accuracy', Value: 0.6 }] },
      0.7,
      { state: 'COMPLETED', value: 0.7 },
    ],
    [
      'completed without the metric',
      completed(),
      undefined,
      {
        state: 'FAILED',
        failureClass: 'noMetric',
        message:
          'the training program ended without reporting "accuracy"; call report(step, accuracy=...) of the cdk-hpo client, or give it a regular expression that finds it in the log',
      },
    ],
    [
      'failed in user code',
      failedWith('AlgorithmError: ValueError, exit code: 1'),
      0.5,
      { state: 'FAILED', failureClass: 'userCode' },
    ],
    [
      'failed without a reason',
      { status: 'Failed' },
      undefined,
      { state: 'FAILED', failureClass: 'userCode', message: 'no reason given' },
    ],
    [
      'ran out of memory, by exit code',
      failedWith('AlgorithmError: , exit code: 137'),
      undefined,
      { state: 'FAILED', failureClass: 'outOfMemory' },
    ],
    [
      'ran out of memory, by message',
      failedWith('AlgorithmError: CUDA out of memory. Tried to allocate'),
      undefined,
      { state: 'FAILED', failureClass: 'outOfMemory' },
    ],
    [
      'was a bad request',
      failedWith('ClientError: Data download failed: NoSuchKey'),
      undefined,
      { state: 'FAILED', failureClass: 'badRequest' },
    ],
    [
      'reached its time limit after a report',
      { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' },
      0.4,
      {
        state: 'STOPPED',
        failureClass: 'timeOut',
        value: 0.4,
        message: 'the training job reached its maximum runtime; raise maxRuntime, or train for less',
      },
    ],
    [
      'reached its time limit without a report',
      { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' },
      undefined,
      { state: 'FAILED', failureClass: 'timeOut' },
    ],
    [
      'was stopped by a person after a report',
      { status: 'Stopped', secondaryStatus: 'Stopped' },
      0.4,
      { state: 'STOPPED', failureClass: 'stoppedByPerson', value: 0.4 },
    ],
    [
      'was stopped by a person before any',
      { status: 'Stopped', secondaryStatus: 'Stopped' },
      undefined,
      { state: 'FAILED', failureClass: 'stoppedByPerson' },
    ],
    [
      'was refused by the service',
      { error: 'SageMaker.AmazonSageMakerException', cause: 'Could not find model data (Status Code: 400)' },
      undefined,
      {
        state: 'FAILED',
        failureClass: 'badRequest',
        message: 'SageMaker.AmazonSageMakerException: Could not find model data (Status Code: 400)',
      },
    ],
    [
      'timed out in the state machine',
      { error: 'States.Timeout', cause: '' },
      undefined,
      { state: 'FAILED', failureClass: 'timeOut' },
    ],
    [
      'ended in an unknown way',
      {},
      undefined,
      { state: 'FAILED', failureClass: 'badRequest', message: 'no error name: no cause' },
    ],
  ])('%s', async (_, outcome, reported, verdict) => {
    const { trial, next } = await ended(outcome, reported);
    expect(trial).toMatchObject({ ...verdict, endedAt: at(50) });
    if (!('value' in verdict)) expect(trial.value).toBeUndefined();
    if (!('failureClass' in verdict)) expect(trial.failureClass).toBeUndefined();
    expect(next).toMatchObject({ action: 'train', trial: 2, turn: 1 });
  });

  test('is told as success and as failure alike', async () => {
    for (const status of ['Stopped', 'Completed', 'Failed']) {
      const success = {
        status,
        secondaryStatus: 'x',
        jobName: 'job',
        failureReason: 'exit code: 137',
        billableSeconds: 7,
        modelArtifact: 's3://m',
      };
      const failure = describedAs({
        TrainingJobStatus: status,
        SecondaryStatus: 'x',
        FailureReason: 'exit code: 137',
        BillableTimeInSeconds: 7,
        ModelArtifacts: { S3ModelArtifacts: 's3://m' },
      });
      const [one, other] = [await ended(success, 0.5), await ended(failure, 0.5)];
      const told = ({ trial }: typeof one) => {
        const { error: _, ...outcome } = trial.attempts[0].outcome!;
        return {
          state: trial.state,
          failureClass: trial.failureClass,
          message: trial.message,
          value: trial.value,
          outcome,
        };
      };
      expect(told(other)).toEqual(told(one));
    }
  });

  test('our own decision goes before what the job says', async () => {
    for (const outcome of [
      failedWith('AlgorithmError: exit code: 143'),
      describedAs({ TrainingJobStatus: 'Stopped' }),
      completed(),
    ]) {
      const study = await TestStudy.opened(new MemoryItemTable(), { maxDurationSeconds: 10 });
      const first = await study.train();
      await study.report(first, 1, 0.5, 20);
      await study.record(first, outcome, 30);
      expect(await study.trial(1)).toMatchObject({
        state: 'STOPPED',
        value: 0.5,
        message: 'the maximum duration of 10 seconds is over',
      });
    }
  });

  test('a log’s metric from a failed task’s description counts', async () => {
    const { trial } = await ended(
      describedAs({
        TrainingJobStatus: 'Stopped',
        SecondaryStatus: 'MaxRuntimeExceeded',
        FinalMetricDataList: [{ MetricName: 'accuracy', Value: 0.3 }],
      }),
    );
    expect(trial).toMatchObject({ state: 'STOPPED', failureClass: 'timeOut', value: 0.3 });
  });

  test('a long cause is cut, so that the record stays small', async () => {
    const { trial } = await ended({ error: 'X', cause: 'y'.repeat(30_000) });
    expect(JSON.stringify(trial).length).toBeLessThan(4000);
  });
});

describe('the finer points of the design’s table of failures', () => {
  test.each([
    'OSError: bigscience/bloom-560m is not a local folder, exit code: 1',
    'ValueError: no room for classes, exit code: 1',
  ])('user code that says %j has not run out of memory', async (reason) => {
    expect((await ended(failedWith(`AlgorithmError: ${reason}`))).trial).toMatchObject({ failureClass: 'userCode' });
  });

  test.each(['CapacityError: Unable to provision requested ML compute capacity', 'ClientError: unable to provision'])(
    'missing capacity never counts as a failure of the trial: %s',
    async (reason) => {
      const study = await TestStudy.opened(new MemoryItemTable());
      const answer = await roomAfter(study, failedWith(reason), 5);
      expect(answer).toMatchObject({ trial: 1, attempt: 6 });
    },
  );

  test('spot capacity that never came is missing capacity, one that was lost is infrastructure', async () => {
    const waited = { status: 'Stopped', secondaryStatus: 'MaxWaitTimeExceeded' };
    expect((await ended(waited)).trial).toMatchObject({ state: 'QUEUED', attempts: [{ failureClass: 'quota' }] });
    expect((await ended({ ...waited, billableSeconds: 60 }, 0.5)).trial.attempts[0]).toMatchObject({
      failureClass: 'infrastructure',
    });
  });

  test('a spot interruption resumes from the newest checkpoint', async () => {
    const { next } = await ended({ status: 'Stopped', secondaryStatus: 'Interrupted' }, 0.5);
    expect(next).toMatchObject({ trial: 1, attempt: 2 });
  });

  test('a time out of the task keeps the last report', async () => {
    const { trial } = await ended({ error: 'States.Timeout', cause: '' }, 0.5);
    expect(trial).toMatchObject({ state: 'STOPPED', failureClass: 'timeOut', value: 0.5 });
  });
});
