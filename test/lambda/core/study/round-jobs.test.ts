import { AttemptOutcome, TrainAnswer } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { ItemTable } from '../../../../lambda/core/store/item-table';
import { costOf } from '../../../../lambda/core/study/cost';
import { planRound } from '../../../../lambda/core/study/plan';
import { FoundJob } from '../../../../lambda/core/study/settle';
import { spendingOf } from '../../../../lambda/core/study/spending';
import { TunedJob } from '../../../../lambda/core/study/tuning/collect';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { Crash, Fault, FaultyItemTable } from '../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { computeWith } from '../../../support/lambda-money';
import { TestStudy, at } from '../../../support/lambda-study';
import { FakeTuningJobs } from '../../../support/lambda-tuning';
import { LOST_SECONDS, WorkerStudy } from '../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const LOST: AttemptOutcome = { error: 'SageMaker.AmazonSageMakerException', cause: 'InternalFailure' };
const NO_ROOM: AttemptOutcome = { error: 'SageMaker.ResourceLimitExceededException', cause: 'limit' };

/** GIVEN a cluster of two machines that each run two trials, and a laptop that runs one. */
async function running(tuner: Partial<TunerDefinition> = {}, table: ItemTable = new MemoryItemTable()) {
  const study = await WorkerStudy.opened(table, tuner);
  await study.plan();
  const workers = [await study.join(study.host(1)), await study.join(study.host(2)), await study.join('laptop')];
  const answers = [
    await study.work(workers[0], 0, 0),
    await study.work(workers[0], 0, 1),
    await study.work(workers[1], 0, 0),
    await study.work(workers[1], 0, 1),
    await study.work(workers[2], 0, 0),
  ];
  return { study, workers, answers, laptop: workers[2] };
}

const jobOf = async (study: TestStudy, round = 1) =>
  (await study.studyRecord()).jobs?.find((job) => job.round === round);
const LEFT = ['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED', 'RUNNING'];

describe('the round’s cluster has ended', () => {
  const description = (status: string, more: object = {}) =>
    JSON.stringify({ TrainingJobName: 'c', TrainingJobStatus: status, BillableTimeInSeconds: 500, ...more });

  test.each<[string, AttemptOutcome, object]>([
    ['completed', { status: 'Completed', billableSeconds: 500 }, { status: 'Completed' }],
    [
      'failed',
      { error: 'States.TaskFailed', cause: description('Failed', { FailureReason: 'AlgorithmError: exit code: 1' }) },
      { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1' },
    ],
    [
      'at its time limit',
      { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded', billableSeconds: 500 },
      { status: 'Stopped' },
    ],
    ['stopped, as a failed task', { error: 'States.TaskFailed', cause: description('Stopped') }, { status: 'Stopped' }],
  ])(
    '%s: its trials wait, those of other machines run on, and it is kept with what it cost',
    async (_, outcome, kept) => {
      const { study } = await running({}, await dynamo.newTable());
      expect(await study.reviewWith(outcome, 600)).toEqual({ complete: false, until: null });
      expect(await study.states()).toEqual(LEFT);
      expect(await jobOf(study)).toMatchObject({ endedAt: at(600), outcome: { ...kept, billableSeconds: 500 } });
      const trials = await study.trials();
      // two machines.
      expect(spendingOf(await study.studyRecord(), trials)).toEqual({
        instanceSeconds: 1000,
        usd: expect.closeTo(1),
        reservedUsd: 0,
      });
      expect(trials[0].attempts[0].message).toBe('the training cluster ended before the trial did');
    },
  );

  test('and its trials go on in the next round, from their checkpoints, without a wait', async () => {
    const { study, answers } = await running();
    await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600);
    study.round = 2;
    await study.plan(601);
    const worker = await study.join(study.host(1), 700);
    expect(await study.work(worker, 700)).toMatchObject({
      trial: 1,
      attempt: 2,
      startAt: at(700),
      checkpointUri: answers[0].checkpointUri,
    });
  });

  test('its workers no longer count; the laptop’s does', async () => {
    const { study, workers, laptop, answers } = await running();
    await study.reviewWith({ status: 'Completed' }, 50);
    await expect(study.beat(workers[0], 60)).rejects.toMatchObject({ name: 'WorkerUnknown' });
    expect(await study.beat(laptop, 60, answers[4])).toEqual({ stop: [], ended: false, reason: null });
  });

  test('a cluster of another round is not meant', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    study.round = 11;
    await study.plan();
    const worker = await study.join(study.host(1));
    await study.work(worker);
    study.round = 1;
    await study.plan();
    await study.reviewWith({ status: 'Completed' }, 10);
    expect(await study.states()).toEqual(['RUNNING']);
  });

  test('reviewed again, nothing changes, whatever is said then', async () => {
    const table = new MemoryItemTable();
    const study = await WorkerStudy.opened(table);
    await study.plan();
    await study.work(await study.join(study.host(1)));
    const answer = await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600);
    const before = table.contents();
    expect(await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600)).toEqual(answer);
    await study.reviewWith({ status: 'Failed', billableSeconds: 9 }, 700);
    expect(table.contents()).toEqual(before);
  });

  test('whenever the review crashes, another one comes to the same', async () => {
    const faults: Fault[] = [1, 2, 3, 4, 5, 6].flatMap((write) =>
      (['before', 'after'] as const).map((when) => ({ write, when })),
    );
    for (const fault of faults) {
      const table = new FaultyItemTable(new MemoryItemTable());
      const study = await WorkerStudy.opened(table);
      await study.plan();
      const worker = await study.join(study.host(1));
      await study.work(worker, 0, 0);
      await study.work(worker, 0, 1);
      table.arm(fault);
      await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
      table.arm(undefined);
      expect(await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600)).toEqual({
        complete: false,
        until: null,
      });
      expect(await study.states()).toEqual(['QUEUED', 'QUEUED']);
      expect(await jobOf(study)).toMatchObject({ outcome: { billableSeconds: 500 } });
    }
  });

  test('a round without a job leaves everything as it is', async () => {
    const { study } = await running();
    study.round = 2;
    expect(await study.reviewWith({}, 10)).toMatchObject({ complete: false });
    expect(await study.states()).toEqual(['RUNNING', 'RUNNING', 'RUNNING', 'RUNNING', 'RUNNING']);
  });
});

