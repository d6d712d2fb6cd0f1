import { TURNS_PER_ROUND } from '../../../../lambda/core/study/next';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { TRAINING_JOB_NAME_PATTERN } from '../../../../lib/contract/limits';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { TUNER, TestStudy, at, completed, trainOf } from '../../../support/lambda-study';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const opened = async (tuner: Partial<TunerDefinition> = {}) => TestStudy.opened(await dynamo.newTable(), tuner);

test('a slot gets a trial with all that its training job needs', async () => {
  const study = await opened();
  const answer = await study.train(2, 0, 7);
  const { id } = await study.studyRecord();
  expect(answer).toEqual({
    action: 'train',
    trial: 1,
    attempt: 1,
    turn: 0,
    jobName: `tuner-digits-${id.slice(0, 6)}-1-1`,
    hyperparameters: expect.objectContaining({ learning_rate: expect.any(String), optimizer: expect.any(String) }),
    instanceType: 'ml.m5.xlarge',
    instanceCount: 1,
    maxRuntimeSeconds: 86_400,
    token: expect.stringMatching(/^[\w-]{43}$/),
    checkpointUri: `s3://bucket/checkpoints/digits-${id.slice(0, 8)}/1/`,
    startAt: at(7),
    redrives: 0,
  });
  const trial = await study.trial(1);
  expect(new SearchSpace(TUNER.searchSpace).problems(trial.configuration)).toEqual([]);
  expect(trial).toMatchObject({ state: 'RUNNING', attempts: [{ attempt: 1, claim: '1/1/2/0' }] });
  expect(JSON.stringify(trial)).not.toContain(answer.token);
});

test('a retried call gives the same trial', async () => {
  const study = await opened();
  const first = await study.next(1, 0);
  await study.next(0, 0);
  expect(await study.next(1, 0)).toEqual(first);
  expect(await study.trials()).toHaveLength(2);
});

test('a retried call gives the same trial even after that trial has ended', async () => {
  const study = await opened();
  const first = await study.train();
  await study.complete(first, 0.5);
  expect(await study.next(0, 0)).toEqual(first);
});

test('each turn and each slot gets a trial of its own', async () => {
  const study = await opened();
  const first = await study.train(0, 0);
  const second = trainOf(await study.complete(first, 0.5));
  const third = await study.train(1, 0);
  expect([first, second, third].map(({ trial, turn }) => [trial, turn])).toEqual([
    [1, 0],
    [2, 1],
    [3, 0],
  ]);
  expect(new Set([first.token, second.token, third.token]).size).toBe(3);
});

test('job names keep to SageMaker’s rules with the longest study name', async () => {
  const study = new TestStudy(await dynamo.newTable(), { maxTrials: 100_000, maxParallelTrials: 1 });
  const name = `X_${'-'.repeat(17)}y${'z'.repeat(60)}`;
  await study.open({ input: { study: name } });
  const record = (await study.store.getStudy(name))!;
  const { jobNameOf } = await import('../../../../lambda/core/study/job-name');
  const jobName = `${jobNameOf(record, 100_000, 1000)}-8-2`;
  expect(jobName).toMatch(TRAINING_JOB_NAME_PATTERN);
  expect(jobName).toBe(jobName.toLowerCase());
});

test('starts are spaced by at least 1.1 seconds', async () => {
  const study = await opened();
  const answers = [await study.train(0), await study.train(1), await study.train(2, 0, 1), await study.train(3, 0, 60)];
  expect(answers.map(({ startAt }) => startAt)).toEqual([at(0), at(1.1), at(2.2), at(60)]);
});

test('studies of one tuner share the pace', async () => {
  const study = await opened();
  await study.train();
  const other = new TestStudy(study.table);
  Object.assign(other, { name: 'other' });
  await other.open();
  expect((await other.train()).startAt).toBe(at(1.1));
});

test('no more than the trials of the study are started', async () => {
  const study = await opened({ maxTrials: 2 });
  await study.train(0);
  await study.train(1);
  const none = { action: 'none', reason: 'all 2 trials have been started' };
  expect(await study.next(2)).toEqual(none);
  expect(await study.trials()).toHaveLength(2);
});

test('that there is none is remembered', async () => {
  // GIVEN a slot that was told that there is nothing left
  const study = await opened({ maxTrials: 1 });
  const first = await study.train(0);
  const none = await study.next(1);
  // WHEN a trial is queued again, and the slot's call is retried
  await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' });
  await study.resume(60);
  study.run = 1;
  study.round = 1;
  // THEN it is told the same as before; the next round has the trial
  expect(await study.next(1)).toEqual(none);
  study.run = 2;
  expect(await study.train(1, 0, 60)).toMatchObject({ trial: 1 });
});

