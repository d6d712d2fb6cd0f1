import { TrainAnswer } from '../../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../../lib/contract/tuner-definition';
import { PrepareAnswer } from '../../../../../lib/contract/worker-calls';
import { StudyStore } from '../../../../../lambda/core/store/study-store';
import { TrialRecord } from '../../../../../lambda/core/store/records';
import { isWorthPreparing } from '../../../../../lambda/core/study/prepared';
import { answerWorker } from '../../../../../lambda/core/study/workers/worker-calls';
import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { at } from '../../../../support/lambda-study';
import { ENDED, WorkerStudy, givenOf } from '../../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const SEARCH: TunerDefinition['searchAlgorithm'] = { name: 'auto' };

/** GIVEN a study with one trial that took so long, whose slot runs the next one. */
async function running(trainingSeconds: number | undefined, tuner: Partial<TunerDefinition> = {}) {
  const study = await WorkerStudy.opened(await dynamo.newTable(), { searchAlgorithm: SEARCH, maxTrials: 20, ...tuner });
  const worker = await study.join();
  const first = await study.work(worker);
  await study.report(first, 1, 0.5);
  const outcome = { ...ENDED, trainingSeconds };
  const second = givenOf(await study.ends(worker, first, { outcome, seconds: 1 }));
  return { study, worker, first, second };
}

function prepare(study: WorkerStudy, worker: number, seconds = 2): Promise<PrepareAnswer> {
  return study.call({ call: 'prepare', study: study.name, worker }, seconds) as Promise<PrepareAnswer>;
}

const waiting = async (study: WorkerStudy) => (await study.store.suggestions.get(study.name))?.suggestions ?? [];

async function ends(study: WorkerStudy, worker: number, trial: TrainAnswer, slot = 0): Promise<TrainAnswer> {
  await study.report(trial, 1, 0.5, 3);
  const outcome = { ...ENDED, trainingSeconds: 1 };
  return givenOf(await study.ends(worker, trial, { outcome, seconds: 3, slot }));
}

test('a slot whose trials are short is told to have the next ones prepared, one with long ones is not', async () => {
  expect((await running(1)).first.prepare).toBeUndefined();
  expect((await running(1)).second).toMatchObject({ trial: 2, prepare: true });
  expect((await running(100)).second.prepare).toBeUndefined();
});

test('there is a suggestion for each slot then, and the next trials are those', async () => {
  const { study, worker, second } = await running(1);
  expect(await prepare(study, worker)).toEqual({ prepared: 4 });
  const prepared = await waiting(study);
  expect(prepared.map(({ trial }) => trial)).toEqual([3, 4, 5, 6]);
  const third = await ends(study, worker, second);
  const fourth = await study.work(worker, 3, 1);
  const trials = await study.trials();
  for (const { trial, configuration } of prepared.slice(0, 2)) {
    expect(trials[trial - 1].configuration).toEqual(configuration);
  }
  expect([third, fourth]).toMatchObject([
    { trial: 3, prepare: true },
    { trial: 4, prepare: true },
  ]);
  // only what is missing is worked out, and what has been used is forgotten.
  expect(await prepare(study, worker, 4)).toEqual({ prepared: 2 });
  expect((await waiting(study)).map(({ trial }) => trial)).toEqual([5, 6, 7, 8]);
  expect((await waiting(study)).slice(0, 2)).toEqual(prepared.slice(2));
});

test('no more are prepared than the study has trials left, and none when all are given out', async () => {
  const { study, worker, second } = await running(1, { maxTrials: 4 });
  expect(await prepare(study, worker)).toEqual({ prepared: 2 });
  const third = await ends(study, worker, second);
  expect(third.prepare).toBeUndefined();
  expect((await study.work(worker, 3, 1)).prepare).toBeUndefined();
  expect(await prepare(study, worker, 4)).toEqual({ prepared: 0 });
});

test.each<[string, number | undefined, Partial<TunerDefinition>]>([
  ['long trials', 100, {}],
  ['trials of unknown length', undefined, {}],
  ['a search that takes no time', 1, { searchAlgorithm: { name: 'random' } }],
])('with %s nothing is prepared', async (_, trainingSeconds, tuner) => {
  const { study, worker, second } = await running(trainingSeconds, tuner);
  expect(second.prepare).toBeUndefined();
  expect(await prepare(study, worker)).toEqual({ prepared: 0 });
  expect(await study.store.suggestions.get(study.name)).toBeUndefined();
});

