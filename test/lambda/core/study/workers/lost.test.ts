import * as fc from 'fast-check';
import { WorkerNextAnswer } from '../../../../../lib/contract/worker-calls';
import { ItemTable } from '../../../../../lambda/core/store/item-table';
import { currentAttempt, hasEnded } from '../../../../../lambda/core/store/records';
import { Crash, FaultyItemTable } from '../../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../../support/lambda-no-wait';
import { at } from '../../../../support/lambda-study';
import { CLUSTER, LOST_SECONDS, WorkerStudy, clusterCompute } from '../../../../support/lambda-workers';
import { fenceSecondsOf } from '../../../../../lambda/core/study/workers/silence';

withoutWaiting();

type Tuner = Parameters<typeof WorkerStudy.opened>[1];

/** GIVEN a worker that runs two trials and is silent from now on, and another one. */
async function silent(table: ItemTable = new MemoryItemTable()) {
  const study = await WorkerStudy.opened(table, { maxTrials: 3 });
  const lost = await study.join('laptop');
  const trials = [await study.work(lost, 0, 0), await study.work(lost, 0, 1)];
  const other = await study.join('server', 0);
  return { study, lost, other, trials };
}

test('a worker that is silent for six heartbeats still counts', async () => {
  const { study, other } = await silent();
  await study.beat(other, LOST_SECONDS - 1);
  expect(await study.states()).toEqual(['RUNNING', 'RUNNING']);
});

test('after more its trials are given to others, who begin at once, from the same checkpoints', async () => {
  const { study, lost, other, trials } = await silent();
  await study.beat(other, LOST_SECONDS);
  expect(await study.worker(lost)).toMatchObject({ gone: 'its worker was lost' });
  expect(await study.states()).toEqual(['QUEUED', 'QUEUED']);
  const again = [await study.work(other, LOST_SECONDS, 0), await study.work(other, LOST_SECONDS, 1)];
  for (const [i, { trial, attempt, checkpointUri, hyperparameters, startAt, token }] of again.entries()) {
    expect({ trial, attempt, checkpointUri, hyperparameters, startAt }).toEqual({
      trial: trials[i].trial,
      attempt: 2,
      checkpointUri: trials[i].checkpointUri,
      hyperparameters: trials[i].hyperparameters,
      startAt: at(LOST_SECONDS),
    });
    expect(token).not.toBe(trials[i].token);
  }
  expect((await study.trial(1)).attempts[0]).toMatchObject({ worker: lost, message: 'its worker was lost' });
});

test('only when it joins again it counts, and its trials are others’ by then', async () => {
  const { study, lost, other, trials } = await silent();
  await study.beat(other, LOST_SECONDS);
  await study.work(other, LOST_SECONDS, 0);
  await expect(study.beat(lost, LOST_SECONDS + 1, ...trials)).rejects.toMatchObject({ name: 'WorkerUnknown' });
  const again = await study.join('laptop', LOST_SECONDS + 2, 'again');
  const { stop } = await study.beat(again, LOST_SECONDS + 3, ...trials);
  expect(stop).toMatchObject([{ superseded: true }, { superseded: true }]);
  await study.ends(again, trials[0], { outcome: { status: 'Failed', failureReason: 'late' }, seconds: 130 });
  expect((await study.trial(1)).state).toBe('RUNNING');
});

