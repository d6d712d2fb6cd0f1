import * as fc from 'fast-check';
import { AttemptOutcome, NextAnswer, TrainAnswer } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { currentAttempt } from '../../../../lambda/core/store/records';
import { spendingOf } from '../../../../lambda/core/study/spending';
import { StudyStore } from '../../../../lambda/core/store/study-store';
import { nextTrial } from '../../../../lambda/core/study/next';
import { Crash, FaultyItemTable } from '../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { committedUsd, computeWith } from '../../../support/lambda-money';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { NO_ROOM, TestStudy, at, completed, trainOf } from '../../../support/lambda-study';

withoutWaiting();

/** A study whose instances cost a tenth of a cent a second. */
const opened = (tuner: Partial<TunerDefinition> = {}, compute: Partial<TunerDefinition['compute']> = {}) =>
  TestStudy.opened(new MemoryItemTable(), {
    maxTrials: 100,
    maxParallelTrials: 10,
    compute: computeWith(compute),
    ...tuner,
  });

const attemptOf = async (study: TestStudy, trial: number) => currentAttempt(await study.trial(trial));
const lasted = async (
  study: TestStudy,
  answer: TrainAnswer,
  seconds: number,
  slot = 0,
  time = 0,
): Promise<NextAnswer> => {
  await study.report(answer, 1, 0.5, time);
  return study.record(answer, completed(seconds), time, slot);
};