test('queued trials go first, with the next attempt and the same checkpoints', async () => {
  const study = await opened();
  const [first] = [await study.train(0), await study.train(1)];
  const again = trainOf(await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' }));
  expect(again).toMatchObject({
    trial: 1,
    attempt: 2,
    turn: 1,
    hyperparameters: first.hyperparameters,
    checkpointUri: first.checkpointUri,
  });
  expect(again.jobName).toMatch(/-1-2$/);
  expect((await study.trial(1)).attempts).toHaveLength(2);
});

test('initial configurations go first, filled in with what they leave out', async () => {
  const study = await opened({
    initialConfigurations: [{ learning_rate: 0.01, optimizer: 'sgd', momentum: 0.9 }, { optimizer: 'sgd' }, {}],
  });
  const answers = [await study.train(0), await study.train(1), await study.train(2), await study.train(3)];
  expect(answers[0].hyperparameters).toEqual({ learning_rate: '0.01', optimizer: 'sgd', momentum: '0.9' });
  expect(answers[1].hyperparameters).toMatchObject({ optimizer: 'sgd', momentum: expect.any(String) });
  const space = new SearchSpace(TUNER.searchSpace);
  for (const trial of await study.trials()) expect(space.problems(trial.configuration)).toEqual([]);
});

test('what an initial configuration gives is never dropped without a word', async () => {
  const initialConfigurations = Array.from({ length: 8 }, () => ({ momentum: 0.9 }));
  const study = new TestStudy(await dynamo.newTable(), { initialConfigurations });
  const refusal = await study.open().then(
    () => undefined,
    (error: Error) => error.name,
  );
  if (refusal === 'InvalidStudyInput') return;
  for (let slot = 0; slot < 8; slot++) {
    expect((await study.train(slot)).hyperparameters).toMatchObject({ momentum: '0.9' });
  }
});

test('the same seed gives the same trials in another study of another order', async () => {
  const [one, two] = [await opened(), await opened()];
  const ones = [await one.train(0), await one.train(1), await one.train(2)];
  const first = await two.train(0);
  const twos = [first, trainOf(await two.complete(first, 0.5)), await two.train(3)];
  expect(twos.map(({ hyperparameters }) => hyperparameters)).toEqual(
    ones.map(({ hyperparameters }) => hyperparameters),
  );
});

test('a grid is tried once, then there is no more', async () => {
  const study = await opened({
    searchSpace: [{ name: 'a', type: 'categorical', values: ['x', 'y'] }],
    searchAlgorithm: { name: 'grid', pointsPerParameter: 3 },
  });
  const first = await study.train(0);
  const second = await study.train(1);
  expect([first.hyperparameters, second.hyperparameters]).toEqual([{ a: 'x' }, { a: 'y' }]);

  const none = await study.complete(first, 0.5);

  expect(none).toEqual({ action: 'none', reason: 'all configurations of the search space have been tried (2)' });
  expect(await study.next(0, 1)).toEqual(none);
  expect(await study.next(3, 0)).toMatchObject({ action: 'none' });
  await study.complete(second, 0.6);
  expect(await study.review()).toEqual({
    complete: true,
    reason: 'all configurations of the search space have been tried (2)',
  });
});

test('a slot ends well before its execution’s history is full', async () => {
  const study = await opened();
  expect(await study.next(0, TURNS_PER_ROUND - 1)).toMatchObject({ action: 'train' });
  expect(await study.next(0, TURNS_PER_ROUND)).toMatchObject({ action: 'none' });
});

test('a study that does not exist is named', async () => {
  const study = new TestStudy(await dynamo.newTable());
  await expect(study.next()).rejects.toMatchObject({
    name: 'StudyNotFound',
    message: 'there is no study "digits"; start one with this name first',
  });
});

describe('20 slots that ask at once', () => {
  async function race(maxTrials: number) {
    const study = await opened({ maxTrials, maxParallelTrials: 20 });
    return { study, answers: await Promise.all(Array.from({ length: 20 }, (_, slot) => study.next(slot))) };
  }

  test('never share a trial and never start too many', async () => {
    const { study, answers } = await race(12);
    const trials = answers.flatMap((answer) => (answer.action === 'train' ? [answer.trial] : []));
    expect(trials.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(await study.trials()).toHaveLength(12);
    expect(answers.filter(({ action }) => action === 'none')).toHaveLength(8);
    const starts = answers.flatMap((answer) => (answer.action === 'train' ? [Date.parse(answer.startAt)] : []));
    starts.sort((a, b) => a - b);
    starts.slice(1).forEach((start, i) => expect(start - starts[i]).toBeGreaterThanOrEqual(1100));
  });

  test('waste no places in the queue of starts', async () => {
    const { answers } = await race(20);
    const starts = answers.map((answer) => Date.parse(trainOf(answer).startAt));
    expect(Math.max(...starts) - Date.parse(at(0))).toBeLessThanOrEqual(19 * 1100);
  });

  test('take one queued trial once', async () => {
    const study = await opened({ maxTrials: 1, maxParallelTrials: 20 });
    await study.train(0);
    await study.resume(60);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, slot) => study.next(slot, 0, 60)));
    expect(answers.filter(({ action }) => action === 'train')).toMatchObject([{ trial: 1, attempt: 2 }]);
    expect((await study.trial(1)).attempts).toHaveLength(2);
  });

  test('take as many queued trials as there are: whoever loses the race for one looks for the next', async () => {
    const study = await opened({ maxTrials: 20, maxParallelTrials: 20 });
    for (let slot = 0; slot < 20; slot++) await study.train(slot);
    await study.resume(60);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, slot) => study.next(slot, 0, 60)));
    expect(answers.map(({ action }) => action)).toEqual(Array(20).fill('train'));
  });
});

test('a recorded attempt and the slot’s next trial are one call that may be repeated', async () => {
  const study = await opened();
  const first = await study.train();
  await study.report(first, 1, 0.5);
  const next = await study.record(first, completed(), 10);
  const trials = await study.trials();
  expect(await study.record(first, completed(), 10)).toEqual(next);
  expect(await study.trials()).toEqual(trials);
});