describe('a trial whose workers are lost again and again', () => {
  /** Loses its worker so often; before, each worker reports this resource. */
  async function losing(times: number, reported: (i: number) => number | undefined, tuner: Tuner = {}) {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 1, ...tuner });
    const other = await study.join('server');
    for (let i = 1; i <= times; i++) {
      const trial = await study.work(await study.join(`machine ${i}`, i * LOST_SECONDS), i * LOST_SECONDS);
      const resource = reported(i);
      if (resource !== undefined) await study.report(trial, resource, 0.5, i * LOST_SECONDS);
      await study.beat(other, (i + 1) * LOST_SECONDS);
    }
    return study;
  }

  test('goes on four times, and the fifth is too many: it may take its machines down', async () => {
    expect(await (await losing(4, () => undefined)).trial(1)).toMatchObject({ state: 'QUEUED' });
    const study = await losing(5, () => undefined);
    expect(await study.trial(1)).toMatchObject({
      state: 'FAILED',
      failureClass: 'infrastructure',
      message: expect.stringMatching(/^5 workers were lost while they ran it, and it got no further/),
      endedAt: at(6 * LOST_SECONDS),
      attempts: { length: 5 },
    });
    expect(await study.ask(1, 6 * LOST_SECONDS, 1)).toMatchObject({ ended: true });
    const { failures } = await study.finish(6 * LOST_SECONDS);
    expect(failures!.trials).toMatchObject([
      { class: 'infrastructure', advice: expect.stringMatching(/^run it by hand/) },
    ]);
  });

  test('goes on as long as each gets a little further', async () => {
    expect(await (await losing(12, (i) => i)).trial(1)).toMatchObject({ state: 'QUEUED' });
  });

  test('is one too many too where each begins at the same place and gets to the same', async () => {
    expect(await (await losing(5, () => 3)).trial(1)).toMatchObject({ state: 'QUEUED' });
    expect(await (await losing(6, () => 3)).trial(1)).toMatchObject({ state: 'FAILED' });
  });

  test('keeps what was known of its objective for the record, though it counts as failed', async () => {
    const study = await losing(6, () => 3);
    expect(await study.trial(1)).toMatchObject({ state: 'FAILED', lastResource: 3 });
  });

  test('runs alone from the second loss on: nothing else is lost with it', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 4 });
    const other = await study.join('server');
    for (const i of [1, 2]) {
      const worker = await study.join(`machine ${i}`, i * LOST_SECONDS);
      for (const slot of [0, 1]) await study.work(worker, i * LOST_SECONDS, slot);
      await study.beat(other, (i + 1) * LOST_SECONDS);
    }
    expect(await study.states()).toEqual(['QUEUED', 'QUEUED']);
    const now = 3 * LOST_SECONDS;
    const worker = await study.join('machine 3', now);
    const first = await study.work(worker, now, 0);
    expect(first).toMatchObject({ trial: 1 });
    expect(await study.ask(worker, now, 1)).toMatchObject({
      action: 'wait',
      reason: 'trial 1 runs alone, since workers were lost under it',
    });
    // that it gets further speaks for it: then the slot has something to do, but not the other one that is suspected.
    await study.report(first, 1, 0.5, now + 1);
    expect(await study.work(worker, now + 1, 1)).toMatchObject({ trial: 3 });
    // on a machine of its own that one runs, and alone.
    const alone = await study.join('machine 4', now + 2);
    expect(await study.work(alone, now + 2, 0)).toMatchObject({ trial: 2 });
    expect(await study.ask(alone, now + 2, 1)).toMatchObject({ action: 'wait' });
  });

  test('is the only one to fail, whatever ran beside it, and however seldom that reports', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 6 });
    const other = await study.join('server');
    let now = 0;
    for (
      let machine = 1;
      (await study.states()).filter((state) => state !== 'RUNNING' && state !== 'QUEUED').length < 6;
      machine++
    ) {
      expect(machine).toBeLessThan(30);
      now += LOST_SECONDS;
      await study.beat(other, now);
      const worker = await study.join(`machine ${machine}`, now);
      const answers = [await study.ask(worker, now, 0), await study.ask(worker, now, 1)];
      const given = answers.flatMap((answer) => (answer.action === 'train' ? [answer] : []));
      // the first trial takes its machine down, before anything beside it has said a word.
      if (given.some(({ trial }) => trial === 1)) continue;
      for (const trial of given) {
        await study.report(trial, 1, 0.5, now + 1);
        await study.ends(worker, trial, { seconds: now + 2, slot: answers.indexOf(trial), leaving: true });
      }
    }
    expect(await study.states()).toEqual(['FAILED', ...Array<string>(5).fill('COMPLETED')]);
  });

  test.each([
    ['at once', 79, 'RUNNING'],
    ['after its heartbeats did not get through for so long that it ended its trials', 80, 'FAILED'],
  ])('where its worker joins anew %s', async (_, seconds, state) => {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 1 });
    for (let i = 0; i < 5; i++) await study.work(await study.join('laptop', i * seconds, `nonce ${i}`), i * seconds);
    await study.join('laptop', 5 * seconds, 'nonce 5');
    if (state === 'RUNNING') await study.work(6, 5 * seconds);
    expect(await study.states()).toEqual([state]);
  });

  test('is nobody’s fault on spare capacity, which is taken back', async () => {
    const compute = { ...clusterCompute(), spot: true };
    expect(await (await losing(7, () => undefined, { compute })).trial(1)).toMatchObject({ state: 'QUEUED' });
  });

  test('is nobody’s fault where clusters and executions end', async () => {
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 1 });
    for (let i = 0; i < 7; i++) {
      await study.stop(i * 200, `arn:execution-${i + 1}`);
      await study.resume(i * 200, `arn:execution-${i + 2}`);
      await study.work(await study.join('laptop', i * 200 + 100, `process ${i}`), i * 200 + 100);
    }
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING', attempts: { length: 7 } });
  });
});

