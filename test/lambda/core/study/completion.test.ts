import { AttemptOutcome, TrainAnswer } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, TestStudy, completed, trainOf } from '../../../support/lambda-study';

const opened = (tuner: Partial<TunerDefinition> = {}) => TestStudy.opened(new MemoryItemTable(), tuner);

/** Runs trials one after another in slot 0, a second apart; the last answer is the slot's last. */
async function runAll(study: TestStudy, values: (number | AttemptOutcome)[]) {
  let answer = await study.next();
  for (const [i, value] of values.entries()) {
    const trial = trainOf(answer);
    answer =
      typeof value === 'number' ? await study.complete(trial, value, i + 1) : await study.record(trial, value, i + 1);
  }
  return answer;
}

const crash: AttemptOutcome = { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1' };
const outOfMemory: AttemptOutcome = { status: 'Failed', failureReason: 'exit code: 137' };

describe('plan', () => {
  const slots = async (study: TestStudy, seconds = 0) => (await study.plan(seconds)).slots;

  test('opens as many slots as there is work for', async () => {
    expect(await slots(await opened({ maxTrials: 10, maxParallelTrials: 4 }))).toEqual([0, 1, 2, 3]);
    expect(await slots(await opened({ maxTrials: 2, maxParallelTrials: 4 }))).toEqual([0, 1]);
  });

  test('counts trials that wait in the queue as work, and those that ended not', async () => {
    const study = await opened({ maxTrials: 3 });
    await study.complete(await study.train(0), 0.5);
    await study.train(1);
    expect(await slots(study)).toEqual([0, 1]);
    await study.resume(60);
    expect(await slots(study, 60)).toEqual([0, 1]);
  });

  test('opens none when the study has ended', async () => {
    const study = await opened({ maxDurationSeconds: 100 });
    expect(await slots(study, 99)).toHaveLength(4);
    expect(await slots(study, 100)).toEqual([]);
  });

  test('twice gives the same answer', async () => {
    const study = await opened();
    expect(await study.plan()).toEqual(await study.plan());
    expect((await study.studyRecord()).round).toBe(1);
  });

  test('of an unknown study is an error by name', async () => {
    await expect(new TestStudy(new MemoryItemTable()).plan()).rejects.toMatchObject({ name: 'StudyNotFound' });
  });
});

describe('a study ends', () => {
  test('when all trials have ended', async () => {
    const study = await opened({ maxTrials: 2 });
    expect(await runAll(study, [0.1, 0.2])).toEqual({ action: 'none', reason: 'all 2 trials have been started' });
    expect(await study.review(9)).toEqual({ complete: true, reason: 'all 2 trials have ended' });
  });

  test('not while a trial waits in the queue', async () => {
    const study = await opened({ maxTrials: 1 });
    await study.train();
    expect(await study.review()).toEqual({ complete: false });
    expect(await study.trial(1)).toMatchObject({ state: 'QUEUED' });
  });

  test.each<['maximize' | 'minimize', number[]]>([
    ['maximize', [0.7, 0.89, 0.9]],
    ['minimize', [1.3, 0.91, 0.9]],
  ])('when a trial reaches the target, to %s', async (direction, values) => {
    const study = await opened({ objective: { metric: 'accuracy', direction, targetValue: 0.9 } });
    const reason = 'trial 3 reached the target value 0.9 with 0.9';
    expect(await runAll(study, values)).toEqual({ action: 'none', reason });
    expect(await study.review(9)).toEqual({ complete: true, reason });
    expect(await study.plan(9)).toEqual({ round: 1, slots: [] });
  });

  test('when its time is over, counted from this run’s begin', async () => {
    const study = await opened({ maxDurationSeconds: 100 });
    const first = await study.train(0, 0, 99);
    study.jobs.add(first.jobName, { status: 'InProgress' });
    const reason = 'the maximum duration of 100 seconds is over';
    expect(await study.next(1, 0, 100)).toEqual({ action: 'none', reason });
    expect(await study.review(100)).toEqual({ complete: true, reason });
    await study.resume(1000);
    expect(await study.next(0, 0, 1099)).toMatchObject({ action: 'train' });
  });

  test('when so many trials brought no improvement', async () => {
    const study = await opened({ maxTrialsWithoutImprovement: 3 });
    // the second is the best; an equal one is no improvement, and failures count.
    expect(await runAll(study, [0.5, 0.8, 0.7, 0.8])).toMatchObject({ action: 'train', trial: 5 });
    const other = await opened({ maxTrialsWithoutImprovement: 3 });
    expect(await runAll(other, [0.5, 0.8, 0.7, 0.8, crash])).toEqual({
      action: 'none',
      reason: '3 trials in a row brought no improvement over trial 2',
    });
  });

  test('when the first five trials all fail the same way', async () => {
    const study = await opened();
    const reason = 'the first 5 trials all failed the same way (userCode): AlgorithmError: exit code: 1';
    expect(await runAll(study, [crash, crash, crash, crash])).toMatchObject({ action: 'train' });
    expect(await study.record(await study.train(0, 4), crash, 9)).toEqual({ action: 'none', reason });
    expect(await study.review(9)).toEqual({ complete: true, reason });
    expect(await study.finish(9)).toMatchObject({ status: 'FAILED', reason, best: null });
  });

  test.each<[string, (number | AttemptOutcome)[]]>([
    ['one of them worked', [crash, crash, 0.1, crash, crash, crash]],
    ['they fail in different ways', [crash, completed(), crash, crash, crash, crash]],
    ['they run out of memory, which a search has to find out', new Array<AttemptOutcome>(6).fill(outOfMemory)],
  ])('not when %s', async (_, outcomes) => {
    expect(await runAll(await opened(), outcomes)).toMatchObject({ action: 'train', trial: 7 });
  });

  test('when no trial ended in three rounds in a row', async () => {
    const study = await opened();
    for (const complete of [false, false, true]) {
      await study.plan();
      await study.train();
      expect(await study.review()).toMatchObject({ complete });
      expect(await study.review()).toMatchObject({ complete });
      study.round++;
    }
  });

  test('for the same reason in the result as in the review', async () => {
    const study = await opened();
    await runAll(study, [0.5]);
    let reason: string | undefined;
    for (let i = 0; i < 5 && reason === undefined; i++) {
      ({ reason } = await study.review());
      study.round++;
    }
    expect(await study.finish()).toMatchObject({ status: 'SUCCEEDED', reason });
  });
});

describe('the result', () => {
  test('holds the best trial, counts, cost and where the records are', async () => {
    const compute = {
      ...TUNER.compute,
      instanceCount: 2,
      prices: [{ instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 }],
    };
    const study = await opened({ maxTrials: 4, compute });
    const artifact = { modelArtifact: 's3://bucket/model.tar.gz' };
    const [first, second, third] = [await study.train(0), await study.train(1), await study.train(2)];
    await study.train(3);
    await study.complete(first, 0.5);
    await study.report(second, 1, 0.9);
    await study.record(second, { ...completed(120), ...artifact }, 5, 1);
    await study.record(third, { ...crash, billableSeconds: 20 }, 5, 2);

    const result = await study.finish(60);

    expect(result).toEqual({
      study: 'digits',
      status: 'SUCCEEDED',
      reason: expect.any(String),
      objective: { metric: 'accuracy', direction: 'maximize' },
      best: {
        trial: 2,
        value: 0.9,
        hyperparameters: (await study.trial(2)).configuration,
        metrics: { accuracy: 0.9 },
        trainingJobName: 'job',
        modelArtifact: 's3://bucket/model.tar.gz',
      },
      failures: {
        byClass: { userCode: 1 },
        trials: [
          {
            trial: 3,
            class: 'userCode',
            message: 'AlgorithmError: exit code: 1',
            advice: expect.stringContaining('read the log'),
            trainingJobName: null,
            log: null,
          },
        ],
      },
      importance: [],
      trials: { total: 4, completed: 2, stoppedEarly: 0, failed: 1, unfinished: 1 },
      // 60 + 120 + 20 seconds of two instances at 0.23 dollars an hour.
      cost: { instanceSeconds: 400, usd: 0.026 },
      records: { table: 'the-table', study: 'digits', checkpoints: 's3://bucket/checkpoints/' },
    });
    expect(await study.studyRecord()).toMatchObject({ status: 'SUCCEEDED', endedAt: '2026-01-31T12:01:00.000Z' });
    expect(await study.finish(60)).toEqual(result);
  });

  test('without a known price gives the cost in seconds only', async () => {
    const study = await opened();
    await runAll(study, [0.5]);
    expect((await study.finish()).cost).toEqual({ instanceSeconds: 60, usd: null });
  });

  test('counts each attempt of a trial', async () => {
    const study = await opened({ maxTrials: 1 });
    const broken = { status: 'Failed', failureReason: 'InternalServerError', billableSeconds: 30 };
    const again = trainOf(await study.record(await study.train(), broken));
    await study.complete(again, 0.5);
    expect((await study.finish()).cost.instanceSeconds).toBe(90);
  });

  test('says how much each hyperparameter matters, to 4 digits, and says the same again', async () => {
    const study = await opened({ maxTrials: 30 });
    let answer = await study.next();
    while (answer.action === 'train') {
      const { learning_rate: rate } = answer.hyperparameters;
      answer = await study.complete(answer, Math.log10(Number(rate)));
    }
    const { importance } = await study.finish();
    expect(importance.map(({ parameter }) => parameter)).toEqual([
      'learning_rate',
      expect.any(String),
      expect.any(String),
    ]);
    expect(importance[0].importance).toBeGreaterThan(0.8);
    for (const { importance: share } of importance) expect(share).toBe(Number(share.toFixed(4)));
    expect((await study.finish()).importance).toEqual(importance);
  });

  async function stoppedAt(study: TestStudy, answer: TrainAnswer, value: number) {
    await study.report(answer, 1, value);
    await study.record(answer, { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' });
  }

  test('takes a trial that trained to its end before a better one that was stopped', async () => {
    const study = await opened({ maxTrials: 2 });
    const [first, second] = [await study.train(0), await study.train(1)];
    await stoppedAt(study, first, 0.9);
    await study.complete(second, 0.5);
    expect(await study.finish()).toMatchObject({ best: { trial: 2 }, trials: { completed: 1, stoppedEarly: 1 } });
  });

  test('takes the best of those stopped where none trained to its end', async () => {
    const study = await opened({ maxTrials: 2, objective: { metric: 'accuracy', direction: 'minimize' } });
    const [first, second] = [await study.train(0), await study.train(1)];
    await stoppedAt(study, first, 0.9);
    await stoppedAt(study, second, 0.5);
    expect(await study.finish()).toMatchObject({ status: 'SUCCEEDED', best: { trial: 2, value: 0.5 } });
  });

  test('of a study in which nothing worked is a failure with its reason', async () => {
    const study = await opened({ maxTrials: 1 });
    await runAll(study, [crash]);
    expect(await study.finish()).toMatchObject({
      status: 'FAILED',
      reason: 'all 1 trials have ended',
      best: null,
      trials: { failed: 1 },
    });
  });

  test('of an execution whose study was resumed by another one does not end the study', async () => {
    const study = await opened();
    await runAll(study, [0.5]);
    await study.resume(60);
    study.run = 1;
    expect(await study.review(60)).toEqual({
      complete: true,
      reason: 'the study has been resumed by another execution',
    });
    await study.finish(60);
    expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING' });
  });
});
