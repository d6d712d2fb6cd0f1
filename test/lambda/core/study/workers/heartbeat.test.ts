import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { at } from '../../../../support/lambda-study';
import { LOST_SECONDS, WorkerStudy } from '../../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

type Tuner = Parameters<typeof WorkerStudy.opened>[1];

/** GIVEN a study with a worker that runs a trial. */
async function working(tuner?: Tuner) {
  const study = await WorkerStudy.opened(await dynamo.newTable(), tuner);
  const worker = await study.join();
  const trial = await study.work(worker);
  return { study, worker, trial };
}

const GO_ON = { stop: [], ended: false, reason: null };

describe('a sign of life', () => {
  test('is kept, and the worker’s trials go on', async () => {
    const { study, worker, trial } = await working();
    expect(await study.beat(worker, 20, trial)).toEqual(GO_ON);
    expect(await study.worker(worker)).toMatchObject({ seenAt: at(20) });
    expect(await study.beat(worker, 20, trial)).toEqual(GO_ON);
    expect(await study.states()).toEqual(['RUNNING']);
  });

  test('of a worker that runs nothing is one as well', async () => {
    const { study, worker } = await working();
    expect(await study.beat(worker, 20)).toEqual(GO_ON);
  });

  test('keeps a worker for as long as it likes', async () => {
    const { study, worker, trial } = await working();
    const other = await study.join('server');
    for (let seconds = 100; seconds <= 1000; seconds += 100) {
      await study.beat(other, seconds);
      expect(await study.beat(worker, seconds, trial)).toEqual(GO_ON);
    }
  });

  test('that comes late, but before anyone has missed it, is in time', async () => {
    const { study, worker, trial } = await working();
    expect(await study.beat(worker, 10_000, trial)).toEqual(GO_ON);
    expect(await study.states()).toEqual(['RUNNING']);
  });
});

describe('an attempt that the study no longer counts on is to end, superseded', () => {
  const superseded = (trial: number, attempt: number) => ({
    ...{ trial, attempt, superseded: true },
    reason: 'the study no longer counts on this attempt',
  });

  test('that has been recorded', async () => {
    const { study, worker, trial } = await working();
    await study.ends(worker, trial);
    expect(await study.beat(worker, 20, trial)).toMatchObject({ stop: [superseded(1, 1)], ended: false });
  });

  test('of another worker, of an earlier number, of no trial', async () => {
    const { study, trial } = await working();
    const other = await study.join('server');
    const strangers = [trial, { trial: 1, attempt: 2 }, { trial: 99, attempt: 1 }, { trial: 100_000, attempt: 1 }];
    expect((await study.beat(other, 20, ...strangers)).stop).toEqual([
      superseded(1, 1),
      superseded(1, 2),
      superseded(99, 1),
      superseded(100_000, 1),
    ]);
    expect(await study.states()).toEqual(['RUNNING']);
  });

  test('that the worker has handed back and another one has', async () => {
    const { study, worker, trial } = await working({ maxTrials: 1 });
    await study.ends(worker, trial, { outcome: { status: 'Stopped', secondaryStatus: 'HandedBack' }, leaving: true });
    const other = await study.join('server');
    const again = await study.work(other, 1);
    expect((await study.beat(worker, 20, trial)).stop).toEqual([superseded(1, 1)]);
    expect(await study.beat(other, 20, again)).toEqual(GO_ON);
  });

  test('among others that go on', async () => {
    const { study, worker, trial } = await working();
    const second = await study.work(worker, 0, 1);
    await study.ends(worker, trial);
    expect((await study.beat(worker, 20, trial, second)).stop).toEqual([superseded(1, 1)]);
  });
});