describe('of a spending cap', () => {
  test('the first trial alone may take all, and its record says what is kept for it', async () => {
    const study = await opened({ maxSpendUsd: 10 });
    expect(await study.train()).toMatchObject({ maxRuntimeSeconds: 10_000 });
    const { limitedBy, reservedUsd } = await attemptOf(study, 1);
    expect([limitedBy, reservedUsd]).toEqual(['maxSpendUsd', expect.closeTo(10)]);
  });

  test('no trial takes more than its own maximum', async () => {
    const study = await opened({ maxSpendUsd: 100 });
    expect(await study.train()).toMatchObject({ maxRuntimeSeconds: 86_400 });
    const { limitedBy, reservedUsd } = await attemptOf(study, 1);
    expect([limitedBy, reservedUsd]).toEqual([undefined, expect.closeTo(86.4)]);
  });

  test.each([
    [2, 'train'],
    [1.999, 'wait'],
  ])(
    'beside a first trial, another one needs a whole maximum: with %d dollars they %s',
    async (maxSpendUsd, action) => {
      const study = await opened({ maxSpendUsd }, { maxRuntimeSeconds: 1000 });
      await study.train(0);
      expect(await study.next(1, 0, 5)).toMatchObject({ action });
    },
  );

  test('a slot for which there is none waits ten minutes while others run, and is told why', async () => {
    const study = await opened({ maxSpendUsd: 10 });
    await study.train(0);
    const wait = {
      action: 'wait',
      turn: 0,
      until: at(605),
      reason:
        "what is left of the $10.00 of maxSpendUsd isn't enough for another trial: $0.00 are spent, and running trials may still cost $10.00",
    };
    expect(await study.next(1, 0, 5)).toEqual(wait);
    expect(await study.next(1, 0, 5)).toEqual(wait);
    expect(await study.trials()).toHaveLength(1);
  });

  test('each later trial takes twice what the longest took, and at last a tenth more than that', async () => {
    const study = await opened({ maxSpendUsd: 4.101 });
    const next = trainOf(await lasted(study, await study.train(), 1000));
    expect(next.maxRuntimeSeconds).toBe(2000);
    // a dollar is spent and two are kept: the third may take all the rest.
    expect(await study.train(1)).toMatchObject({ maxRuntimeSeconds: 1101 });
    expect(await attemptOf(study, 3)).toMatchObject({ limitedBy: 'maxSpendUsd', reservedUsd: expect.closeTo(1.101) });

    const less = await opened({ maxSpendUsd: 4.099 });
    await lasted(less, await less.train(), 1000);
    expect(await less.next(1)).toMatchObject({ action: 'wait' });
  });

  test.each([
    [3, 'train'],
    [2.999, 'wait'],
  ])('but never more than the longest that is allowed: of %d dollars', async (maxSpendUsd, action) => {
    const study = await opened({ maxSpendUsd }, { maxRuntimeSeconds: 1000 });
    const second = trainOf(await lasted(study, await study.train(), 1000));
    expect(second.maxRuntimeSeconds).toBe(1000);
    expect(await study.next(1)).toMatchObject({ action });
  });

  test.each([
    [0.07, 60],
    [0.0699, undefined],
  ])('nothing starts for less than a minute: of %d dollars', async (maxSpendUsd, granted) => {
    const study = await opened({ maxSpendUsd });
    const next = await lasted(study, await study.train(), 10);
    expect(next.action === 'train' ? next.maxRuntimeSeconds : undefined).toBe(granted);
  });

  test('where money is plenty, nobody is cut short: each may take its share of what is left', async () => {
    const study = await opened({ maxSpendUsd: 51 });
    // after a trial of 1,000 seconds, 50,000 are left for ten slots.
    const second = trainOf(await lasted(study, await study.train(), 1000));
    expect(second.maxRuntimeSeconds).toBe(5000);
    // and 45,000 for nine.
    expect(await study.train(1)).toMatchObject({ maxRuntimeSeconds: 5000 });
  });

  test('how long a trial took that failed says nothing', async () => {
    const study = await opened({ maxSpendUsd: 11 }, { maxRuntimeSeconds: 9000 });
    const first = await study.train();
    const crash = { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1', billableSeconds: 10 };
    expect(await study.record(first, crash, 20)).toMatchObject({ action: 'train', maxRuntimeSeconds: 9000 });
  });

  test('what is granted counts for others before the trial exists, until its slot must have died', async () => {
    const study = await opened({ maxSpendUsd: 10 });
    const table = new FaultyItemTable(study.table);
    // the grant, the place in the queue of starts, the trial: it dies before the third.
    table.arm({ write: 3, when: 'before' });
    const request = { study: study.name, run: 1, round: 1, slot: 0, turn: 0, at: at(0) };
    await expect(nextTrial(request, new StudyStore(table), study.services)).rejects.toThrow(Crash);
    expect(await study.trials()).toEqual([]);
    expect(await study.next(1, 0, 900)).toMatchObject({
      action: 'wait',
      reason: expect.stringContaining('cost $10.00'),
    });
    // the same slot asks again, and gets what it was granted.
    expect(await study.next(0, 0, 0)).toMatchObject({ action: 'train', trial: 1, maxRuntimeSeconds: 10_000 });

    const other = await opened({ maxSpendUsd: 10 });
    const dying = new FaultyItemTable(other.table);
    dying.arm({ write: 3, when: 'before' });
    await expect(nextTrial(request, new StudyStore(dying), other.services)).rejects.toThrow(Crash);
    expect(await other.next(1, 0, 901)).toMatchObject({ action: 'train', trial: 1, maxRuntimeSeconds: 10_000 });
  });

  test('of many slots that ask at once, no two are granted the same money', async () => {
    const study = await opened({ maxSpendUsd: 10.5, maxParallelTrials: 20 }, { maxRuntimeSeconds: 1000 });
    await lasted(study, await study.train(), 500);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, slot) => study.next(slot + 1, 0, 10)));
    const granted = answers.flatMap((answer) => (answer.action === 'train' ? [answer.maxRuntimeSeconds] : []));
    // ten dollars are left, of which the first slot has got one already.
    expect(granted).toHaveLength(9);
    expect(committedUsd(await study.studyRecord(), await study.trials())).toBeLessThanOrEqual(10.5 + 1e-9);
  });

  test('when nothing runs and too little is left, the study ends and says so', async () => {
    const study = await opened({ maxSpendUsd: 1.5 });
    const reason =
      "what is left of the $1.50 of maxSpendUsd isn't enough for another trial: $1.00 are spent, and running trials may still cost $0.00";
    expect(await lasted(study, await study.train(), 1000)).toEqual({ action: 'none', reason });
    expect(await study.next(1)).toEqual({ action: 'none', reason });
    expect(await study.review(9)).toEqual({ complete: true, reason });
    expect(await study.finish(9)).toMatchObject({
      status: 'SUCCEEDED',
      reason,
      cost: { usd: 1, maxSpendUsd: 1.5 },
    });
  });

  test('when all is spent, the study ends and says so', async () => {
    const study = await opened({ maxSpendUsd: 1 });
    expect(await lasted(study, await study.train(), 1000)).toMatchObject({ action: 'none' });
    expect(await study.review(9)).toEqual({ complete: true, reason: 'the $1.00 of maxSpendUsd are spent' });
  });

  test('a trial that waits in the queue ends with the money too', async () => {
    const study = await opened({ maxSpendUsd: 1.2005 });
    const broken = { status: 'Failed', failureReason: 'InternalServerError', billableSeconds: 1000 };
    const again = trainOf(await study.record(await study.train(), broken));
    expect(again).toMatchObject({ trial: 1, maxRuntimeSeconds: 200 });
    expect(await study.record(again, { ...broken, billableSeconds: 150 }, 5)).toMatchObject({ action: 'none' });
    expect(await study.trial(1)).toMatchObject({ state: 'QUEUED' });
    expect(await study.review(9)).toMatchObject({ complete: true, reason: expect.stringContaining('maxSpendUsd') });
    expect((await study.finish(9)).trials).toMatchObject({ unfinished: 1 });
  });

  test('a resume with a higher cap goes on, and what was spent before counts', async () => {
    const study = await opened({ maxSpendUsd: 1 });
    await lasted(study, await study.train(), 1000);
    await study.resume(60, 'arn:execution-2', { maxSpendUsd: 3 });
    expect(await study.train(0, 0, 60)).toMatchObject({ trial: 2, maxRuntimeSeconds: 2000 });
  });

  test('a start that found no room gives back what was kept for it', async () => {
    const study = await opened({ maxSpendUsd: 10 });
    await study.record(await study.train(), NO_ROOM, 10);
    expect(spendingOf(await study.studyRecord(), await study.trials())).toEqual({
      instanceSeconds: 0,
      usd: 0,
      reservedUsd: 0,
    });
  });

  test('instances count, by type and by number', async () => {
    const groups = [
      { instanceType: 'ml.m5.xlarge', instanceCount: 3 },
      { instanceType: 'ml.g5.xlarge', instanceCount: 1 },
    ];
    const study = await opened({ maxSpendUsd: 10 }, { instanceGroups: groups });
    // three at a tenth of a cent and one at two tenths.
    expect(await study.train()).toMatchObject({ maxRuntimeSeconds: 2000 });
    const double = await opened({ maxSpendUsd: 10 }, { instanceCount: 2 });
    expect(await double.train()).toMatchObject({ maxRuntimeSeconds: 5000 });
  });

  test('what is kept holds the time for which instances are kept', async () => {
    const study = await opened({ maxSpendUsd: 10 }, { keepAliveSeconds: 600 });
    expect(await study.train()).toMatchObject({ maxRuntimeSeconds: 9400 });
    expect(await attemptOf(study, 1)).toMatchObject({ reservedUsd: expect.closeTo(10) });
  });

  test('a type that costs more is given less time, once its fallback is taken', async () => {
    const study = await opened({ maxSpendUsd: 10 }, { instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'] });
    const again = trainOf(await study.record(await study.train(), NO_ROOM, 10));
    expect(again).toMatchObject({ instanceType: 'ml.g5.xlarge', maxRuntimeSeconds: 5000 });
  });

  test('an open study knows the price of all that it may run on', async () => {
    const compute = computeWith({ instanceTypes: ['ml.m5.xlarge', 'ml.p5.48xlarge'] });
    await expect(TestStudy.opened(new MemoryItemTable(), { maxSpendUsd: 1, compute })).rejects.toMatchObject({
      name: 'InvalidStudyInput',
      message: expect.stringMatching(/^maxSpendUsd needs the price of ml\.p5\.48xlarge; give pricePerInstanceHour/),
    });
    await expect(TestStudy.opened(new MemoryItemTable(), { compute })).resolves.toBeDefined();
  });
});