describe('the state machine doesn’t know how the round’s cluster has ended', () => {
  test('it has ended: what its description says counts', async () => {
    const { study } = await running();
    study.jobs.add(study.clusterName(), { status: 'Failed', failureReason: 'x', billableSeconds: 300 });
    await study.reviewWith(LOST, 600);
    expect(study.jobs.stopped).toEqual([]);
    expect(await jobOf(study)).toMatchObject({ outcome: { status: 'Failed', billableSeconds: 300 } });
    expect(await study.states()).toEqual(LEFT);
    expect((await study.trial(1)).notBefore).toBeUndefined();
  });

  test('it still runs: it is stopped, and its trials wait until its workers have heard of it', async () => {
    const { study, laptop, answers, workers } = await running({ maxTrials: 5 });
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 590 });
    await study.reviewWith(LOST, 600);
    expect(study.jobs.stopped).toEqual([`${study.clusterName()}-0-0`]);
    expect(await study.states()).toEqual(LEFT);
    expect(await jobOf(study)).toMatchObject({ outcome: { billableSeconds: 590 } });
    await expect(study.beat(workers[0], 601)).rejects.toMatchObject({ name: 'WorkerUnknown' });
    // the laptop has room: not before the containers of the cluster have ended theirs.
    await study.report(answers[4], 1, 0.5, 601);
    expect(await study.ends(laptop, answers[4], { seconds: 602 })).toMatchObject({ action: 'wait' });
    expect(await study.ask(laptop, 679, 1)).toMatchObject({ action: 'wait' });
    expect(await study.ask(laptop, 680, 1)).toMatchObject({ action: 'train', trial: 1, attempt: 2 });
  });

  test('and what it had cost by then is not forgotten when the next round is planned', async () => {
    const { study } = await running();
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 590 });
    await study.reviewWith(LOST, 600);
    study.round = 2;
    await study.plan(601);
    expect(spendingOf(await study.studyRecord(), [])).toMatchObject({
      instanceSeconds: 1180,
      usd: expect.closeTo(1.18),
    });
  });

  test('it is being stopped by someone else: nobody stops it again', async () => {
    const { study } = await running();
    study.jobs.jobs.set(study.clusterName(), {
      jobName: 'c',
      running: true,
      stopping: true,
      outcome: { status: 'Stopping' },
    });
    await study.reviewWith(LOST, 600);
    expect(study.jobs.stopped).toEqual([]);
    expect(await study.states()).toEqual(LEFT);
  });

  test('there is none: it has cost nothing', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    await study.plan();
    expect(await study.reviewWith(LOST, 600)).toMatchObject({ complete: false });
    expect(await jobOf(study)).toMatchObject({ endedAt: at(600), outcome: LOST });
    expect(spendingOf(await study.studyRecord(), [])).toMatchObject({ instanceSeconds: 0, usd: 0 });
  });

  test('a refused request is looked for by nobody', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    await study.plan();
    const find = jest.spyOn(study.jobs, 'find');
    await study.reviewWith(NO_ROOM, 600);
    expect(find).not.toHaveBeenCalled();
  });
});

