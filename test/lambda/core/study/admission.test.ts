import * as fc from 'fast-check';
import { AttemptOutcome, NextAnswer, TrainAnswer } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { NO_ROOM, TUNER, TestStudy, at, completed, secondsOf, trainOf, waitOf } from '../../../support/lambda-study';

withoutWaiting();

const opened = (tuner: Partial<TunerDefinition> = {}) => TestStudy.opened(new MemoryItemTable(), tuner);
const REASON = 'there is no room for another training job on ml.m5.xlarge';
const NO_CAPACITY: AttemptOutcome = {
  status: 'Failed',
  failureReason: 'CapacityError: Unable to provision requested ML compute capacity',
};

/** GIVEN a study with room for one job: slot 0 has it, slot 1 found none at 10 s. */
async function withRoomForOne(tuner: Partial<TunerDefinition> = {}) {
  const study = await opened(tuner);
  const [first, second] = [await study.train(0), await study.train(1)];
  return { study, first, second, answer: await study.record(second, NO_ROOM, 10, 1) };
}

describe('where there is no room for another job', () => {
  test('the slot waits for a minute at least, and others behind it', async () => {
    const { study, answer } = await withRoomForOne();
    expect(answer).toEqual({ action: 'wait', turn: 1, until: at(70), reason: REASON });
    expect(await study.next(2, 0, 12)).toEqual({ action: 'wait', turn: 0, until: at(100), reason: REASON });
    expect(await study.trials()).toHaveLength(2);
  });

  test('missing capacity is the same as a quota', async () => {
    const study = await opened();
    const [, second] = [await study.train(0), await study.train(1)];
    expect(await study.record(second, NO_CAPACITY, 10, 1)).toMatchObject({ action: 'wait', until: at(70) });
  });

  test('a slot whose job has ended goes on with its instances, before those that wait', async () => {
    const { study, first } = await withRoomForOne();
    // the trial that found no room goes first.
    expect(await study.complete(first, 0.5, 20)).toMatchObject({
      action: 'train',
      trial: 2,
      attempt: 2,
      startAt: at(20),
    });
    expect(await study.next(1, 2, 70)).toMatchObject({ action: 'train', trial: 3 });
  });

  test('instances that do not count as free yet are tried three times more, and only then the slot waits', async () => {
    const { study, first } = await withRoomForOne();
    let answer = trainOf(await study.complete(first, 0.5, 20));
    const starts = [answer.startAt];
    for (let i = 0; i < 3; i++) {
      answer = trainOf(await study.record(answer, NO_ROOM, secondsOf(answer.startAt) + 5));
      starts.push(answer.startAt);
    }
    expect(starts).toEqual([at(20), at(45), at(70), at(95)]);
    expect(await study.record(answer, NO_ROOM, 100)).toMatchObject({ action: 'wait' });
  });

  test('a place is held over several asks, none of them longer than ten minutes', async () => {
    const { study } = await withRoomForOne({ maxTrials: 100, maxParallelTrials: 30 });
    for (let slot = 2; slot < 29; slot++) await study.next(slot, 0, 10);
    const before = await study.table.query('#tuner', 'TRIES', 'TRIES~');
    // the 28th place is at 60 + 28 * 30 seconds from the first ask.
    let answer = waitOf(await study.next(29, 0, 10));
    const asked = [10];
    for (let turn = 1; answer.until < at(10 + 60 + 28 * 30); turn++) {
      const now = secondsOf(answer.until);
      asked.push(now);
      // those before it still find none.
      await study.store.room.noteNoRoom('ml.m5.xlarge', Date.parse(at(now - 1)));
      answer = waitOf(await study.next(29, turn, now));
    }
    expect(asked).toEqual([10, 610]);
    expect(answer.until).toBe(at(910));
    const after = await study.table.query('#tuner', 'TRIES', 'TRIES~');
    expect(Number(after[0].nextTry) - Number(before[0].nextTry)).toBe(30_000);
    expect(await study.next(29, 2, 910)).toMatchObject({ action: 'train' });
  });

  test('an answer that is asked for twice is the same, and takes no second place', async () => {
    const { study, second, answer } = await withRoomForOne();
    const other = await study.next(2, 0, 12);
    const before = await study.table.query('#tuner', ' ', '~');
    expect(await study.record(second, NO_ROOM, 10, 1)).toEqual(answer);
    expect(await study.next(2, 0, 12)).toEqual(other);
    // also when there is room meanwhile.
    await study.store.room.noteRoom('ml.m5.xlarge', Date.parse(at(11)));
    expect(await study.next(2, 0, 12)).toEqual(other);
    const tries = (items: Record<string, unknown>[]) => items.filter(({ item }) => item === 'TRIES');
    expect(tries(await study.table.query('#tuner', ' ', '~'))).toEqual(tries(before));
  });

  test('studies of one tuner share what is known and the queue', async () => {
    const { study } = await withRoomForOne();
    const other = new TestStudy(study.table);
    Object.assign(other, { name: 'other' });
    await other.open();
    expect(await other.next(0, 0, 12)).toMatchObject({ action: 'wait', until: at(100) });
  });

  test('nobody waits any more once a job that began later has ended', async () => {
    const { study, first } = await withRoomForOne();
    await study.next(2, 0, 12);
    const next = trainOf(await study.complete(first, 0.5, 20));
    await study.complete(next, 0.5, 30);
    expect(await study.next(2, 1, 31)).toMatchObject({ action: 'train' });
  });

  test('nobody waits any more when it was ten minutes ago', async () => {
    const { study } = await withRoomForOne();
    expect(await study.next(2, 0, 609)).toMatchObject({ action: 'wait' });
    expect(await study.next(3, 0, 610)).toMatchObject({ action: 'train' });
  });

  test.each([
    // one trial waits in the queue: with the new ones that the study may start there are as many as run, or more.
    [3, 'none', `${REASON}, and the slots that have instances can run what is left`],
    [4, 'none', `${REASON}, and the slots that have instances can run what is left`],
    [5, 'wait', REASON],
  ])('a slot that is too many ends: of %i trials, it is told %s', async (maxTrials, action, reason) => {
    const study = await opened({ maxTrials });
    const [, , third] = [await study.train(0), await study.train(1), await study.train(2)];
    expect(await study.record(third, NO_ROOM, 10, 2)).toMatchObject({ action, reason });
  });

  test('the last slot that is left waits, and does not end', async () => {
    const study = await opened({ maxTrials: 1 });
    expect(await study.record(await study.train(), NO_ROOM, 10)).toMatchObject({ action: 'wait' });
  });

  test('a slot that waits ends with the study', async () => {
    const { study, first } = await withRoomForOne({ maxDurationSeconds: 65 });
    study.jobs.add(first.jobName, { status: 'InProgress' });
    expect(await study.next(1, 2, 70)).toEqual({
      action: 'none',
      reason: 'the maximum duration of 65 seconds is over',
    });
  });

  test('a throttled start holds back all for ten seconds, and nobody waits for room', async () => {
    const study = await opened();
    const first = await study.train(0);
    const throttled = { error: 'SageMaker.AmazonSageMakerException', cause: 'Rate exceeded' };
    expect(await study.record(first, throttled, 5)).toMatchObject({ action: 'train', trial: 1, startAt: at(15) });
    expect(await study.next(1, 0, 6)).toMatchObject({ action: 'train', startAt: at(16.1) });
  });
});

