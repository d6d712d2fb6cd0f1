import { ClusterJob, TuningJob } from '../../../../lib/contract/calls';
import { ClusterDefinition, TunerDefinition, TuningDefinition } from '../../../../lib/contract/tuner-definition';
import { planRound } from '../../../../lambda/core/study/plan';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { computeWith } from '../../../support/lambda-money';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy, at } from '../../../support/lambda-study';
import { WorkerStudy, clusterCompute } from '../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

type Tuner = Partial<TunerDefinition>;
const contentsOf = (study: TestStudy) => (study.table as MemoryItemTable).contents();

describe('the training job of a cluster', () => {
  const opened = async (tuner: Tuner = {}, cluster: Partial<ClusterDefinition> = {}) =>
    WorkerStudy.opened(await dynamo.newTable(), { compute: clusterCompute(cluster), ...tuner });
  const planned = async (study: TestStudy, seconds = 0) => (await study.plan(seconds)).job as ClusterJob | null;

  test('has its name, its machines and its time', async () => {
    const study = await opened();
    expect(await planned(study)).toEqual({
      name: study.clusterName(),
      redrives: 0,
      instanceCount: 2,
      trialsPerInstance: 2,
      slots: 4,
      maxRuntimeSeconds: 3600,
    });
    const size = { instanceCount: 2, trialsPerInstance: 2, slots: 4, maxRuntimeSeconds: 3600 };
    expect((await study.studyRecord()).jobs).toEqual([
      { round: 1, name: study.clusterName(), ...size, plannedAt: at(0) },
    ]);
  });

  test.each([
    // slots, trials, instances at most, trials on each
    [1, 10, 2, 2, 1, 1],
    [2, 10, 2, 2, 1, 2],
    [3, 10, 2, 2, 2, 2],
    [1000, 1000, 2, 2, 2, 2],
    [1000, 1000, 20, 8, 20, 8],
    [1000, 9, 20, 8, 2, 5],
    [1000, 1, 20, 8, 1, 1],
    [7, 100, 20, 1, 7, 1],
  ])(
    'for %d slots and %d trials, of %d machines with %d trials each: %d with %d',
    async (maxParallelTrials, maxTrials, instanceCount, trialsPerInstance, hosts, each) => {
      const study = await opened({ maxParallelTrials, maxTrials }, { instanceCount, trialsPerInstance });
      // all together no more than the study may run, though the instances don't divide it.
      const slots = Math.min(maxParallelTrials, maxTrials, hosts * each);
      expect(await planned(study)).toMatchObject({ instanceCount: hosts, trialsPerInstance: each, slots });
    },
  );

  test('counts trials that wait or run', async () => {
    const study = await opened({ maxTrials: 3, maxParallelTrials: 10 }, { trialsPerInstance: 1, instanceCount: 20 });
    const worker = await study.join();
    const trial = await study.work(worker, 0, 0);
    await study.ends(worker, trial, { outcome: { status: 'Stopped', secondaryStatus: 'HandedBack' }, leaving: true });
    expect(await planned(study)).toMatchObject({ instanceCount: 3 });
  });

  test('asked again it is the same, whatever has happened since, and nothing changes', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 4, maxDurationSeconds: 2000 });
    const first = await study.plan(100);
    const worker = await study.join();
    for (let i = 0; i < 2; i++) {
      const trial = await study.work(worker, 100, i);
      await study.report(trial, 1, 0.5, 110);
      await study.ends(worker, trial, { seconds: 120, slot: i, leaving: true });
    }
    const before = contentsOf(study);
    const again = await study.plan(500);
    expect(again.job).toEqual(first.job);
    expect(contentsOf(study)).toEqual(before);
  });

  test('of each round has a name of its own', async () => {
    const study = await opened();
    const first = await planned(study);
    await study.reviewWith({ status: 'Completed' }, 10);
    study.round = 2;
    expect((await planned(study, 20))!.name).not.toBe(first!.name);
    expect((await planned(study, 20))!.name).toBe(study.clusterName(2));
  });

  test('of a redrive says so, so that the workflow begins no job that has been settled', async () => {
    const study = await opened();
    const request = { study: study.name, run: 1, round: 1, redrives: 2, at: at(0) };
    expect((await planRound(request, study.store)).job).toMatchObject({ redrives: 2 });
  });

  describe('there is none', () => {
    test('where all trials have ended', async () => {
      const study = await opened({ maxTrials: 1 });
      const worker = await study.join();
      const trial = await study.work(worker);
      await study.report(trial, 1, 0.5);
      await study.ends(worker, trial);
      expect(await planned(study)).toBeNull();
      expect((await study.studyRecord()).jobs).toBeUndefined();
    });

    test('where the study’s time is over', async () => {
      const study = await opened({ maxDurationSeconds: 100 });
      expect(await planned(study, 100)).toBeNull();
    });
  });

  describe('of a study with a maximum duration', () => {
    test.each([
      [10_000, 0, 3600],
      [1000, 0, 1000],
      [1000, 600, 400],
      // a job of less would do nothing but start.
      [1000, 701, 300],
      [1000, 999, 300],
    ])('of %d seconds, after %d: %d', async (maxDurationSeconds, seconds, expected) => {
      const study = await opened({ maxDurationSeconds });
      expect(await planned(study, seconds)).toMatchObject({ maxRuntimeSeconds: expected });
    });

    test('never runs longer than the cluster may', async () => {
      const study = await opened({ maxDurationSeconds: 1000 }, { maxRuntimeSeconds: 100 });
      expect(await planned(study)).toMatchObject({ maxRuntimeSeconds: 100 });
    });
  });

  test('with spot waits no longer than it would', async () => {
    const study = await opened({ maxDurationSeconds: 1000 }, { maxWaitSeconds: 3600 + 500 });
    expect(await planned(study)).toMatchObject({ maxRuntimeSeconds: 1000, maxWaitSeconds: 1500 });
  });

  describe('of a study with a spending cap', () => {
    test.each([
      // two machines cost a fifth of a cent a second.
      [100, 3600],
      [4, 2000],
      [0.6, 300],
      [1.0009, 500],
    ])('of %d dollars takes %d seconds, and its cost is kept', async (maxSpendUsd, maxRuntimeSeconds) => {
      const study = await opened({ maxSpendUsd });
      expect(await planned(study)).toMatchObject({ maxRuntimeSeconds });
      const [job] = (await study.studyRecord()).jobs!;
      expect(job.reservedUsd).toBeCloseTo(maxRuntimeSeconds * 0.002, 9);
      expect(job.reservedUsd).toBeLessThanOrEqual(maxSpendUsd);
    });

    test('that is too little for five minutes, the study ends and says why', async () => {
      const study = await opened({ maxSpendUsd: 0.5999 });
      expect(await planned(study)).toBeNull();
      const ending = "what is left of the $0.60 of maxSpendUsd isn't enough for 2 instances: $0.00 are spent";
      expect(await study.studyRecord()).toMatchObject({ ending });
      expect(await study.reviewWith({}, 10)).toEqual({ complete: true, reason: ending, until: null });
      expect(await planned(study, 20)).toBeNull();
    });

    test('takes what the clusters before have left', async () => {
      const study = await opened({ maxSpendUsd: 4 });
      await planned(study);
      await study.reviewWith({ status: 'Completed', billableSeconds: 1500 }, 1500);
      study.round = 2;
      expect(await planned(study, 1501)).toMatchObject({ maxRuntimeSeconds: 500 });
      await study.reviewWith({ status: 'Completed', billableSeconds: 400 }, 2000);
      study.round = 3;
      expect(await planned(study, 2001)).toBeNull();
      expect((await study.studyRecord()).ending).toContain('$3.80 are spent');
    });

    test('counts a cluster that failed, by what its description says', async () => {
      const study = await opened({ maxSpendUsd: 4 });
      await planned(study);
      const description = { TrainingJobName: 'x', TrainingJobStatus: 'Failed', BillableTimeInSeconds: 1500 };
      await study.reviewWith({ error: 'States.TaskFailed', cause: JSON.stringify(description) }, 1500);
      study.round = 2;
      expect(await planned(study, 1501)).toMatchObject({ maxRuntimeSeconds: 500 });
    });

    test('without a price it couldn’t be opened', async () => {
      const compute = { ...clusterCompute(), prices: [] };
      await expect(opened({ compute, maxSpendUsd: 1 })).rejects.toThrow('maxSpendUsd needs the price of ml.m5.xlarge');
    });
  });
});