describe('with a scheduler that knows the resource', () => {
  const RUNGS = { minResource: 1, maxResource: 9, reductionFactor: 3 };
  const scheduler = { name: 'asha', mode: 'stop', brackets: 1, ...RUNGS } as const;

  test('an attempt is likely to take its units at the slowest pace of all, and what starting takes', async () => {
    const tuner = { maxSpendUsd: 10, maxParallelTrials: 100, scheduler: { ...scheduler, mode: 'promote' as const } };
    const study = await opened(tuner, { maxRuntimeSeconds: 5000 });
    const train = async (answer: TrainAnswer, accuracy: number) => {
      // the first of its epochs after 100 seconds, and then one every 50.
      const resource = answer.maxResource!;
      const start = (Date.parse(answer.startAt) - Date.parse(at(0))) / 1000;
      await study.report(answer, resource / 2, accuracy, start + 100);
      await study.report(answer, resource, accuracy, start + 150);
      return trainOf(await study.record(answer, completed(160), start + 170));
    };
    const first = await study.train(0);
    expect(first).toMatchObject({ maxResource: 1, maxRuntimeSeconds: 5000 });
    const second = await train(first, 0.9);
    // a unit takes 100 seconds; beside it, an attempt takes 60.
    expect(second).toMatchObject({ trial: 2, maxResource: 1, maxRuntimeSeconds: 320 });
    const third = await train(second, 0.5);
    // the best of three goes on from 1 to 3: two units.
    expect(await train(third, 0.4)).toMatchObject({ trial: 1, attempt: 2, maxResource: 3, maxRuntimeSeconds: 520 });
  });

  test('a trial that runs tells of its pace by its reports', async () => {
    const study = await opened({ maxSpendUsd: 10, scheduler }, { maxRuntimeSeconds: 9000 });
    const first = await study.train(0);
    await study.report(first, 1, 0.9, 100);
    expect(await study.next(1, 0, 100)).toMatchObject({ action: 'wait' });
    await study.report(first, 2, 0.9, 150);
    // 50 seconds to begin and as many for each of nine units, twice: of the dollar that is left.
    expect(await study.next(1, 1, 700)).toMatchObject({ action: 'train', maxRuntimeSeconds: 1000 });
  });
});