test('of initial configurations none is prepared: they are there already', async () => {
  const initialConfigurations = [0.01, 0.02, 0.03, 0.04].map((rate) => ({ learning_rate: rate }));
  const { study, worker, second } = await running(1, { initialConfigurations });
  expect(second.prepare).toBeUndefined();
  expect(await prepare(study, worker)).toEqual({ prepared: 0 });
  await ends(study, worker, second);
  await study.work(worker, 3, 1);
  expect(await prepare(study, worker, 4)).toEqual({ prepared: 4 });
});

test('of two calls at the same time one prepares', async () => {
  const { study, worker } = await running(1);
  const answers = await Promise.all([prepare(study, worker), prepare(study, worker)]);
  expect(answers.map(({ prepared }) => prepared).sort()).toEqual([0, 4]);
});

test('while a call that crashed may still be at it, no other one prepares; then another one goes on with what it had', async () => {
  const { study, worker } = await running(1);
  await prepare(study, worker);
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: before!.suggestions.slice(0, 2),
    preparing: { by: 'who crashed', until: at(62) },
  }));
  expect(await prepare(study, worker, 61)).toEqual({ prepared: 0 });
  expect(await prepare(study, worker, 62)).toEqual({ prepared: 2 });
  expect((await study.store.suggestions.get(study.name))!.preparing).toBeUndefined();
});

test('a write that fails ends the call with its error, and the next call tries again', async () => {
  const { study, worker } = await running(1);
  const table = new FaultyItemTable(study.table);
  table.arm({ write: 2, when: 'before' });
  const request = { call: 'prepare', study: study.name, worker };
  const cutOff = answerWorker(request, at(2), new StudyStore(table), study.services);
  await expect(cutOff).rejects.toBeInstanceOf(Crash);
  expect(await prepare(study, worker, 3)).toEqual({ prepared: 4 });
});

test('what was prepared is not given where another trial has it', async () => {
  const { study, worker, second } = await running(1);
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
  const { study, worker } = await running(1);
  await prepare(study, worker);
  const old = { learning_rate: 0.0123, optimizer: 'adam' };
  await study.store.suggestions.change(study.name, (before) => ({
    ...before!,
    suggestions: [3, 4, 5, 6].map((trial) => ({ trial, configuration: old })),
  }));
  await study.stop(10);
  await study.resume(11);
  const other = await study.join('server', 200, 'new');
  const second = await study.work(other, 200);
  await ends(study, other, second);
  expect((await study.trials()).map(({ configuration }) => configuration)).not.toContainEqual(old);
  await prepare(study, other, 201);
  expect(await study.store.suggestions.get(study.name)).toMatchObject({ run: 2 });
  expect((await waiting(study)).map(({ configuration }) => configuration)).not.toContainEqual(old);
});

describe('whether trials are short goes by the latest ones, for all slots together', () => {
  const study = { tuner: { searchAlgorithm: SEARCH, maxParallelTrials: 4 } } as Parameters<typeof isWorthPreparing>[0];
  const lasting = (...seconds: (number | undefined)[]) =>
    seconds.map((trainingSeconds, i) => {
      const attempt = { attempt: 1, outcome: trainingSeconds === undefined ? undefined : { trainingSeconds } };
      return { trial: i + 1, attempts: [attempt] } as unknown as TrialRecord;
    });

  test.each<[string, (number | undefined)[], boolean]>([
    ['none', [], false],
    ['none that has ended', [undefined], false],
    ['one a little shorter than half a second for each slot', [1.99], true],
    ['one that isn’t', [2], false],
    ['a few that run, after a short one', [1, undefined, undefined], true],
    ['short ones after many long ones', [...Array<number>(20).fill(100), ...Array<number>(8).fill(1)], true],
    ['long ones after many short ones', [...Array<number>(20).fill(1), ...Array<number>(8).fill(100)], false],
    ['one long one among short ones', [1, 1, 100, 1], true],
  ])('%s', (_, seconds, expected) => {
    expect(isWorthPreparing(study, lasting(...seconds))).toBe(expected);
  });
});

test('asking twice for the same trial gives the same, prepared or not', async () => {
  const study = await WorkerStudy.opened(new MemoryItemTable(), { searchAlgorithm: SEARCH, maxTrials: 20 });
  const worker = await study.join();
  const first = await study.work(worker);
  const outcome = { ...ENDED, trainingSeconds: 1 };
  const { prepare: _, ...second } = givenOf(await study.ends(worker, first, { outcome, seconds: 1 }));
  await prepare(study, worker);
  expect(await study.ends(worker, first, { outcome, seconds: 2 })).toEqual(second);
});
