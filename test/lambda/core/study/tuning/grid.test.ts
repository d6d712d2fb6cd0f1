import { TuningJob } from '../../../../../lib/contract/calls';
import { SearchSpaceDefinition } from '../../../../../lib/contract/search-space';
import { TunerDefinition } from '../../../../../lib/contract/tuner-definition';
import { StudyStore } from '../../../../../lambda/core/store/study-store';
import { reviewRound } from '../../../../../lambda/core/study/review';
import { stopStudy } from '../../../../../lambda/core/study/stop';
import { TunedJob } from '../../../../../lambda/core/study/tuning/collect';
import { gridProblem } from '../../../../../lambda/core/study/tuning/grid';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { computeWith } from '../../../../support/lambda-money';
import { TestStudy, at } from '../../../../support/lambda-study';
import { FakeTuningJobs } from '../../../../support/lambda-tuning';

/** Of six combinations. */
const SPACE: SearchSpaceDefinition = [
  { name: 'optimizer', type: 'categorical', values: ['sgd', 'adam', 'lion'] },
  { name: 'batch', type: 'ordinal', values: [16, 32] },
  { name: 'version', type: 'constant', value: 3 },
];

const tunerWith = (strategy: string, more: Partial<TunerDefinition> = {}): Partial<TunerDefinition> => ({
  searchSpace: SPACE,
  compute: computeWith({ tuning: { config: { Strategy: strategy }, parents: [] } }),
  maxTrials: 6,
  maxParallelTrials: 2,
  ...more,
});

const CANT_GO_ON =
  "a grid of automatic model tuning can't go on: 2 of its 6 combinations have been tried, and another tuning job would try " +
  'all of them again; start a study with another name, or use another strategy';
const WRONG_NUMBER =
  'maxTrials must be 6, the number of combinations of the search space, with TuningStrategy.grid, got 5; set it to 6';

describe('a grid', () => {
  test.each<[string, number, number, string | undefined]>([
    ['with as many trials as combinations can be run', 6, 0, undefined],
    ['with fewer can’t', 5, 0, WRONG_NUMBER],
    ['with more can’t', 7, 0, WRONG_NUMBER.replace('got 5', 'got 7')],
    ['that has been tried in part can’t', 6, 2, CANT_GO_ON],
  ])('%s', (_, maxTrials, tried, problem) => {
    const tuner = tunerWith('Grid', { maxTrials }) as TunerDefinition;
    expect(gridProblem({ tuner }, tried)).toBe(problem);
  });

  test('of another strategy is none', () => {
    expect(gridProblem({ tuner: tunerWith('Random', { maxTrials: 5 }) as TunerDefinition }, 2)).toBeUndefined();
  });
});

const trained = (number: number, status = 'Completed'): TunedJob => ({
  jobName: `t-${number}`,
  tuned: { optimizer: ['sgd', 'adam', 'lion'][number % 3], batch: number > 3 ? '16' : '32' },
  createdAt: at(number),
  running: status === 'InProgress',
  outcome: { jobName: `t-${number}`, status, metrics: [{ MetricName: 'accuracy', Value: number / 10 }] },
});

/** GIVEN a study whose tuning job has ended, or still ends, with these training jobs. */
async function stopped(jobs: TunedJob[], { strategy = 'Grid', status = 'Stopped' } = {}) {
  const table = new MemoryItemTable();
  const study = await TestStudy.opened(table, tunerWith(strategy));
  await study.plan();
  const running = status === 'InProgress';
  const found = { jobName: 'tuning-1', running, outcome: { jobName: 'tuning-1', status } };
  Object.assign(study, { tuningJobs: new FakeTuningJobs(found, jobs) });
  const stop = (store = study.store) =>
    stopStudy(
      { study: study.name, execution: 'arn:execution-1', at: at(100) },
      { store, jobs: study.jobs, tuningJobs: study.tuningJobs },
    );
  return { study, table, stop };
}

describe('a study of a grid is planned', () => {
  const planned = async (tuner: Partial<TunerDefinition>) => {
    const study = await TestStudy.opened(new MemoryItemTable(), tuner);
    return { study, job: (await study.plan()).job as TuningJob | null };
  };

  test('as one job of all combinations', async () => {
    const { job } = await planned(tunerWith('Grid'));
    expect(job).toMatchObject({
      config: { Strategy: 'Grid', ResourceLimits: { MaxNumberOfTrainingJobs: 6, MaxParallelTrainingJobs: 2 } },
      parents: [],
    });
  });

  test('asked again as the same', async () => {
    const { study, job } = await planned(tunerWith('Grid'));
    expect((await study.plan()).job).toEqual(job);
    expect((await study.studyRecord()).ending).toBeUndefined();
  });
});

