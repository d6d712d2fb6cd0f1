import { TrainAnswer } from '../../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../../lib/contract/tuner-definition';
import { PrepareAnswer } from '../../../../../lib/contract/worker-calls';
import { StudyStore } from '../../../../../lambda/core/store/study-store';
import { TrialRecord } from '../../../../../lambda/core/store/records';
import { isWorthPreparing, lastToPrepare } from '../../../../../lambda/core/study/prepared';
import { answerWorker } from '../../../../../lambda/core/study/workers/worker-calls';
import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { at } from '../../../../support/lambda-study';
import { WorkerStudy, givenOf } from '../../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const SEARCH: TunerDefinition['searchAlgorithm'] = { name: 'auto' };

/** GIVEN a study with one trial that took so long, whose slot runs the next one. */
async function running(seconds: number, tuner: Partial<TunerDefinition> = {}) {
  const study = await WorkerStudy.opened(await dynamo.newTable(), { searchAlgorithm: SEARCH, maxTrials: 20, ...tuner });
  const worker = await study.join();
  const first = await study.work(worker);
  await study.report(first, 1, 0.5);
  const second = givenOf(await study.ends(worker, first, { seconds }));
  return { study, worker, first, second };
}

function prepare(study: WorkerStudy, worker: number, seconds = 0.2): Promise<PrepareAnswer> {
  return study.call({ call: 'prepare', study: study.name, worker }, seconds) as Promise<PrepareAnswer>;
}

const waiting = async (study: WorkerStudy) => (await study.store.suggestions.get(study.name))?.suggestions ?? [];

async function ends(study: WorkerStudy, worker: number, trial: TrainAnswer, slot = 0): Promise<TrainAnswer> {
  await study.report(trial, 1, 0.5, 0.3);
  return givenOf(await study.ends(worker, trial, { seconds: 0.3, slot }));
}

test('where trials begin one soon after another a slot is told to have the next ones prepared, else it is not', async () => {
  expect((await running(0.1)).first.prepare).toBeUndefined();
  expect((await running(0.1)).second).toMatchObject({ trial: 2, prepare: true });
  expect((await running(100)).second.prepare).toBeUndefined();
});

test('there are suggestions for the slots that may ask soon, and the next trials are those', async () => {
  const { study, worker, second } = await running(0.1);
  // one slot runs a trial, and one may ask.
  expect(await prepare(study, worker)).toEqual({ prepared: 2 });
  const prepared = await waiting(study);
  expect(prepared.map(({ trial }) => trial)).toEqual([3, 4]);
  const third = await ends(study, worker, second);
  const fourth = await study.work(worker, 0.3, 1);
  const trials = await study.trials();
  for (const { trial, configuration } of prepared) expect(trials[trial - 1].configuration).toEqual(configuration);
  expect([third.prepare, fourth]).toMatchObject([undefined, { trial: 4, prepare: true }]);
  // what has been used is forgotten, and more slots ask now.
  expect(await prepare(study, worker, 0.4)).toEqual({ prepared: 3 });
  expect((await waiting(study)).map(({ trial }) => trial)).toEqual([5, 6, 7]);
});

test('only what is missing is worked out', async () => {
  const { study, worker } = await running(0.1);
  await prepare(study, worker);
  const before = await waiting(study);
  expect(await prepare(study, worker)).toEqual({ prepared: 0 });
  await study.work(worker, 0.3, 1);
  // of the two one has been used, and there are three slots to look after.
  expect(await prepare(study, worker, 0.3)).toEqual({ prepared: 2 });
  expect((await waiting(study))[0]).toEqual(before[1]);
});

test('no more are prepared than slots are allowed', async () => {
  const { study, worker } = await running(0.1, { maxParallelTrials: 1 });
  await study.work(worker, 0.3, 1);
  expect(await prepare(study, worker, 0.3)).toEqual({ prepared: 1 });
});

