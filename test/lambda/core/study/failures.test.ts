import { AttemptOutcome } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { adviceFor } from '../../../../lambda/core/study/failures';
import { failedWith } from '../../../support/lambda-ended-trial';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { TestStudy, completed } from '../../../support/lambda-study';

withoutWaiting();

const opened = (tuner: Partial<TunerDefinition> = {}) =>
  TestStudy.opened(new MemoryItemTable(), { maxTrials: 100, ...tuner });
const OUT_OF_MEMORY = failedWith('AlgorithmError: exit code: 137');

/** Runs trials one after another from this turn on, a second apart: true ones work, others run out of memory. */
async function run(study: TestStudy, works: boolean[], from = 0) {
  let answer = await study.next(0, from, from);
  for (const [i, good] of works.entries()) {
    if (answer.action !== 'train') break;
    if (good) await study.report(answer, 1, 0.5, from + i + 1);
    answer = await study.record(answer, good ? completed() : OUT_OF_MEMORY, from + i + 1);
  }
  return answer;
}
const times = (n: number, good: boolean) => Array.from({ length: n }, () => good);

describe('failures that are tolerated', () => {
  test('are as many as the tuner says, and no more', async () => {
    const study = await opened({ toleratedFailureCount: 2 });
    expect(await run(study, [true, false, true, false, true])).toMatchObject({ action: 'train' });
    const reason =
      '3 trials failed, more than the 2 of toleratedFailureCount; the last one (outOfMemory): AlgorithmError: exit code: 137';
    expect(await run(study, [false], 5)).toEqual({ action: 'none', reason });
    expect(await study.review(20)).toEqual({ complete: true, reason });
    expect(await study.plan(20)).toEqual({ round: 1, slots: [] });
    expect(await study.finish(20)).toMatchObject({ status: 'SUCCEEDED', reason });
  });

  test('are none where the tuner says none', async () => {
    const study = await opened({ toleratedFailureCount: 0 });
    expect(await run(study, [true, true])).toMatchObject({ action: 'train' });
    expect(await run(study, [false], 2)).toMatchObject({ action: 'none' });
  });

  test('end what still runs', async () => {
    const study = await opened({ toleratedFailureCount: 0 });
    const other = await study.train(1);
    await study.report(other, 1, 0.5);
    await run(study, [false]);
    expect(await study.report(other, 2, 0.6)).toMatchObject({
      decision: 'stop',
      reason: expect.stringContaining('toleratedFailureCount'),
    });
  });

  test.each([
    // 3 of 10 are not more than 30 %, 4 of 10 are; of 9 nothing is said yet.
    [3, 10, 'train'],
    [4, 9, 'train'],
    [4, 10, 'none'],
  ])('are a share: %i of %i', async (failed, of, action) => {
    const study = await opened({ toleratedFailurePercentage: 30 });
    expect(await run(study, [...times(of - failed, true), ...times(failed, false)])).toMatchObject({ action });
  });

  test('are told with the share', async () => {
    const study = await opened({ toleratedFailurePercentage: 30 });
    expect(await run(study, [...times(6, true), ...times(4, false)])).toMatchObject({
      reason:
        '4 of 10 trials failed, more than the 30 % of toleratedFailurePercentage; the last one (outOfMemory): AlgorithmError: exit code: 137',
    });
  });

  test('are counted anew by a resume', async () => {
    const study = await opened({ toleratedFailureCount: 1 });
    expect(await run(study, [true, false, false])).toMatchObject({ action: 'none' });
    await study.resume(60);
    expect(await run(study, [false], 60)).toMatchObject({ action: 'train' });
    expect(await run(study, [false], 61)).toMatchObject({ action: 'none' });
  });

  test('are only failures: queued trials, stopped ones, and waits for room are none', async () => {
    const study = await opened({ toleratedFailureCount: 0 });
    const broken = await study.record(await study.train(), failedWith('InternalServerError'), 1);
    expect(broken).toMatchObject({ action: 'train', trial: 1 });
  });
});

describe('the result tells', () => {
  test('how many failed of each kind, and three of each in full', async () => {
    const study = await opened();
    const failures: AttemptOutcome[] = [
      ...Array.from({ length: 4 }, () => ({ ...OUT_OF_MEMORY, jobName: 'tuner-digits-abc123-1-1-0-0' })),
      completed(),
      { error: 'SageMaker.AmazonSageMakerException', cause: 'ValidationException: no such role' },
    ];
    await run(study, [true]);
    let answer = await study.train(0, 1);
    for (const [i, outcome] of failures.entries()) {
      const next = await study.record(answer, outcome, i + 1);
      if (next.action === 'train') answer = next;
    }
    const told = (await study.finish(20)).failures!;
    expect(told.byClass).toEqual({ outOfMemory: 4, noMetric: 1, badRequest: 1 });
    expect(told.trials.map((trial) => [trial.trial, trial.class])).toEqual([
      [2, 'outOfMemory'],
      [3, 'outOfMemory'],
      [4, 'outOfMemory'],
      [6, 'noMetric'],
      [7, 'badRequest'],
    ]);
    expect(told.trials[0]).toEqual({
      trial: 2,
      class: 'outOfMemory',
      message: 'AlgorithmError: exit code: 137',
      advice: adviceFor('outOfMemory'),
      trainingJobName: 'tuner-digits-abc123-1-1-0-0',
      log: expect.stringContaining('/cloudwatch/home'),
    });
    // no job, no log.
    expect(told.trials[4]).toMatchObject({
      trainingJobName: null,
      log: null,
      message: expect.stringContaining('no such role'),
    });
  });

  test('nothing where none failed', async () => {
    const study = await opened();
    await run(study, [true]);
    expect(await study.finish()).not.toHaveProperty('failures');
  });

  test('long messages in short', async () => {
    const study = await opened();
    await study.record(await study.train(), failedWith(`AlgorithmError: ${'x'.repeat(5000)}`));
    const [{ message }] = (await study.finish()).failures!.trials;
    expect(message).toHaveLength(500);
  });
});

test.each([
  'quota',
  'throttled',
  'infrastructure',
  'outOfMemory',
  'userCode',
  'noMetric',
  'diverged',
  'timeOut',
  'stoppedByPerson',
  'badRequest',
] as const)('there is advice for each class: %s', (failureClass) => {
  expect(adviceFor(failureClass)).toMatch(/^.{20,}$/);
});
