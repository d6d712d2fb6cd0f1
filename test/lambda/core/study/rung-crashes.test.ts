import * as fc from 'fast-check';
import { AttemptOutcome } from '../../../../lib/contract/calls';
import { SchedulerDefinition } from '../../../../lib/contract/tuner-definition';
import { currentAttempt } from '../../../../lambda/core/store/records';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { Fate, MAX_TRIALS, NO_FATE, World } from '../../../support/lambda-world';

const RUNGS = { minResource: 1, maxResource: 9, reductionFactor: 3 };
const SCHEDULERS: SchedulerDefinition[] = [
  { name: 'asha', ...RUNGS, mode: 'promote', brackets: 1 },
  { name: 'asha', ...RUNGS, mode: 'promote', brackets: 2 },
  { name: 'asha', ...RUNGS, mode: 'stop', brackets: 1 },
  { name: 'pasha', ...RUNGS },
  { name: 'successiveHalving', ...RUNGS },
  { name: 'hyperband', ...RUNGS },
  {
    name: 'populationBased',
    populationSize: 4,
    interval: 3,
    maxResource: 9,
    quantile: 0.25,
    perturbation: 0.2,
    resampleProbability: 0.25,
  },
  { name: 'multiFidelity', ...RUNGS },
];

const fate: fc.Arbitrary<Fate> = fc.record({
  faults: fc.array(fc.record({ write: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom('before', 'after') }), {
    maxLength: 2,
  }),
  twice: fc.boolean(),
});
const COMPLETED: AttemptOutcome = { status: 'Completed', billableSeconds: 5 };
const ending: fc.Arbitrary<AttemptOutcome> = fc.constantFrom<AttemptOutcome[]>(
  COMPLETED,
  COMPLETED,
  COMPLETED,
  { ...COMPLETED, metrics: [{ MetricName: 'accuracy', Value: 0.5 }] },
  { status: 'Failed', failureReason: 'AlgorithmError: exit code: 1', billableSeconds: 3 },
  { status: 'Failed', failureReason: 'InternalServerError', billableSeconds: 4 },
  { status: 'Stopped', secondaryStatus: 'Interrupted', billableSeconds: 2 },
  { error: 'SageMaker.ResourceLimitExceededException', cause: 'quota' },
);
const leftJob = fc.constantFrom<(AttemptOutcome | undefined)[]>(COMPLETED, { status: 'InProgress' }, undefined);
const slot = fc.nat({ max: 2 });
const accuracy = fc.integer({ min: 0, max: 9 }).map((n) => n / 10);

type Event = (world: World) => Promise<void> | void;

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(slot, fc.array(accuracy, { minLength: 1, maxLength: 4 }), ending, fate)
      .map(([index, accuracies, outcome, one]): Event => async (world) => {
        // an attempt trains for some epochs, and ends.
        for (const value of accuracies) await world.report(index, value, one);
        await world.step(index, outcome, one);
      }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(slot, accuracy, fate).map(
      (drawn): Event =>
        (world) =>
          world.report(...drawn),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(slot, fc.nat({ max: 5 }), fate).map(
      (drawn): Event =>
        (world) =>
          world.reportAgain(...drawn),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(slot, ending, fate).map(
      (drawn): Event =>
        (world) =>
          world.step(...drawn),
    ),
  },
  {
    weight: 2,
    // promotions, stops and new trials race.
    arbitrary: fc.tuple(ending, fc.tuple(fate, fate, fate)).map(([outcome, fates]): Event => async (world) => {
      await Promise.all(fates.slice(0, world.slotCount).map((one, index) => world.step(index, outcome, one)));
    }),
  },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 5 }).map(
      (trial): Event =>
        (world) =>
          world.loseCheckpoint(trial),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(slot, leftJob).map(
      (drawn): Event =>
        (world) =>
          world.loseSlot(...drawn),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(leftJob, fate).map(([job, one]): Event => async (world) => {
      world.loseAll(job);
      await world.review(one);
      await world.openRound(one);
    }),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(leftJob, fate).map(([job, one]): Event => (world) => {
      world.loseAll(job);
      return world.open(one);
    }),
  },
);

async function check(world: World): Promise<void> {
  const trials = await world.trials();
  // none runs twice at once, none is lost.
  expect(new Set(world.held).size).toBe(world.held.length);
  expect(trials.map(({ trial }) => trial)).toEqual(trials.map((_, i) => i + 1));
  expect(trials.length).toBeLessThanOrEqual(MAX_TRIALS);
  for (const { trial, state, attempts, curve = [] } of trials) {
    if (world.held.includes(trial)) expect(state).toBe('RUNNING');
    if (state === 'PAUSED') expect(currentAttempt(trials[trial - 1]).endedAt).toBeDefined();
    expect(attempts.slice(0, -1).every(({ endedAt }) => endedAt !== undefined)).toBe(true);
    // no rung counts it twice, and its curve is one curve.
    const rungs = curve.flatMap(({ rung }) => rung ?? []);
    expect(rungs).toEqual([...new Set(rungs)].sort((a, b) => a - b));
    const resources = curve.map(({ resource }) => resource);
    expect(resources).toEqual([...new Set(resources)].sort((a, b) => a - b));
  }
  const entries = (await world.rungEntries()).map(({ rung, trial }) => `${rung}/${trial}`);
  expect(new Set(entries).size).toBe(entries.length);
}

/** Goes on with a machine that works until the study is complete. */
async function toTheEnd(world: World): Promise<void> {
  for (let round = 0; round < 60; round++) {
    for (let turn = 0; !world.roundIsOver && turn < 200; turn++) {
      for (let index = 0; index < world.slotCount; index++) {
        for (let epoch = 0; epoch < 9; epoch++) await world.report(index, 0.5, NO_FATE);
        await world.step(index, COMPLETED, NO_FATE);
      }
    }
    if (await world.review(NO_FATE)) return;
    await world.openRound(NO_FATE);
  }
  throw new Error('the study never ends');
}

describe('whatever crashes, is lost, or comes twice', () => {
  withoutWaiting();

  test.each(SCHEDULERS.map((scheduler) => [JSON.stringify(scheduler), scheduler] as const))(
    'no trial is lost, runs twice at once or counts twice at a rung: %s',
    async (_, scheduler) => {
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 20 }), fate, async (events, first) => {
          const world = new World(new MemoryItemTable(), { scheduler });
          await world.open(first);
          for (const happen of events) {
            await happen(world);
            await check(world);
          }
          world.loseAll({ status: 'InProgress' });
          await world.open(NO_FATE);
          await toTheEnd(world);
          await check(world);
          const { completed, stoppedEarly, failed, unfinished, total } = (await world.finish(NO_FATE)).trials;
          expect(completed + stoppedEarly + failed + unfinished).toBe(total);
          // a study whose first trials all fail the same way ends before the rest.
          if (failed < total - unfinished) expect(unfinished).toBe(0);
        }),
        { numRuns: scheduler.name === 'multiFidelity' ? 25 : 140 },
      );
    },
  );
});