test('clusters that end none of their trials three times in a row end the study', async () => {
  const study = await WorkerStudy.opened(new MemoryItemTable());
  const failed = { status: 'Failed', failureReason: 'AlgorithmError: no such file' };
  for (study.round = 1; study.round <= 3; study.round++) {
    await study.plan(study.round * 100);
    const answer = await study.reviewWith(failed, study.round * 100 + 50);
    if (study.round < 3) expect(answer).toEqual({ complete: false, until: null });
    else expect(answer).toMatchObject({ complete: true, reason: expect.stringContaining('no such file') });
  }
});

describe('clusters whose time is over again and again', () => {
  /** One trial, handed back by each of four clusters; answers what Review round says of each. */
  async function fourClusters(report: (study: WorkerStudy, answer: TrainAnswer, round: number) => Promise<unknown>) {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 1, maxParallelTrials: 1 });
    const reviews: boolean[] = [];
    for (study.round = 1; study.round <= 4; study.round++) {
      const seconds = study.round * 1000;
      await study.plan(seconds);
      const worker = await study.join(study.host(1), seconds);
      const answer = await study.work(worker, seconds);
      await report(study, answer, study.round);
      const outcome = { status: 'Stopped', secondaryStatus: 'HandedBack' };
      await study.ends(worker, answer, { outcome, seconds: seconds + 500, leaving: true });
      const { complete } = await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, seconds + 600);
      reviews.push(complete);
      if (complete) break;
    }
    return reviews;
  }

  test('end the study when a trial hangs: handing it back is no progress', async () => {
    expect(await fourClusters(() => Promise.resolve())).toEqual([false, false, true]);
  });

  test('go on with a trial that has trained further in each', async () => {
    const trains = (study: WorkerStudy, answer: TrainAnswer, round: number) =>
      study.report(answer, round, 0.5, round * 1000 + 100);
    expect(await fourClusters(trains)).toEqual([false, false, false, false]);
  });
});

test('a round that a redrive begins with reopens the study: its cluster has workers', async () => {
  const { study } = await running();
  await study.stop(100);
  await planRound({ study: study.name, run: study.run, round: 2, redrives: 1, at: at(200) }, study.store);
  expect((await study.studyRecord()).status).toBe('RUNNING');
});

describe('money', () => {
  test('what a running cluster may cost is kept, and given back at its end', async () => {
    const { study } = await running({ maxSpendUsd: 4 });
    const spending = async () => spendingOf(await study.studyRecord(), await study.trials());
    expect(await spending()).toMatchObject({ usd: 0, reservedUsd: expect.closeTo(4) });
    await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600);
    expect(await spending()).toMatchObject({ usd: expect.closeTo(1), reservedUsd: 0 });
  });

  test('that is spent ends the study', async () => {
    const { study, laptop, answers } = await running({ maxSpendUsd: 4 });
    const reason = 'the $4.00 of maxSpendUsd are spent';
    expect(await study.reviewWith({ status: 'Stopped', billableSeconds: 2000 }, 2000)).toEqual({
      complete: true,
      reason,
      until: null,
    });
    expect(await study.beat(laptop, 2001, answers[4])).toMatchObject({ ended: true, reason });
  });

  test('of all clusters is what the study has cost; a worker’s seconds cost nothing more', async () => {
    const { study, answers, workers } = await running();
    await study.report(answers[0], 1, 0.5, 10);
    const outcome = { status: 'Completed', trainingSeconds: 99 };
    await study.ends(workers[0], answers[0], { outcome, seconds: 20, leaving: true });
    await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600);
    study.round = 2;
    await study.plan(601);
    await study.reviewWith({ status: 'Completed', billableSeconds: 250 }, 900);
    const cost = costOf(await study.studyRecord(), await study.trials());
    expect(cost).toEqual({ instanceSeconds: 1500, usd: expect.closeTo(1.5) });
  });

  test('where no price is known it is seconds only', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    const compute = { ...study.tuner.compute, prices: [] };
    await study.store.changeStudy(study.name, (record) => ({ ...record, tuner: { ...record.tuner, compute } }));
    await study.plan();
    await study.reviewWith({ status: 'Completed', billableSeconds: 500 }, 600);
    expect(costOf(await study.studyRecord(), [])).toMatchObject({ instanceSeconds: 1000, usd: null });
  });
});