describe('whoever waits, and however long a start takes to fail', () => {
  /** Slots that ask at the time that they were told, in the order of time; each start takes so long to find no room. */
  async function timesOfTries(slots: number, lags: number[], until: number) {
    const { study, answer } = await withRoomForOne({ maxTrials: 1000, maxParallelTrials: 100 });
    const waiting: { slot: number; turn: number; time: number }[] = [
      { slot: 1, turn: answer.action === 'wait' ? answer.turn : 0, time: secondsOf(waitOf(answer).until) },
      ...Array.from({ length: slots }, (_, i) => ({ slot: i + 2, turn: -1, time: 11 })),
    ];
    const tries: number[] = [];
    for (let i = 0; ; i++) {
      waiting.sort((a, b) => a.time - b.time);
      const { slot, turn, time } = waiting[0];
      if (time > until) return tries;
      let next: NextAnswer = await study.next(slot, turn + 1, time);
      let now = time;
      if (next.action === 'train') {
        now = secondsOf(next.startAt) + lags[i % lags.length];
        tries.push(time);
        next = await study.record(next, NO_ROOM, now, slot);
      }
      const wait = waitOf(next);
      expect(secondsOf(wait.until) - now).toBeLessThanOrEqual(600);
      expect(secondsOf(wait.until)).toBeGreaterThanOrEqual(now);
      waiting[0] = { slot, turn: wait.turn, time: secondsOf(wait.until) };
    }
  }

  test('tries are at most two a minute for all together, and go on', async () => {
    const lags = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 40 }), lags, async (slots, drawn) => {
        const tries = await timesOfTries(slots, drawn, 2400);
        tries.slice(1).forEach((time, i) => expect(time - tries[i]).toBeGreaterThanOrEqual(30));
        // with few slots a minute lies between the tries of each.
        expect(tries.length).toBeGreaterThanOrEqual(slots >= 3 ? 60 : 20);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what starts that found no room leave behind', () => {
  test('is a number and a count in a small item, after 5,000 of them', async () => {
    const study = await opened({ maxTrials: 1 });
    let answer: NextAnswer = await study.next();
    let seconds = 0;
    for (let tries = 0; tries < 5000;) {
      if (answer.action === 'train') {
        tries++;
        answer = await study.record(answer, tries % 2 === 0 ? NO_ROOM : NO_CAPACITY, seconds);
      } else if (answer.action === 'wait') {
        seconds = secondsOf(answer.until);
        answer = await study.next(0, answer.turn + 1, seconds);
      } else {
        study.round++;
        answer = await study.next(0, 0, seconds);
      }
    }
    const trial = await study.trial(1);
    expect(trial.attempts).toMatchObject([{ attempt: 5000, tries: 4999 }]);
    expect(JSON.stringify(trial).length).toBeLessThan(3000);

    while (answer.action !== 'train')
      answer = await study.next(0, answer.action === 'wait' ? answer.turn + 1 : 0, (seconds += 900));
    expect(answer).toMatchObject({ trial: 1, attempt: 5001 });
    await study.complete(answer, 0.5, seconds);
    const { notes, cost } = await study.finish(seconds);
    expect(notes).toEqual([expect.stringMatching(/^5000 starts of training jobs found no room/)]);
    expect(cost.instanceSeconds).toBe(60);
  });

  test('keeps the attempts that ran before', async () => {
    const study = await opened({ maxTrials: 1 });
    const first = await study.train();
    const second = trainOf(
      await study.record(first, { status: 'Failed', failureReason: 'InternalServerError', billableSeconds: 7 }, 9),
    );
    // the instances that were given back don't count as free yet.
    const third = trainOf(await study.record(second, NO_ROOM, 20));
    await study.complete(third, 0.5, 90);
    expect((await study.trial(1)).attempts).toMatchObject([
      { attempt: 1, outcome: { billableSeconds: 7 } },
      { attempt: 3, tries: 1, outcome: { billableSeconds: 60 } },
    ]);
    expect((await study.finish()).cost.instanceSeconds).toBe(67);
  });
});

describe('with several instance types', () => {
  const [A, B, C] = ['ml.g5.xlarge', 'ml.g4dn.xlarge', 'ml.m5.xlarge'];
  const withTypes = (...instanceTypes: string[]) =>
    opened({ maxTrials: 100, maxParallelTrials: 20, compute: { ...TUNER.compute, instanceTypes } });

  test('each is tried in its order before a slot waits, and then the one that was full the longest ago', async () => {
    const study = await withTypes(A, B, C);
    const types: (string | undefined)[] = [];
    let answer: NextAnswer = await study.next(1, 0, 0);
    for (let seconds = 10; answer.action === 'train'; seconds += 10) {
      types.push(answer.instanceType);
      answer = await study.record(answer, NO_ROOM, seconds, 1);
    }
    expect(types).toEqual([A, B, C]);
    expect(answer).toMatchObject({
      action: 'wait',
      until: at(90),
      reason: `there is no room for another training job on ${A} or ${B} or ${C}`,
    });

    for (let i = 0; i < 4; i++) {
      const { turn, until } = waitOf(answer);
      const again: TrainAnswer = trainOf(await study.next(1, turn + 1, secondsOf(until)));
      types.push(again.instanceType);
      answer = await study.record(again, NO_ROOM, secondsOf(until) + 1, 1);
    }
    expect(types.slice(3)).toEqual([A, B, C, A]);
  });

  test('a slot stays on the type that it has given back, as long as those before it are full', async () => {
    const study = await withTypes(A, B);
    const onB = trainOf(await study.record(await study.train(), NO_ROOM, 10));
    expect(onB.instanceType).toBe(B);
    const next = trainOf(await study.complete(onB, 0.5, 600));
    expect(next).toMatchObject({ trial: 2, instanceType: B });
    expect(await study.complete(next, 0.5, 700)).toMatchObject({ action: 'train', trial: 3, instanceType: A });
  });

  test('instances of another type are not tried again as if they had been given back', async () => {
    const study = await withTypes(A, B);
    const onB = trainOf(await study.record(await study.train(), NO_ROOM, 10));
    const onA = trainOf(await study.complete(onB, 0.5, 700));
    expect(onA.instanceType).toBe(A);
    expect(await study.record(onA, NO_ROOM, 705)).toMatchObject({ action: 'train', instanceType: B });
  });

  test('in one job, all of them need room', async () => {
    const instanceGroups = [
      { instanceType: A, instanceCount: 1 },
      { instanceType: B, instanceCount: 2 },
    ];
    const compute = { ...TUNER.compute, instanceTypes: [A, B], instanceGroups };
    const study = await opened({ compute });
    const answer = await study.train();
    expect(answer.instanceType).toBeUndefined();
    expect(await study.record(answer, NO_ROOM, 10)).toMatchObject({
      action: 'wait',
      reason: `there is no room for another training job on ${A} or ${B}`,
    });
    await study.store.room.noteRoom(A, Date.parse(at(20)));
    expect(await study.next(1, 0, 21)).toMatchObject({ action: 'wait', reason: expect.stringMatching(`on ${B}$`) });
    await study.store.room.noteRoom(B, Date.parse(at(20)));
    expect(await study.next(2, 0, 22)).toMatchObject({ action: 'train' });
  });
});

describe('with an instance type that is searched', () => {
  const [SMALL, BIG] = ['ml.m5.xlarge', 'ml.p5.48xlarge'];
  const searched = (initialConfigurations: TunerDefinition['initialConfigurations']) =>
    opened({
      searchSpace: [...TUNER.searchSpace, { name: 'type', type: 'categorical', values: [SMALL, BIG] }],
      initialConfigurations,
      compute: { ...TUNER.compute, instanceTypes: [SMALL, BIG], instanceTypeParameter: 'type' },
    });

  test('a trial waits for its own type, and others go on meanwhile', async () => {
    const study = await searched([{ type: BIG }, { type: SMALL }, { type: SMALL }]);
    const [big, small] = [await study.train(0), await study.train(1)];
    expect([big.instanceType, small.instanceType]).toEqual([BIG, SMALL]);
    // the slot itself goes on with what has room.
    const other = trainOf(await study.record(big, NO_ROOM, 10));
    expect(other).toMatchObject({ trial: 3, instanceType: SMALL });
    expect(await study.trial(1)).toMatchObject({ state: 'QUEUED' });
    // ten minutes later there may be room again.
    expect(await study.record(small, completed(), 609, 1)).toMatchObject({ action: 'train', trial: 4 });
    expect(await study.record(other, completed(), 610)).toMatchObject({ action: 'train', trial: 1, instanceType: BIG });
  });

  test('a slot waits in the queue where nothing else is left', async () => {
    const study = await searched([{ type: BIG }]);
    study.tuner = { ...study.tuner, maxTrials: 1 };
    await study.resume(0);
    const big = await study.train();
    const reason = `there is no room for another training job on ${BIG}`;
    expect(await study.record(big, NO_ROOM, 10)).toEqual({ action: 'wait', turn: 1, until: at(70), reason });
    const again = trainOf(await study.next(0, 2, 70));
    expect(again).toMatchObject({ trial: 1, attempt: 2, instanceType: BIG });
    expect(await study.record(again, NO_ROOM, 71)).toMatchObject({ action: 'wait', until: at(131) });
  });

  test('a slot takes a waiting trial of the type that it has given back', async () => {
    const study = await searched([{ type: BIG }, { type: BIG }, { type: SMALL }]);
    const [one, two] = [await study.train(0), await study.train(1)];
    await study.record(two, NO_ROOM, 10, 1);
    expect(await study.complete(one, 0.5, 20)).toMatchObject({ action: 'train', trial: 2, instanceType: BIG });
  });
});

test('an attempt that ran tells of room on its own type only', async () => {
  const study = await opened({ compute: { ...TUNER.compute, instanceTypes: ['ml.a.x', 'ml.b.x'] } });
  const onB = trainOf(await study.record(await study.train(), NO_ROOM, 10));
  await study.record(onB, completed(), 20);
  expect(await study.store.room.noRoomSince('ml.a.x', Date.parse(at(21)))).toBe(Date.parse(at(10)));
});