describe('a program that was told to stop', () => {
  const rungs = { minResource: 1, maxResource: 8, reductionFactor: 2 };
  const scheduler = { name: 'asha', mode: 'stop', brackets: 1, ...rungs } as const;

  test('and doesn’t listen is stopped by its worker, from the second report that it makes after', async () => {
    const { study, worker, trial } = await working({ scheduler });
    const good = await study.work(worker, 0, 1);
    await study.report(good, 1, 0.9);
    const { decision, reason } = await study.report(trial, 1, 0.1, 10);
    expect(decision).toBe('stop');
    expect(await study.beat(worker, 11, trial)).toEqual(GO_ON);
    await study.report(trial, 2, 0.1, 12);
    expect(await study.beat(worker, 13, trial)).toEqual(GO_ON);
    await study.report(trial, 3, 0.1, 14);
    expect(await study.beat(worker, 15, trial, good)).toEqual({
      stop: [{ trial: 1, attempt: 1, reason }],
      ended: false,
      reason: null,
    });
    // no job is looked for: there is none of its own.
    expect(study.jobs.stopped).toEqual([]);
    await study.ends(worker, trial, { outcome: { status: 'Stopped' }, seconds: 20 });
    expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 0.1 });
  });

  test('and whose worker is lost has ended', async () => {
    const { study, worker, trial } = await working({ scheduler });
    await study.report(await study.work(worker, 0, 1), 1, 0.9);
    expect(await study.report(trial, 1, 0.1, 10)).toMatchObject({ decision: 'stop' });
    const other = await study.join('server', 100);
    await study.beat(other, LOST_SECONDS);
    expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 0.1, endedAt: at(LOST_SECONDS) });
    expect((await study.trial(2)).state).toBe('QUEUED');
  });

  test('or pause, and whose worker is lost, has paused', async () => {
    const { study, worker, trial } = await working({ maxTrials: 3, scheduler: { ...scheduler, mode: 'promote' } });
    await study.report(trial, 1, 0.9, 10);
    const other = await study.join('server', 100);
    await study.beat(other, LOST_SECONDS);
    expect(worker).toBe(1);
    expect((await study.trial(1)).state).toBe('PAUSED');
  });
});

describe('a study that ends', () => {
  const objective = { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 } as const;

  test('by its target: programs that report hear it there, the others by their worker', async () => {
    const { study, worker, trial } = await working({ objective });
    const [other, silent] = [await study.join('server'), await study.work(worker, 0, 1)];
    const reporting = await study.work(other, 0, 0);
    await study.report(reporting, 1, 0.5);
    await study.report(trial, 1, 0.95);
    await study.ends(worker, trial, { seconds: 5 });
    const reason = 'trial 1 reached the target value 0.9 with 0.95';
    expect(await study.beat(worker, 20, silent)).toEqual({
      stop: [{ trial: silent.trial, attempt: 1, reason }],
      ended: true,
      reason,
    });
    expect(await study.beat(other, 20, reporting)).toEqual({ stop: [], ended: true, reason });
    expect(await study.report(reporting, 2, 0.6, 21)).toEqual({ decision: 'stop', reason });
  });

  test('by its time', async () => {
    const { study, worker, trial } = await working({ maxDurationSeconds: 60 });
    expect(await study.beat(worker, 59, trial)).toEqual(GO_ON);
    const reason = 'the maximum duration of 60 seconds is over';
    expect(await study.beat(worker, 60, trial)).toEqual({
      stop: [{ trial: 1, attempt: 1, reason }],
      ended: true,
      reason,
    });
  });

  test('by its execution, which has finished it: whatever still runs is to end', async () => {
    const { study, worker, trial } = await working();
    await study.report(trial, 1, 0.5);
    await study.finish(5);
    const reason = 'the study has ended';
    expect(await study.beat(worker, 20, trial)).toEqual({
      stop: [{ trial: 1, attempt: 1, reason }],
      ended: true,
      reason,
    });
  });

  test('by its execution, which is just being stopped: whatever still runs is to end', async () => {
    const { study, worker, trial } = await working();
    await study.report(trial, 1, 0.5);
    await study.store.changeStudy(study.name, (record) => ({ ...record, status: 'STOPPED' }));
    const reason = 'the execution of the study was stopped';
    expect(await study.beat(worker, 20, trial)).toEqual({
      stop: [{ trial: 1, attempt: 1, reason }],
      ended: true,
      reason,
    });
  });

  test('by its execution, which was stopped: the worker no longer counts, and joining says why', async () => {
    const { study, worker, trial } = await working();
    await study.stop(5);
    await expect(study.beat(worker, 20, trial)).rejects.toMatchObject({ name: 'WorkerUnknown' });
    const request = { call: 'join', study: 'digits', host: 'laptop', nonce: 'again', slots: 2 };
    expect(await study.call(request, 21)).toEqual({
      ended: true,
      reason: 'the execution of the study was stopped',
    });
  });
});