describe('an execution that is stopped', () => {
  test('stops its cluster, and gives up all of its workers', async () => {
    const { study, workers } = await running();
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 90 });
    await study.stop(100);
    expect(study.jobs.stopped).toEqual([`${study.clusterName()}-0-0`]);
    expect(await study.states()).toEqual(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED', 'QUEUED']);
    expect(await jobOf(study)).toMatchObject({ endedAt: at(100), outcome: { billableSeconds: 90 } });
    for (const worker of workers) {
      await expect(study.beat(worker, 101)).rejects.toMatchObject({ name: 'WorkerUnknown' });
    }
  });

  test('twice, nothing changes', async () => {
    const table = new MemoryItemTable();
    const study = await WorkerStudy.opened(table);
    await study.plan();
    await study.work(await study.join(study.host(1)));
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 90 });
    await study.stop(100);
    const before = table.contents();
    await study.stop(200);
    expect(table.contents()).toEqual(before);
    expect(study.jobs.stopped).toHaveLength(1);
  });

  test('keeps how a cluster has ended that did so by itself', async () => {
    const { study } = await running();
    study.jobs.add(study.clusterName(), { status: 'Completed', billableSeconds: 80 });
    await study.stop(100);
    expect(study.jobs.stopped).toEqual([]);
    expect(await jobOf(study)).toMatchObject({ outcome: { status: 'Completed', billableSeconds: 80 } });
  });

  test('has no cluster that never began', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    await study.plan();
    await study.stop(100);
    expect(await jobOf(study)).toMatchObject({ endedAt: at(100), outcome: { error: 'JobNotFound' } });
  });

  test('and redriven goes on: the review opens the study, and its trials wait for the next round', async () => {
    const { study } = await running();
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 90 });
    await study.stop(100);
    const redriven = { error: 'States.QueryEvaluationError', cause: 'the execution was redriven' };
    study.jobs.add(study.clusterName(), { status: 'Stopped', billableSeconds: 110 });
    expect(await study.reviewWith(redriven, 200, 1)).toEqual({ complete: false, until: null });
    expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING', run: 1, redrives: 1 });
    study.round = 2;
    expect((await study.plan(201)).job).toMatchObject({ instanceCount: 2 });
    const worker = await study.join(study.host(1), 300);
    expect(await study.work(worker, 300)).toMatchObject({ trial: 1, attempt: 2 });
  });

  test('and reviewed by what is left of it stays stopped', async () => {
    const { study } = await running();
    await study.stop(100);
    await study.reviewWith({ status: 'Stopped' }, 101, 0);
    expect(await study.studyRecord()).toMatchObject({ status: 'STOPPED' });
  });
});