test('no more are prepared than the study has trials left, and none when all are given out', async () => {
  const { study, worker, second } = await running(0.1, { maxTrials: 4 });
  expect(await prepare(study, worker)).toEqual({ prepared: 2 });
  const third = await ends(study, worker, second);
  expect(third.prepare).toBeUndefined();
  expect((await study.work(worker, 0.3, 1)).prepare).toBeUndefined();
  expect(await prepare(study, worker, 0.4)).toEqual({ prepared: 0 });
});

test.each<[string, number, Partial<TunerDefinition>]>([
  ['where trials begin seldom', 100, {}],
  ['with a search that takes no time', 0.1, { searchAlgorithm: { name: 'random' } }],
  ['with a search that takes little time', 0.1, { searchAlgorithm: { name: 'tpe' } }],
  ['where the default search fits no model', 0.1, { maxParallelTrials: 201 }],
])('%s nothing is prepared', async (_, seconds, tuner) => {
  const { study, worker, second } = await running(seconds, tuner);
  expect(second.prepare).toBeUndefined();
  expect(await prepare(study, worker, seconds)).toEqual({ prepared: 0 });
  expect(await study.store.suggestions.get(study.name)).toBeUndefined();
});

test('of initial configurations none is prepared: they are there already', async () => {
  const initialConfigurations = [0.01, 0.02, 0.03, 0.04].map((rate) => ({ learning_rate: rate }));
  const { study, worker, second } = await running(0.1, { initialConfigurations });
  expect(second.prepare).toBeUndefined();
  expect(await prepare(study, worker)).toEqual({ prepared: 0 });
  await ends(study, worker, second);
  await study.work(worker, 0.3, 1);
  expect(await prepare(study, worker, 0.4)).toEqual({ prepared: 3 });
});

test('of two calls at the same time one prepares', async () => {
  const { study, worker } = await running(0.1);
  const answers = await Promise.all([prepare(study, worker), prepare(study, worker)]);
  expect(answers.map(({ prepared }) => prepared).sort()).toEqual([0, 2]);
});

test('while a call that crashed may still be at it, no other one prepares; then another one goes on with what it had', async () => {
  const { study, worker } = await running(0.1);
  await prepare(study, worker);
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: before!.suggestions.slice(0, 1),
    preparing: { by: 'who crashed', until: at(0.3) },
  }));
  expect(await prepare(study, worker, 0.29)).toEqual({ prepared: 0 });
  expect(await prepare(study, worker, 0.3)).toEqual({ prepared: 1 });
  expect((await study.store.suggestions.get(study.name))!.preparing).toBeUndefined();
});

test('suggestions that are too large for an item of the table aren’t piled up', async () => {
  const { study, worker } = await running(0.1);
  await prepare(study, worker);
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: [{ trial: 3, configuration: { text: 'x'.repeat(200_000) } }],
  }));
  expect(await prepare(study, worker)).toEqual({ prepared: 0 });
});

test('a write that fails ends the call with its error, and the next call tries again', async () => {
  const { study, worker } = await running(0.1);
  const table = new FaultyItemTable(study.table);
  table.arm({ write: 2, when: 'before' });
  const request = { call: 'prepare', study: study.name, worker };
  const cutOff = answerWorker(request, at(0.2), new StudyStore(table), study.services);
  await expect(cutOff).rejects.toBeInstanceOf(Crash);
  expect(await prepare(study, worker, 0.3)).toEqual({ prepared: 2 });
});

test('what was prepared is not given where another trial has it', async () => {
  const { study, worker, second } = await running(0.1);
  await prepare(study, worker);
  const { configuration } = (await study.trials())[1];
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: before!.suggestions.map(({ trial }) => ({ trial, configuration })),
  }));
  await ends(study, worker, second);
  const trials = await study.trials();
  expect(trials[2].configuration).not.toEqual(configuration);
});

test('what was prepared before a resume is forgotten: the tuner may have changed', async () => {
  const { study, worker } = await running(0.1);
  await prepare(study, worker);
  const old = { learning_rate: 0.0123, optimizer: 'adam' };
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: [3, 4, 5, 6].map((trial) => ({ trial, configuration: old })),
  }));
  await study.stop(0.2);
  await study.resume(0.25);
  const other = await study.join('server', 0.3, 'new');
  // the second one waits until its worker has heard of the stop.
  expect(await study.work(other, 0.3)).toMatchObject({ trial: 3, prepare: true });
  expect((await study.trial(3)).configuration).not.toEqual(old);
  await prepare(study, other, 0.35);
  expect(await study.store.suggestions.get(study.name)).toMatchObject({ run: 2 });
  expect((await waiting(study)).map(({ configuration }) => configuration)).not.toContainEqual(old);
});

