import { AttemptOutcome } from '../../../../../lib/contract/calls';
import { WorkerNextAnswer, WorkerWaitAnswer } from '../../../../../lib/contract/worker-calls';
import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { at } from '../../../../support/lambda-study';
import { ENDED, WorkerStudy, givenOf } from '../../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

type Tuner = Parameters<typeof WorkerStudy.opened>[1];
const opened = async (tuner?: Tuner) => WorkerStudy.opened(await dynamo.newTable(), tuner);
const contentsOf = (study: WorkerStudy) => (study.table as MemoryItemTable).contents();

function waitOf(answer: WorkerNextAnswer): WorkerWaitAnswer {
  if (answer.action !== 'wait') throw new Error(`expected to wait, got ${JSON.stringify(answer)}`);
  return answer;
}

describe('next', () => {
  test('gives the slot a trial at once, with all that its program needs', async () => {
    const study = await opened();
    const worker = await study.join();
    const { id } = await study.studyRecord();
    const answers = [await study.work(worker, 7, 0), await study.work(worker, 7, 1)];
    expect(answers[0]).toEqual({
      action: 'train',
      trial: 1,
      attempt: 1,
      turn: 0,
      jobName: expect.stringMatching(/^tuner-digits-[0-9a-f]{6}-1-1$/),
      hyperparameters: expect.objectContaining({ learning_rate: expect.any(String) }),
      token: expect.any(String),
      checkpointUri: `s3://bucket/checkpoints/digits-${id.slice(0, 8)}/1/`,
      outputUri: `s3://bucket/output/digits-${id.slice(0, 8)}/1-1/`,
      startAt: at(7),
      redrives: 0,
      maxRuntimeSeconds: 86_400,
    });
    // no queue of starts: a worker starts no job.
    expect(answers[1]).toMatchObject({ trial: 2, startAt: at(7) });
    expect((await study.trial(1)).attempts).toMatchObject([{ worker, claim: `1/0/${worker * 1000}/0` }]);
  });

  test('the same turn again gives the same, and nothing changes', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable());
    const worker = await study.join();
    const first = await study.ask(worker, 5, 0, 0);
    const before = contentsOf(study);
    expect(await study.ask(worker, 9, 0, 0)).toEqual(first);
    expect(contentsOf(study)).toEqual(before);
  });

  test('slots of the same number of two workers are two slots', async () => {
    const study = await opened();
    const [one, two] = [await study.join('a'), await study.join('b')];
    const [first, second] = [await study.ask(one, 0, 0, 0), await study.ask(two, 0, 0, 0)];
    expect([givenOf(first).trial, givenOf(second).trial]).toEqual([1, 2]);
  });

  test('a worker’s turns have no end, since no history grows with them', async () => {
    const study = await opened();
    expect(await study.ask(await study.join(), 0, 0, 800)).toMatchObject({ action: 'train', turn: 800 });
  });

  test('workers may run more trials than maxParallelTrials: it counts slots of the study’s own cluster', async () => {
    const study = await opened({ maxParallelTrials: 1 });
    const worker = await study.join();
    expect([await study.work(worker, 0, 0), await study.work(worker, 0, 1)]).toHaveLength(2);
  });

  test('no trial is granted money of its own: a cluster’s is that of its job', async () => {
    const study = await opened({ maxSpendUsd: 1 });
    const worker = await study.join();
    const answers = [await study.work(worker, 0, 0), await study.work(worker, 0, 1)];
    expect(answers.map(({ maxRuntimeSeconds }) => maxRuntimeSeconds)).toEqual([86_400, 86_400]);
    expect((await study.trial(1)).attempts[0].reservedUsd).toBeUndefined();
  });

  test('no trial runs beyond the end of the study’s time', async () => {
    const study = await opened({ maxDurationSeconds: 600 });
    expect(await study.work(await study.join(), 100)).toMatchObject({ maxRuntimeSeconds: 500 });
  });
});

