import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy, completed, trainOf } from '../../../support/lambda-study';

const RUNGS = { minResource: 1, maxResource: 9, reductionFactor: 3 };
const PROMOTING = { name: 'asha', mode: 'promote', brackets: 1, ...RUNGS } as const;

/** A study in one slot whose first three trials have come to the first rung. */
async function pausedTrials(scheduler: object = PROMOTING) {
  const study = await TestStudy.opened(new MemoryItemTable(), { scheduler: scheduler as typeof PROMOTING });
  let answer = await study.train();
  for (const accuracy of [0.5, 0.9, 0.1]) {
    study.checkpoints.kept.set(answer.checkpointUri, 1);
    await study.report(answer, 1, accuracy);
    answer = trainOf(await study.record(answer, completed()));
  }
  return { study, answer };
}

test('an attempt is told what to train up to, by a hyperparameter too where the program wants one', async () => {
  const study = await TestStudy.opened(new MemoryItemTable(), {
    scheduler: { ...PROMOTING, resourceParameter: 'num_round' },
  });
  expect(await study.train()).toMatchObject({ maxResource: 1, hyperparameters: { num_round: '1' } });
  const stopping = await TestStudy.opened(new MemoryItemTable(), { scheduler: { ...PROMOTING, mode: 'stop' } });
  expect((await stopping.train()).maxResource).toBe(9);
  const free = await TestStudy.opened(new MemoryItemTable());
  expect(await free.train()).not.toHaveProperty('maxResource');
});

test('the best of three is promoted: a new attempt with the same checkpoints and configuration', async () => {
  const { study, answer } = await pausedTrials();
  const before = await study.trial(2);
  expect(answer).toMatchObject({ trial: 2, attempt: 2, maxResource: 3 });
  expect(answer.checkpointUri).toMatch(/\/2\/$/);
  expect(before.attempts.map(({ target }) => target)).toEqual([1, 3]);
  expect(before.attempts[1].reason).not.toMatch(/anew/);
  expect((await study.trial(1)).state).toBe('PAUSED');
});

test('its reports go on where the last attempt ended, and its rungs are kept', async () => {
  const { study, answer } = await pausedTrials();
  expect((await study.report(answer, 2, 0.92)).decision).toBe('continue');
  expect((await study.report(answer, 3, 0.95)).decision).toBe('pause');
  const { curve, value, bestLoss } = await study.trial(2);
  expect(curve!.map(({ resource, rung }) => [resource, rung])).toEqual([
    [1, 1],
    [2, undefined],
    [3, 3],
  ]);
  expect([value, bestLoss]).toEqual([0.95, -0.95]);
});

test('a promoted trial that fails by its infrastructure is tried again up to the same rung', async () => {
  const { study, answer } = await pausedTrials();
  const again = trainOf(await study.record(answer, { status: 'Failed', failureReason: 'InternalServerError' }));
  expect(again).toMatchObject({ trial: 2, attempt: 3, maxResource: 3 });
});

test('a study with rungs keeps its scheduler when it is resumed', async () => {
  const { study } = await pausedTrials();
  study.tuner = { ...study.tuner, scheduler: { ...PROMOTING, reductionFactor: 2 } };
  await expect(study.resume(100)).rejects.toThrow(/created with another scheduler/);
});