describe('another execution resumes the study', () => {
  test('stops the cluster that is left, and gives its trials to workers that join then', async () => {
    const { study, answers } = await running({ maxTrials: 5 }, await dynamo.newTable());
    study.jobs.add(study.clusterName(), { status: 'InProgress', billableSeconds: 90 });
    await study.resume(100);
    expect(study.jobs.stopped).toEqual([`${study.clusterName(1)}-0-0`]);
    expect(await study.states()).toEqual(['QUEUED', 'QUEUED', 'QUEUED', 'QUEUED', 'QUEUED']);
    expect(study.round).toBe(2);
    await study.plan(101);
    const worker = await study.join(study.host(1), 101);
    expect(await study.ask(worker, 179, 0)).toMatchObject({ action: 'wait' });
    expect(await study.ask(worker, 180, 1)).toMatchObject({
      action: 'train',
      trial: 1,
      attempt: 2,
      checkpointUri: answers[0].checkpointUri,
    });
    // what the earlier execution has cost counts.
    expect(spendingOf(await study.studyRecord(), [])).toMatchObject({ instanceSeconds: 180 });
  });

  test('an open that is made again leaves alone what it has begun', async () => {
    const { study } = await running({ maxTrials: 5 });
    await study.resume(100);
    await study.plan(101);
    const worker = await study.join(study.host(1), 101);
    const trial = await study.work(worker, 200);
    study.jobs.add(study.clusterName(2), { status: 'InProgress' });
    const round = study.round;
    await study.resume(201);
    study.round = round;
    expect(study.jobs.stopped).toEqual([]);
    expect(await study.beat(worker, 202, trial)).toEqual({ stop: [], ended: false, reason: null });
  });

  test('a stop of the earlier execution that comes late leaves it alone', async () => {
    const { study } = await running();
    await study.resume(100);
    await study.plan(101);
    const worker = await study.join(study.host(1), 101);
    const trial = await study.work(worker, 200);
    await study.stop(201);
    expect(await study.beat(worker, 202, trial)).toEqual({ stop: [], ended: false, reason: null });
  });

  test('a machine of the earlier execution that is still there joins it', async () => {
    const { study, laptop } = await running();
    await study.resume(100);
    await expect(study.beat(laptop, 101)).rejects.toMatchObject({ name: 'WorkerUnknown' });
    const again = await study.join('laptop', 102, 'again');
    expect(await study.worker(again)).toMatchObject({ run: 2 });
    expect(await study.beat(again, LOST_SECONDS)).toMatchObject({ ended: false });
  });

  test('the same process joining with the same nonce is another worker of another run', async () => {
    const { study, laptop } = await running();
    await study.store.changeStudy(study.name, (record) => ({ ...record, run: 2 }));
    const again = await study.join('laptop', 102);
    expect(again).not.toBe(laptop);
    expect(await study.join('laptop', 103)).toBe(again);
    expect((await study.trial(5)).state).toBe('QUEUED');
  });
});