describe('the fence comes before the loss', () => {
  test.each([1, 20, 600])('with a heartbeat of %d seconds', async (heartbeatSeconds) => {
    const compute = clusterCompute({ heartbeatSeconds });
    const study = await WorkerStudy.opened(new MemoryItemTable(), { compute });
    const [lost, other] = [await study.join('laptop'), await study.join('server')];
    await study.work(lost);
    const fence = fenceSecondsOf({ ...CLUSTER, heartbeatSeconds });
    // at the fence, and a heartbeat later, nobody goes on with its trials.
    for (const seconds of [fence, fence + heartbeatSeconds]) {
      await study.beat(other, seconds);
      expect(await study.states()).toEqual(['RUNNING']);
    }
    await study.beat(other, 6 * heartbeatSeconds + 0.001);
    expect(await study.states()).toEqual(['QUEUED']);
  });

  test('where a stop takes the trials of workers that may still be there, others wait for it', async () => {
    const { study, trials } = await silent();
    await study.stop(10);
    expect(await study.trial(1)).toMatchObject({ state: 'QUEUED', notBefore: at(90) });
    await study.resume(20);
    const worker = await study.join('server', 21, 'again');
    // until then there is another trial to do.
    expect(await study.work(worker, 89, 0)).toMatchObject({ trial: 3 });
    expect(await study.work(worker, 90, 1)).toMatchObject({ trial: 1, checkpointUri: trials[0].checkpointUri });
  });

  test('and a trial that pauses isn’t promoted before it either', async () => {
    const rungs = { minResource: 1, maxResource: 9, reductionFactor: 3 };
    const scheduler = { name: 'asha', mode: 'promote', brackets: 1, ...rungs } as const;
    const study = await WorkerStudy.opened(new MemoryItemTable(), { maxTrials: 1, scheduler });
    const trial = await study.work(await study.join());
    expect(await study.report(trial, 1, 0.9)).toMatchObject({ decision: 'pause' });
    await study.stop(10);
    await study.resume(20);
    const worker = await study.join('server', 21);
    expect(await study.ask(worker, 89, 0, 0)).toMatchObject({ action: 'wait' });
    expect(await study.ask(worker, 90, 0, 1)).toMatchObject({ action: 'train', trial: 1, attempt: 2 });
  });
});