describe('the end of the study’s time', () => {
  test.each([
    [0, 3600, 'maxDuration'],
    [3539, 61, 'maxDuration'],
    [3540, 60, 'maxDuration'],
    // less than a minute would not be worth a start: it is stopped when it reports.
    [3599, 60, 'maxDuration'],
  ])('limits a trial that starts %d seconds after its begin to %d', async (seconds, granted, limitedBy) => {
    const study = await opened({ maxDurationSeconds: 3600 });
    expect(await study.train(0, 0, seconds)).toMatchObject({ maxRuntimeSeconds: granted });
    expect(await attemptOf(study, 1)).toMatchObject({ limitedBy });
  });

  test('does not limit one that ends before', async () => {
    const study = await opened({ maxDurationSeconds: 3600 }, { maxRuntimeSeconds: 3000 });
    expect(await study.train(0, 0, 600)).toMatchObject({ maxRuntimeSeconds: 3000 });
    expect((await attemptOf(study, 1)).limitedBy).toBeUndefined();
  });

  test('is what a trial reads that was limited by it, and one by the cap that, and else to raise maxRuntime', async () => {
    const timedOut = { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded', billableSeconds: 1 };
    const messages: (string | undefined)[] = [];
    for (const limits of [{ maxDurationSeconds: 3600 }, { maxSpendUsd: 10 }, {}]) {
      const study = await opened(limits);
      await study.record(await study.train(), timedOut, 10);
      messages.push((await study.trial(1)).message);
    }
    expect(messages).toEqual([
      'the training job reached the end of maxDuration',
      'the training job reached the runtime that was its share of what is left of maxSpendUsd',
      'the training job reached its maximum runtime; raise maxRuntime, or train for less',
    ]);
  });

  test('leaves spot the time to wait, but not beyond it', async () => {
    const spot = { spot: true, maxRuntimeSeconds: 3600, maxWaitSeconds: 5400 };
    const limited = await opened({ maxDurationSeconds: 3000 }, spot);
    expect(await limited.train(0, 0, 0)).toMatchObject({ maxRuntimeSeconds: 3000, maxWaitSeconds: 4800 });
    expect(await limited.train(1, 0, 2000)).toMatchObject({ maxRuntimeSeconds: 1000, maxWaitSeconds: 2000 });
    const capped = await opened({ maxSpendUsd: 2 }, spot);
    expect(await capped.train()).toMatchObject({ maxRuntimeSeconds: 2000, maxWaitSeconds: 3800 });
    const unlimited = await opened({}, spot);
    expect(await unlimited.train()).toMatchObject({ maxRuntimeSeconds: 3600, maxWaitSeconds: 5400 });
  });
});

describe('whatever trials cost, whatever is lost', () => {
  type Step = { kind: 'end'; slot: number; share: number; how: number } | { kind: 'lose'; share: number; how: number };
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        slot: fc.nat({ max: 4 }),
        share,
        how: fc.nat({ max: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), share, how: fc.nat({ max: 2 }) }) },
  );

  const endings = (billableSeconds: number): AttemptOutcome[] => [
    { status: 'Completed', billableSeconds, metrics: [{ MetricName: 'accuracy', Value: 0.5 }] },
    { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1', billableSeconds },
    { status: 'Failed', failureReason: 'InternalServerError', billableSeconds },
    { status: 'Stopped', secondaryStatus: 'Interrupted', billableSeconds, trainingSeconds: billableSeconds * 2 },
    NO_ROOM,
    { error: 'SageMaker.AmazonSageMakerException', cause: 'InternalFailure' },
  ];

  test('what is spent and what may still be spent never pass the cap', async () => {
    const compute = fc.record(
      {
        instanceTypes: fc.constantFrom<string[][]>(['ml.m5.xlarge'], ['ml.m5.xlarge', 'ml.g5.xlarge']),
        instanceCount: fc.integer({ min: 1, max: 3 }),
        maxRuntimeSeconds: fc.integer({ min: 60, max: 5000 }),
        keepAliveSeconds: fc.integer({ min: 1, max: 600 }),
      },
      { requiredKeys: ['instanceTypes', 'instanceCount', 'maxRuntimeSeconds'] },
    );
    // of what one trial may take at most.
    const cap = fc.double({ min: 0.1, max: 8, noNaN: true });
    await fc.assert(
      fc.asyncProperty(cap, compute, fc.array(step, { maxLength: 40 }), async (share, drawn, steps) => {
        const maxSpendUsd = share * drawn.maxRuntimeSeconds * drawn.instanceCount * 0.001;
        const study = await opened({ maxSpendUsd, maxTrials: 1000, maxParallelTrials: 5 }, drawn);
        let slots: { held?: TrainAnswer; turn: number; over?: boolean }[] = Array.from({ length: 5 }, () => ({
          turn: 0,
        }));
        let seconds = 0;
        for (const [i, one] of steps.entries()) {
          seconds += 30;
          if (one.kind === 'lose') {
            for (const { held } of slots) {
              if (held === undefined || one.how === 2) continue;
              const billableSeconds = Math.floor(held.maxRuntimeSeconds * one.share);
              study.jobs.add(held.jobName, { status: one.how === 0 ? 'InProgress' : 'Completed', billableSeconds });
            }
            await study.resume(seconds, `arn:execution-${i + 2}`);
            slots = slots.map(() => ({ turn: 0 }));
          } else {
            const slot = slots[one.slot];
            if (slot.over) continue;
            const { held, turn } = slot;
            const answer =
              held === undefined
                ? await study.next(one.slot, turn, seconds)
                : await study.record(
                    held,
                    endings(Math.floor(held.maxRuntimeSeconds * one.share))[one.how],
                    seconds,
                    one.slot,
                  );
            slots[one.slot] = {
              turn: turn + 1,
              held: answer.action === 'train' ? answer : undefined,
              over: answer.action === 'none',
            };
            if (answer.action === 'train') expect(answer.turn).toBe(turn);
          }
          const [record, trials] = [await study.studyRecord(), await study.trials()];
          expect(committedUsd(record, trials)).toBeLessThanOrEqual(maxSpendUsd + 1e-9);
          const { usd, reservedUsd } = spendingOf(record, trials);
          expect(usd! + reservedUsd).toBeLessThanOrEqual(maxSpendUsd + 1e-9);
          for (const { state, attempts } of trials) {
            const { instanceType, instanceCount, maxRuntimeSeconds, reservedUsd: kept } = attempts.at(-1)!;
            if (state !== 'RUNNING') continue;
            const price = (instanceType === 'ml.g5.xlarge' ? 0.002 : 0.001) * instanceCount!;
            expect(kept).toBeCloseTo((maxRuntimeSeconds! + (drawn.keepAliveSeconds ?? 0)) * price, 9);
            expect(maxRuntimeSeconds).toBeGreaterThanOrEqual(60);
            expect(maxRuntimeSeconds).toBeLessThanOrEqual(drawn.maxRuntimeSeconds);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