describe('record', () => {
  async function working(tuner?: Tuner) {
    const study = await WorkerStudy.opened(new MemoryItemTable(), tuner);
    const worker = await study.join();
    const first = await study.work(worker);
    return { study, worker, first };
  }

  test('keeps how the attempt ended, and gives the next trial', async () => {
    const { study, worker, first } = await working();
    await study.report(first, 1, 0.7, 20);
    const outcome: AttemptOutcome = {
      ...ENDED,
      trainingSeconds: 30.5,
      modelArtifact: 's3://bucket/output/model.tar.gz',
    };
    expect(await study.ends(worker, first, { outcome, seconds: 31 })).toMatchObject({
      action: 'train',
      trial: 2,
      turn: 1,
      startAt: at(31),
    });
    expect(await study.trial(1)).toMatchObject({
      state: 'COMPLETED',
      value: 0.7,
      endedAt: at(31),
      attempts: [{ outcome: { ...outcome } }],
    });
  });

  test('the same again gives the same, and nothing changes', async () => {
    const { study, worker, first } = await working();
    await study.report(first, 1, 0.7, 20);
    const next = await study.ends(worker, first, { seconds: 31 });
    const before = contentsOf(study);
    expect(await study.ends(worker, first, { seconds: 40 })).toEqual(next);
    const failed = { outcome: { status: 'Failed', failureReason: 'late' }, seconds: 41 };
    expect(await study.ends(worker, first, failed)).toEqual(next);
    expect(contentsOf(study)).toEqual(before);
  });

  test('of the cluster’s own machines the trial’s job is the cluster’s, whatever the worker says', async () => {
    const { study } = await working();
    const worker = await study.join(study.host(1));
    const trial = await study.work(worker);
    await study.report(trial, 1, 0.5);
    await study.ends(worker, trial, { outcome: { ...ENDED, jobName: 'somebody-elses-job' } });
    expect((await study.trial(2)).attempts[0].outcome?.jobName).toBe(`${study.clusterName()}-0-0`);
  });

  test.each(['laptop', 'other-job-0-0/algo-1', 'tuner', '/tuner-x'])(
    'of a machine named %s there is no job',
    async (host) => {
      const { study } = await working();
      const worker = await study.join(host);
      const trial = await study.work(worker);
      await study.ends(worker, trial, { outcome: { ...ENDED, jobName: 'somebody-elses-job' } });
      expect((await study.trial(trial.trial)).attempts[0].outcome?.jobName).toBeUndefined();
    },
  );

  test.each<[string, AttemptOutcome, object]>([
    ['completed without the metric', ENDED, { state: 'FAILED', failureClass: 'noMetric' }],
    [
      'a failed program',
      { status: 'Failed', failureReason: 'exit code: 1' },
      { state: 'FAILED', failureClass: 'userCode' },
    ],
    [
      'one that was killed for its memory',
      { status: 'Failed', failureReason: 'exit code: 137' },
      { state: 'FAILED', failureClass: 'outOfMemory' },
    ],
    [
      'one at its time limit',
      { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' },
      { state: 'FAILED', failureClass: 'timeOut' },
    ],
    ['one that a person stopped', { status: 'Stopped' }, { state: 'FAILED', failureClass: 'stoppedByPerson' }],
  ])('%s', async (_, outcome, expected) => {
    const { study, worker, first } = await working();
    await study.ends(worker, first, { outcome, seconds: 5 });
    expect(await study.trial(1)).toMatchObject(expected);
  });

  test('what a worker hands back goes on elsewhere at once, and counts as no failure', async () => {
    const { study, worker, first } = await working({ maxTrials: 1 });
    const other = await study.join('server');
    for (let i = 0, holder = worker, trial = first; i < 6; i++) {
      const outcome = { status: 'Stopped', secondaryStatus: 'HandedBack' };
      expect(await study.ends(holder, trial, { outcome, seconds: 10 + i, leaving: true })).toEqual({
        action: 'none',
        ended: true,
        reason: 'the worker leaves',
      });
      expect((await study.trial(1)).state).toBe('QUEUED');
      holder = holder === worker ? other : worker;
      trial = await study.work(holder, 10 + i);
      expect(trial).toMatchObject({ trial: 1, attempt: i + 2, checkpointUri: first.checkpointUri });
    }
  });

  test('a worker that leaves gets nothing more, and asking again changes nothing', async () => {
    const { study, worker, first } = await working();
    await study.report(first, 1, 0.5);
    const none = await study.ends(worker, first, { leaving: true, seconds: 5 });
    expect(none).toEqual({ action: 'none', ended: true, reason: 'the worker leaves' });
    const before = contentsOf(study);
    expect(await study.ends(worker, first, { leaving: true, seconds: 6 })).toEqual(none);
    expect(contentsOf(study)).toEqual(before);
    expect(await study.states()).toEqual(['COMPLETED']);
  });

  test('nobody ends another worker’s attempt', async () => {
    const { study, first } = await working();
    const other = await study.join('server');
    expect(await study.ends(other, first, { outcome: { status: 'Failed', failureReason: 'no' } })).toMatchObject({
      action: 'train',
      trial: 2,
    });
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING' });
  });

  test('nobody ends an attempt that isn’t the trial’s current one', async () => {
    const { study, worker, first } = await working({ maxTrials: 1 });
    const outcome = { status: 'Stopped', secondaryStatus: 'HandedBack' };
    await study.ends(worker, first, { outcome, leaving: true });
    const again = await study.work(await study.join('server'), 1);
    await study.ends(worker, { ...first, turn: 7 }, { outcome: { status: 'Failed', failureReason: 'no' }, seconds: 2 });
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING' });
    await study.ends(worker, { ...again, turn: 8 }, { outcome: { status: 'Failed', failureReason: 'no' }, seconds: 3 });
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING' });
  });

  test('a slot of the state machine can’t end a worker’s attempt', async () => {
    const { study, first } = await working();
    await study.record(first, { status: 'Failed', failureReason: 'no' }, 5);
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING' });
  });
});

describe('a slot for which there is nothing', () => {
  /** GIVEN a study whose only trial is another slot's. */
  async function waiting(tuner: Tuner = {}) {
    const study = await opened({ maxTrials: 1, ...tuner });
    const worker = await study.join();
    const trial = await study.work(worker, 0, 0);
    return { study, worker, trial };
  }

  test('asks again the later, the longer nothing has happened: from 1 to 15 seconds', async () => {
    const { study, worker } = await waiting();
    const waits = [];
    for (const [turn, seconds] of [0, 4, 8, 20, 40, 59, 61, 1000].entries()) {
      const answer = waitOf(await study.ask(worker, seconds, 1, turn));
      expect(answer).toMatchObject({ turn, reason: expect.stringContaining('trial') });
      waits.push(answer.seconds);
    }
    expect(waits).toEqual([1, 1, 2, 5, 10, 14.75, 15, 15]);
  });

  test('asks soon again once something has happened', async () => {
    const { study, worker, trial } = await waiting({ maxTrials: 2 });
    await study.work(worker, 0, 1);
    const other = await study.join('server', 100);
    expect(waitOf(await study.ask(other, 100, 0, 0)).seconds).toBe(15);
    await study.report(trial, 1, 0.5, 101);
    await study.ends(worker, trial, { seconds: 101 });
    expect(waitOf(await study.ask(other, 103, 0, 1)).seconds).toBe(1);
  });

  test('gets what is handed back meanwhile', async () => {
    const { study, worker, trial } = await waiting();
    waitOf(await study.ask(worker, 1, 1, 0));
    await study.ends(worker, trial, { outcome: { status: 'Stopped', secondaryStatus: 'HandedBack' }, leaving: true });
    expect(await study.ask(worker, 3, 1, 1)).toMatchObject({ action: 'train', trial: 1, attempt: 2 });
  });

  test('ends when the last trial has ended', async () => {
    const { study, worker, trial } = await waiting();
    await study.report(trial, 1, 0.5);
    const over = { action: 'none', ended: true, reason: 'all 1 trials have ended' };
    expect(await study.ends(worker, trial, { seconds: 10 })).toEqual(over);
    expect(await study.ask(worker, 11, 1, 0)).toEqual(over);
    expect(await study.beat(worker, 12)).toEqual({ stop: [], ended: true, reason: over.reason });
  });

  test('ends when the target is reached, though others still run', async () => {
    const { study, worker, trial } = await waiting({
      maxTrials: 5,
      objective: { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 },
    });
    const running = await study.work(worker, 0, 1);
    await study.report(running, 1, 0.1, 5);
    await study.report(trial, 1, 0.95, 9);
    const reason = 'trial 1 reached the target value 0.9 with 0.95';
    expect(await study.ends(worker, trial, { seconds: 10 })).toEqual({ action: 'none', ended: true, reason });
    // who still runs hears it at its next report.
    expect(await study.report(running, 2, 0.2, 11)).toEqual({ decision: 'stop', reason });
    expect(await study.ends(worker, running, { seconds: 12, slot: 1 })).toMatchObject({ action: 'none', ended: true });
    expect(await study.states()).toEqual(['COMPLETED', 'STOPPED']);
  });

  test('ends when the time of the study is over', async () => {
    const { study, worker } = await waiting({ maxDurationSeconds: 60, maxTrials: 5 });
    expect(await study.ask(worker, 60, 1, 0)).toEqual({
      action: 'none',
      ended: true,
      reason: 'the maximum duration of 60 seconds is over',
    });
  });

  test('waits for a trial that may not begin yet, and begins it then', async () => {
    const { study } = await waiting();
    await study.stop(10);
    await study.resume(11);
    const worker = await study.join('laptop', 12, 'again');
    // its last worker has heard of the end by then.
    expect(waitOf(await study.ask(worker, 12, 0, 0))).toMatchObject({ action: 'wait' });
    expect(waitOf(await study.ask(worker, 89, 0, 1))).toMatchObject({ action: 'wait' });
    expect(await study.ask(worker, 90, 0, 2)).toMatchObject({ action: 'train', trial: 1, attempt: 2 });
  });

  test('does something else until then', async () => {
    const { study } = await waiting({ maxTrials: 2 });
    await study.stop(10);
    await study.resume(11);
    const worker = await study.join('laptop', 12, 'again');
    expect(await study.work(worker, 12)).toMatchObject({ trial: 2, attempt: 1 });
  });
});

describe('after the end of the execution', () => {
  test('a slot gets nothing more, though trials are left', async () => {
    const study = await opened();
    const worker = await study.join();
    const trial = await study.work(worker);
    await study.finish(5);
    const over = { action: 'none', ended: true, reason: 'the study has ended' };
    expect(await study.ask(worker, 6, 1, 0)).toEqual(over);
    // what has been trained is kept.
    await study.report(trial, 1, 0.5, 6);
    expect(await study.ends(worker, trial, { seconds: 7 })).toEqual(over);
    expect(await study.states()).toEqual(['COMPLETED']);
  });
});