describe('whoever crashes while it gives back the trials of a lost worker', () => {
  const steps: [string, (study: WorkerStudy, other: number) => Promise<unknown>][] = [
    ['a heartbeat', (study, other) => study.beat(other, LOST_SECONDS)],
    ['a machine that joins anew', (study) => study.join('laptop', 10, 'again')],
    ['a stop', (study) => study.stop(10)],
    ['a resume', (study) => study.resume(10)],
  ];
  const writes = [1, 2, 3, 4, 5].flatMap((write) => (['before', 'after'] as const).map((when) => ({ write, when })));

  test.each(steps)('%s', async (_, step) => {
    for (const fault of writes) {
      const memory = new MemoryItemTable();
      const table = new FaultyItemTable(memory);
      const { study, other } = await silent(table);
      table.arm(fault);
      try {
        await step(study, other);
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
      table.arm(undefined);
      await step(study, other);
      expect(await study.states()).toEqual(['QUEUED', 'QUEUED']);
    }
  });

  test('a heartbeat whose worker is lost as well: that of any other one goes on', async () => {
    for (const fault of writes) {
      const table = new FaultyItemTable(new MemoryItemTable());
      const { study, other } = await silent(table);
      table.arm(fault);
      await study.beat(other, LOST_SECONDS).catch(() => undefined);
      table.arm(undefined);
      const third = await study.join('third', 300);
      await study.beat(third, 301);
      expect(await study.states()).toEqual(['QUEUED', 'QUEUED']);
    }
  });
});

/** Workers whose calls come through in a drawn order: no trial stays with one that doesn't count. */
test('however a worker’s call races with its loss, no trial stays with it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.constantFrom('restart', 'silence', 'stop', 'cluster'),
      async (schedule, loss) => {
        const quiet = { now: true };
        const table = new MemoryItemTable(() => (quiet.now ? Promise.resolve() : schedule.schedule(Promise.resolve())));
        const study = await WorkerStudy.opened(table, { maxTrials: 4 });
        await study.plan();
        const host = study.host(1);
        const [worker, other] = [await study.join(host), await study.join('server', 100)];
        const first = await study.work(worker, 0, 0);
        const isGone = () => table.contents()[`digits WORKER#${String(worker).padStart(6, '0')}`].gone !== undefined;
        // who has been given up by then is given no trial.
        const counts = (answer: WorkerNextAnswer) => expect(answer.action === 'train' && isGone()).toBe(false);
        quiet.now = false;
        const answers = Promise.allSettled([
          study.ask(worker, LOST_SECONDS, 1, 0).then(counts),
          study.ends(worker, first).then(counts),
          {
            restart: () => study.join(host, LOST_SECONDS, 'again'),
            silence: () => study.beat(other, LOST_SECONDS),
            stop: () => study.stop(LOST_SECONDS),
            cluster: () => study.reviewWith({ status: 'Completed' }, LOST_SECONDS),
          }[loss](),
        ]);
        await schedule.waitFor(answers);
        quiet.now = true;
        const [asked, recorded] = await answers;
        // who was given a trial before it was given up hears of that at its next call; then the others look after its trials.
        const seconds = LOST_SECONDS + 20;
        if (loss === 'stop') await study.resume(seconds);
        const lastOne = loss === 'stop' ? await study.join('server', seconds, 'again') : other;
        await study.beat(lastOne, seconds);

        expect(await study.worker(worker)).toMatchObject({ gone: expect.any(String) });
        for (const trial of await study.trials()) {
          if (trial.state === 'RUNNING') expect(currentAttempt(trial).worker).not.toBe(worker);
        }
        for (const answer of [asked, recorded]) {
          if (answer.status === 'rejected') {
            expect((answer.reason as Error).name).toBe('WorkerUnknown');
          }
        }
        await finish(study, lastOne, seconds + 100);
      },
    ),
    { numRuns: 150 },
  );
});

/** A worker runs all that is left. */
async function finish(study: WorkerStudy, worker: number, from: number) {
  let answer = await study.ask(worker, from, 0, 1000);
  for (let seconds = from; answer.action !== 'none'; seconds += 10) {
    expect(seconds).toBeLessThan(from + 1000);
    if (answer.action === 'train') {
      await study.report(answer, 1, 0.5, seconds);
      answer = await study.ends(worker, answer, { seconds });
    } else {
      answer = await study.ask(worker, seconds, 0, answer.turn + 1);
    }
  }
  expect((await study.trials()).every(hasEnded)).toBe(true);
}