describe('a study of a grid is resumed', () => {
  test('after some combinations: it ends with what there is, and says why there is no more', async () => {
    const { study, stop } = await stopped([trained(1), trained(2)]);
    await stop();
    const before = await study.trials();
    await study.resume(200);
    expect((await study.plan(201)).job).toBeNull();
    expect(await study.review(202)).toEqual({ complete: true, reason: CANT_GO_ON, until: null });
    expect(await study.finish(203)).toMatchObject({
      status: 'SUCCEEDED',
      reason: CANT_GO_ON,
      best: { trial: 2, value: 0.2 },
      trials: { total: 2, completed: 2 },
    });
    expect(await study.trials()).toEqual(before);
    expect((await study.studyRecord()).jobs).toHaveLength(1);
  });

  test('once more: it collects what ran on when it was stopped, and ends the same', async () => {
    const { study, stop } = await stopped([trained(1), trained(2, 'InProgress')], { status: 'InProgress' });
    await stop();
    expect((await study.trials()).map(({ state }) => state)).toEqual(['COMPLETED', 'RUNNING']);
    const ended = { jobName: 'tuning-1', running: false, outcome: { jobName: 'tuning-1', status: 'Stopped' } };
    Object.assign(study, { tuningJobs: new FakeTuningJobs(ended, [trained(1), trained(2)]) });
    await study.resume(200);
    expect((await study.trials()).map(({ state }) => state)).toEqual(['COMPLETED', 'COMPLETED']);
    expect((await study.plan(201)).job).toBeNull();
    expect(await study.review(202)).toMatchObject({ complete: true, reason: CANT_GO_ON });
  });

  test('after all combinations: there is nothing left to do', async () => {
    const { study, stop } = await stopped([1, 2, 3, 4, 5, 6].map((number) => trained(number)));
    await stop();
    await study.resume(200);
    expect((await study.plan(201)).job).toBeNull();
    expect(await study.review(202)).toMatchObject({ complete: true, reason: 'all 6 trials have ended' });
  });

  test('before any was tried: all of them are, without a warm start from the job before', async () => {
    const { study, stop } = await stopped([], { status: 'Failed' });
    await stop();
    await study.resume(200);
    const { job } = await study.plan(201);
    expect(job).toMatchObject({ config: { ResourceLimits: { MaxNumberOfTrainingJobs: 6 } }, parents: [] });
  });

  test('with another strategy it goes on, from the results that there are', async () => {
    const { study, stop } = await stopped([trained(1), trained(2)], { strategy: 'Random' });
    await stop();
    await study.resume(200);
    const { job } = await study.plan(201);
    expect(job).toMatchObject({
      config: { ResourceLimits: { MaxNumberOfTrainingJobs: 4 } },
      parents: [{ HyperParameterTuningJobName: 'tuning-1' }],
    });
  });
});

test('an execution that asks for another number of trials starts nothing', async () => {
  const study = new TestStudy(new MemoryItemTable(), tunerWith('Grid'));
  await expect(study.open({ input: { study: study.name, maxTrials: 5 } })).rejects.toMatchObject({
    name: 'InvalidStudyInput',
    message: WRONG_NUMBER,
  });
  expect(await study.studyRecord()).toBeUndefined();
});

test('a stop that is cut short anywhere, and made again, loses no trial', async () => {
  // status, three trials, the job's end, the study's end.
  for (let write = 1; write <= 6; write++) {
    for (const when of ['before', 'after'] as const) {
      const { study, table, stop } = await stopped([trained(1), trained(2), trained(3)]);
      const faulty = new FaultyItemTable(table);
      faulty.arm({ write, when });
      await expect(stop(new StudyStore(faulty))).rejects.toThrow(Crash);
      await stop(new StudyStore(table));
      expect((await study.trials()).map(({ attempts }) => attempts[0].jobName)).toEqual(['t-1', 't-2', 't-3']);
    }
  }
});

test('a review that is cut short anywhere, and never made again but by a stop, loses no trial', async () => {
  // three trials, the job's end, the review; before them nothing is written.
  for (let write = 1; write <= 5; write++) {
    for (const when of ['before', 'after'] as const) {
      const { study, table, stop } = await stopped([trained(1), trained(2), trained(3)], { status: 'Completed' });
      const faulty = new FaultyItemTable(table);
      faulty.arm({ write, when });
      const { name, run, round, jobs, tuningJobs } = study;
      const request = { study: name, run, round, at: at(90), outcome: { status: 'Completed', jobName: 'tuning-1' } };
      await expect(reviewRound(request, { store: new StudyStore(faulty), jobs, tuningJobs })).rejects.toThrow(Crash);
      await stop(new StudyStore(table));
      expect((await study.trials()).map(({ attempts }) => attempts[0].jobName)).toEqual(['t-1', 't-2', 't-3']);
    }
  }
});