describe('whether slots ask often goes by when the last sixteen trials began', () => {
  const study = {
    tuner: { searchAlgorithm: { name: 'gaussianProcess' }, maxParallelTrials: 4 },
  } as Parameters<typeof isWorthPreparing>[0];
  const begun = (seconds: number[], state = 'COMPLETED') =>
    seconds.map((second, i) => ({ trial: i + 1, createdAt: at(second), state }) as TrialRecord);
  const each = (interval: number, count: number, from = 0) =>
    Array.from({ length: count }, (_, i) => from + i * interval);

  test.each<[string, TrialRecord[], number, boolean]>([
    ['none', [], 0, false],
    ['none that has ended', begun([0, 0.1], 'RUNNING'), 0.2, false],
    ['one that has paused', begun([0], 'PAUSED'), 0.2, true],
    ['a little oftener than each half second', begun(each(0.49, 40)), 40 * 0.49, true],
    ['each half second', begun(each(0.5, 40)), 20, false],
    ['many at once, long ago', begun(each(0.01, 16)), 3600, false],
    ['eight at once each second', begun(each(1, 3).flatMap((second) => Array<number>(8).fill(second))), 3, true],
    ['often after long pauses', begun([...each(100, 20), ...each(0.1, 16, 2000)]), 2001.6, true],
    ['seldom after many at once', begun([...each(0.1, 20), ...each(100, 16, 2)]), 1602, false],
  ])('%s', (_, trials, seconds, expected) => {
    expect(isWorthPreparing(study, trials, at(seconds))).toBe(expected);
  });
});

describe('so many are prepared as begin within a quarter of a second', () => {
  const studyOf = (maxParallelTrials: number, maxTrials = 1000) =>
    ({ tuner: { maxParallelTrials, maxTrials } }) as Parameters<typeof lastToPrepare>[0];
  const begun = (interval: number, running: number) =>
    Array.from({ length: 40 }, (_, i) => {
      const state = i < 40 - running ? 'COMPLETED' : 'RUNNING';
      return { trial: i + 1, createdAt: at(i * interval), state } as TrialRecord;
    });

  test.each<[string, number, number, number, number]>([
    // seconds between two, trials that run, slots at most, prepared
    ['one where they begin seldom', 0.45, 8, 8, 1],
    ['two for eight slots with trials of a second', 0.125, 7, 8, 2],
    ['more for more', 0.03, 20, 64, 9],
    ['no more than slots may ask', 0.01, 2, 64, 3],
    ['no more than slots are allowed', 0.01, 20, 4, 4],
    ['no more than an item of the table holds', 0.001, 39, 64, 32],
  ])('%s', (_, interval, running, slots, expected) => {
    const last = lastToPrepare(studyOf(slots), begun(interval, running), at(40 * interval));
    expect(last).toBe(40 + expected);
  });

  test('no more than trials are left', () => {
    expect(lastToPrepare(studyOf(64, 42), begun(0.01, 20), at(0.4))).toBe(42);
  });

  test('as many as may ask, where all began at the same time', () => {
    expect(lastToPrepare(studyOf(64), begun(0, 4), at(0))).toBe(45);
  });
});

test('asking twice for the same trial gives the same, prepared or not', async () => {
  const study = await WorkerStudy.opened(new MemoryItemTable(), { searchAlgorithm: SEARCH, maxTrials: 20 });
  const worker = await study.join();
  const first = await study.work(worker);
  const { prepare: _, ...second } = givenOf(await study.ends(worker, first, { seconds: 0.1 }));
  await prepare(study, worker);
  expect(await study.ends(worker, first, { seconds: 0.2 })).toEqual(second);
});