describe('the job of automatic model tuning', () => {
  const CONFIG = {
    Strategy: 'Bayesian',
    HyperParameterTuningJobObjective: { Type: 'Maximize', MetricName: 'accuracy' },
  };
  const opened = async (tuner: Tuner = {}, tuning: Partial<TuningDefinition> = {}, jobNamePrefix = 'hpo-c8abcdef') =>
    TestStudy.opened(await dynamo.newTable(), {
      compute: computeWith({ tuning: { config: CONFIG, parents: [], ...tuning }, jobNamePrefix }),
      ...tuner,
    });
  const planned = async (study: TestStudy, seconds = 0) => (await study.plan(seconds)).job as TuningJob;

  test('searches as its definition says, with the study’s limits and seed', async () => {
    const study = await opened({ maxTrials: 20, maxParallelTrials: 3 });
    const { seed } = await study.studyRecord();
    expect(await planned(study)).toEqual({
      name: expect.stringMatching(/^hpo-c8abcdef-[0-9a-f]{6}-1$/),
      redrives: 0,
      config: {
        ...CONFIG,
        ResourceLimits: { MaxNumberOfTrainingJobs: 20, MaxParallelTrainingJobs: 3 },
        RandomSeed: seed % 2 ** 31,
      },
      parents: [],
    });
  });

  test('asked again it is the same, and nothing changes', async () => {
    const study = await TestStudy.opened(new MemoryItemTable(), {
      compute: computeWith({ tuning: { config: CONFIG, parents: [] } }),
      maxDurationSeconds: 5000,
      maxSpendUsd: 50,
    });
    const first = await study.plan(100);
    const before = contentsOf(study);
    expect(await study.plan(1000)).toEqual(first);
    expect(contentsOf(study)).toEqual(before);
  });

  test('runs no more at once than it runs in all', async () => {
    expect((await planned(await opened({ maxTrials: 2 }))).config.ResourceLimits).toEqual({
      MaxNumberOfTrainingJobs: 2,
      MaxParallelTrainingJobs: 2,
    });
  });

  test.each([0, 7, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER])('of seed %d takes 31 bits', async (seed) => {
    const study = await TestStudy.opened(
      await dynamo.newTable(),
      { compute: computeWith({ tuning: { config: CONFIG, parents: [] } }) },
      { seed },
    );
    const { RandomSeed } = (await planned(study)).config;
    expect(RandomSeed).toBe(seed % 2 ** 31);
    expect(RandomSeed).toBeLessThan(2 ** 31);
  });

  test.each([
    [{}, undefined, undefined],
    [{ BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 5 } }, undefined, undefined],
    [{}, 0.9, { TargetObjectiveMetricValue: 0.9 }],
    [
      { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 5 } },
      0.9,
      { TargetObjectiveMetricValue: 0.9 },
    ],
  ])('completes by %j and target %j', async (criteria, targetValue, added) => {
    const config = { ...CONFIG, ...(Object.keys(criteria).length > 0 && { TuningJobCompletionCriteria: criteria }) };
    const study = await opened({ objective: { metric: 'accuracy', direction: 'maximize', targetValue } }, { config });
    const expected = added === undefined && Object.keys(criteria).length === 0 ? undefined : { ...criteria, ...added };
    expect((await planned(study)).config.TuningJobCompletionCriteria).toEqual(expected);
  });

  test.each<[Tuner, number, number]>([
    [{ maxDurationSeconds: 5000 }, 1000, 4000],
    // a tuning job takes no less than two minutes.
    [{ maxDurationSeconds: 1000 }, 999, 120],
    // four jobs at once.
    [{ maxSpendUsd: 4 }, 0, 1000],
    [{ maxSpendUsd: 4, maxDurationSeconds: 500 }, 0, 500],
    // half a year.
    [{ maxSpendUsd: 1e6 }, 0, 2_592_000],
  ])('of a study with %j, after %d seconds: %d', async (tuner, seconds, MaxRuntimeInSeconds) => {
    const { config } = await planned(await opened(tuner), seconds);
    expect(config.ResourceLimits).toMatchObject({ MaxRuntimeInSeconds });
  });

  test('for too little money there is none, and the study says why', async () => {
    const study = await opened({ maxSpendUsd: 0.47 });
    expect(await planned(study)).toBeNull();
    expect((await study.studyRecord()).ending).toContain("isn't enough for 4 instances");
  });

  test('for no more trials there is none', async () => {
    const study = await opened({ maxTrials: 1 });
    const trial = await study.train();
    expect(await planned(study)).toBeNull();
    await study.complete(trial, 0.5);
    expect(await planned(study)).toBeNull();
  });

  describe('begins with earlier results', () => {
    /** GIVEN a study whose jobs of so many rounds have ended. */
    async function resumed(rounds: number, parents: string[]) {
      const study = await opened({ maxTrials: 100 }, { parents });
      for (let round = 1; round <= rounds; round++) {
        study.round = round;
        await planned(study);
        await study.store.changeStudy(study.name, (record) => ({
          ...record,
          jobs: record.jobs!.map((job) =>
            job.round === round
              ? { ...job, endedAt: at(round), outcome: { status: 'Stopped', jobName: `tuning-${round}` } }
              : job,
          ),
        }));
      }
      study.round = rounds + 1;
      return (await planned(study)).parents.map(({ HyperParameterTuningJobName: name }) => name);
    }

    test.each<[number, string[], string[]]>([
      [0, ['a', 'b'], ['a', 'b']],
      [1, [], ['tuning-1']],
      [2, ['a'], ['a', 'tuning-1', 'tuning-2']],
      // SageMaker takes five: the newest.
      [3, ['a', 'b', 'c'], ['b', 'c', 'tuning-1', 'tuning-2', 'tuning-3']],
      [7, ['a'], ['tuning-3', 'tuning-4', 'tuning-5', 'tuning-6', 'tuning-7']],
    ])('of %d rounds and %j', async (rounds, parents, expected) => {
      expect(await resumed(rounds, parents)).toEqual(expected);
    });

    test('but of none that never was', async () => {
      const study = await opened();
      await planned(study);
      await study.store.changeStudy(study.name, (record) => ({
        ...record,
        jobs: record.jobs!.map((job) => ({ ...job, endedAt: at(1), outcome: { error: 'JobNotFound' } })),
      }));
      study.round = 2;
      expect((await planned(study)).parents).toEqual([]);
    });
  });

  test('has a name of at most 28 characters, and with the state machine’s counts of at most 32', async () => {
    const study = await opened();
    const start = /^hpo-[0-9a-z]{8}-[0-9a-f]{6}-/;
    for (const round of [1, 99, 9999, 99_999_999]) {
      study.round = round;
      const { name } = await planned(study);
      expect(name).toMatch(start);
      expect(name.length).toBeLessThanOrEqual(28);
      expect(`${name}-9-9`.length).toBeLessThanOrEqual(32);
    }
  });
});