describe('automatic model tuning', () => {
  const found = (status: string, jobName = 'tuning-1'): FoundJob => ({
    jobName,
    running: status === 'InProgress' || status === 'Stopping',
    stopping: status === 'Stopping',
    outcome: { jobName, status },
  });
  const trained = (number: number, status: string): TunedJob => ({
    jobName: `t-${number}`,
    tuned: { learning_rate: '0.01', optimizer: 'adam' },
    createdAt: at(number),
    running: status === 'InProgress',
    outcome: { jobName: `t-${number}`, status, metrics: [{ MetricName: 'accuracy', Value: number / 10 }] },
  });

  /** GIVEN a study whose tuning job is this. */
  async function tuned() {
    const study = await TestStudy.opened(await dynamo.newTable(), {
      compute: computeWith({ tuning: { config: {}, parents: [] } }),
    });
    await study.plan();
    const review = async (outcome: AttemptOutcome, seconds: number) =>
      WorkerStudy.prototype.reviewWith.call(study as WorkerStudy, outcome, seconds);
    const stop = async (seconds: number) => WorkerStudy.prototype.stop.call(study as WorkerStudy, seconds);
    const is = (job: FoundJob | undefined, ...jobs: TunedJob[]) => {
      const fake = new FakeTuningJobs(job, jobs);
      Object.assign(study, { tuningJobs: fake });
      return fake;
    };
    const states = async () => (await study.trials()).map(({ state }) => state);
    return { study, review, stop, is, states };
  }

  test.each<[AttemptOutcome, string]>([
    [{ status: 'Completed', jobName: 'tuning-1' }, 'automatic model tuning has ended (Completed)'],
    [
      { status: 'Failed', jobName: 'tuning-1', failureReason: 'all failed' },
      'automatic model tuning has ended (Failed): all failed',
    ],
    [{ status: 'Stopped', jobName: 'tuning-1' }, 'automatic model tuning has ended (Stopped)'],
  ])('that has ended as %j ends the study, with its trials', async (outcome, reason) => {
    const { review, is, states } = await tuned();
    is(found(outcome.status!), trained(1, 'Completed'), trained(2, 'Stopped'));
    expect(await review(outcome, 500)).toEqual({ complete: true, reason, until: null });
    expect(await states()).toEqual(['COMPLETED', 'STOPPED']);
  });

  test('that was refused ends the study, and says why', async () => {
    const { review, is } = await tuned();
    is(undefined);
    const outcome = { error: 'SageMaker.AmazonSageMakerException', cause: 'ValidationException: no such role' };
    expect(await review(outcome, 5)).toMatchObject({
      complete: true,
      reason: expect.stringContaining('ValidationException: no such role'),
    });
  });

  test('whose task failed, and which runs on, is stopped', async () => {
    const { review, is, states } = await tuned();
    const jobs = is(found('InProgress'), trained(1, 'Completed'), trained(2, 'InProgress'));
    await review(LOST, 500);
    expect(jobs.stopped).toEqual(['tuning-1']);
    expect(await states()).toEqual(['COMPLETED', 'RUNNING']);
  });

  test('whose task failed, and which has ended, counts by its description', async () => {
    const { study, review, is } = await tuned();
    const jobs = is(found('Failed'), trained(1, 'Completed'));
    await review(LOST, 500);
    expect(jobs.stopped).toEqual([]);
    expect(await jobOf(study)).toMatchObject({ outcome: { status: 'Failed', jobName: 'tuning-1' } });
  });

  test('of a redriven execution has ended with the first: another one begins', async () => {
    const { study, review, stop, is } = await tuned();
    is(found('Stopped'), trained(1, 'Completed'));
    await stop(100);
    const redriven = { error: 'States.QueryEvaluationError', cause: 'D3137: the execution was redriven' };
    expect(await review(redriven, 200)).toEqual({ complete: false, until: null });
    study.round = 2;
    const { job } = await study.plan(201);
    expect(job).toMatchObject({ config: { ResourceLimits: { MaxNumberOfTrainingJobs: 9 } } });
  });

  test('that is refused for a limit is tried a dozen times: some limits no waiting changes', async () => {
    const { study, review, is } = await tuned();
    is(undefined);
    for (study.round = 1; study.round < 12; study.round++) {
      if (study.round > 1) await study.plan(study.round * 1000);
      expect(await review(NO_ROOM, study.round * 1000 + 5)).toMatchObject({ complete: false });
    }
    await study.plan(12_000);
    expect(await review(NO_ROOM, 12_005)).toMatchObject({
      complete: true,
      reason: expect.stringMatching(/no room in 12 tries: .*limit/),
    });
  });

  test('costs what its training jobs cost', async () => {
    const { study, review, is } = await tuned();
    const job = trained(1, 'Completed');
    is(found('Completed'), { ...job, outcome: { ...job.outcome, billableSeconds: 70 } });
    await review({ status: 'Completed', jobName: 'tuning-1' }, 500);
    expect(costOf(await study.studyRecord(), await study.trials())).toEqual({ instanceSeconds: 70, usd: 0.07 });
  });

  describe('of an execution that is stopped', () => {
    test('is stopped, and its trials are collected', async () => {
      const { stop, is, states } = await tuned();
      const jobs = is(found('InProgress'), trained(1, 'Completed'), trained(2, 'InProgress'));
      await stop(100);
      expect(jobs.stopped).toEqual(['tuning-1']);
      expect(await states()).toEqual(['COMPLETED', 'RUNNING']);
    });

    test('ends in the meantime: a resume collects what was left, and goes on with its results', async () => {
      const { study, stop, is, states } = await tuned();
      is(found('InProgress'), trained(1, 'Completed'), trained(2, 'InProgress'));
      await stop(100);
      is(found('Stopped'), trained(1, 'Completed'), trained(2, 'Stopped'));
      await study.resume(300);
      expect(await states()).toEqual(['COMPLETED', 'STOPPED']);
      const { job } = await study.plan(301);
      expect(job).toMatchObject({
        parents: [{ HyperParameterTuningJobName: 'tuning-1' }],
        config: { ResourceLimits: { MaxNumberOfTrainingJobs: 8 } },
      });
    });

    test('still ends at the resume: the review of the next round collects what is left', async () => {
      const { study, stop, is, review, states } = await tuned();
      is(found('InProgress'), trained(1, 'Completed'), trained(2, 'InProgress'));
      await stop(100);
      is(found('Stopping'), trained(1, 'Completed'), trained(2, 'InProgress'));
      await study.resume(110);
      expect(await states()).toEqual(['COMPLETED', 'RUNNING']);
      // SageMaker begins with jobs only that have ended.
      expect(await study.plan(111)).toMatchObject({ job: { parents: [] } });
      is(found('Stopped'), trained(1, 'Completed'), trained(2, 'Stopped'));
      await review({ status: 'Completed', jobName: 'tuning-1' }, 500);
      expect(await states()).toEqual(['COMPLETED', 'STOPPED']);
    });
  });
});
