import * as fc from 'fast-check';
import { AttemptOutcome } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { TrialRecord, hasEnded } from '../../../../lambda/core/store/records';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { computeWith } from '../../../support/lambda-money';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { Fate, LOST_TASK, MAX_TRIALS, NO_FATE, World } from '../../../support/lambda-world';

const fate: fc.Arbitrary<Fate> = fc.record({
  faults: fc.array(fc.record({ write: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom('before', 'after') }), {
    maxLength: 3,
  }),
  twice: fc.boolean(),
});

const seconds = fc.integer({ min: 1, max: 100 });
const outcome: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  seconds.map((billableSeconds) => ({
    status: 'Completed',
    billableSeconds,
    metrics: [{ MetricName: 'accuracy', Value: 0.5 }],
  })),
  seconds.map((billableSeconds) => ({ status: 'Completed', billableSeconds })),
  seconds.map((billableSeconds) => ({
    status: 'Failed',
    failureReason: 'AlgorithmError: exit code: 1',
    billableSeconds,
  })),
  seconds.map((billableSeconds) => ({ status: 'Failed', failureReason: 'InternalServerError', billableSeconds })),
  seconds.map((billableSeconds) => ({ status: 'Stopped', secondaryStatus: 'Stopped', billableSeconds })),
  fc.constant({ error: 'SageMaker.ResourceLimitExceededException', cause: 'quota' }),
);
const ending = fc.oneof({ weight: 5, arbitrary: outcome }, { weight: 1, arbitrary: fc.constant(LOST_TASK) });
const leftJob = fc.oneof(
  outcome.filter(({ status }) => status !== undefined),
  seconds.map((billableSeconds) => ({ status: 'InProgress', billableSeconds })),
  fc.constant(undefined),
);

/** One instance type or two, without a spending cap or with one for some of the trials. */
const tuner: fc.Arbitrary<Partial<TunerDefinition>> = fc
  .record({
    instanceTypes: fc.constantFrom<string[][]>(['ml.m5.xlarge'], ['ml.m5.xlarge', 'ml.g5.xlarge']),
    maxSpendUsd: fc.option(fc.double({ min: 0.05, max: 1, noNaN: true }), { nil: undefined }),
  })
  .map(({ instanceTypes, maxSpendUsd }) => ({
    maxSpendUsd,
    compute: computeWith({ instanceTypes, maxRuntimeSeconds: 100 }),
  }));

type Event =
  | { kind: 'step'; slot: number; outcome: AttemptOutcome; job: AttemptOutcome | undefined; fate: Fate }
  | { kind: 'report'; slot: number; accuracy: number; fate: Fate }
  | { kind: 'together'; outcome: AttemptOutcome; job: AttemptOutcome | undefined; fates: Fate[] }
  | { kind: 'loseSlot'; slot: number; job: AttemptOutcome | undefined }
  | { kind: 'review'; job: AttemptOutcome | undefined; fate: Fate }
  | { kind: 'abort'; job: AttemptOutcome | undefined; fate: Fate };

const slot = fc.nat({ max: 2 });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('step' as const), slot, outcome: ending, job: leftJob, fate }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      slot,
      accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
      fate,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('together' as const),
      outcome: ending,
      job: leftJob,
      fates: fc.array(fate, { minLength: 3, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loseSlot' as const), slot, job: leftJob }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('review' as const), job: leftJob, fate }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), job: leftJob, fate }) },
);

async function happen(world: World, happening: Event): Promise<void> {
  switch (happening.kind) {
    case 'step':
      return world.step(happening.slot, happening.outcome, happening.fate, happening.job);
    case 'report':
      return world.report(happening.slot, happening.accuracy, happening.fate);
    case 'together':
      await Promise.all(
        happening.fates
          .slice(0, world.slotCount)
          .map((one, index) => world.step(index, happening.outcome, one, happening.job)),
      );
      return;
    case 'loseSlot':
      return world.loseSlot(happening.slot, happening.job);
    case 'review':
      // the barrier: what still runs then has lost its slot.
      world.loseAll(happening.job);
      await world.review(happening.fate);
      return world.openRound(happening.fate);
    case 'abort':
      world.loseAll(happening.job);
      return world.open(happening.fate);
  }
}

/** What must hold at any time. */
async function check(world: World, endedBefore: Map<number, TrialRecord>): Promise<Map<number, TrialRecord>> {
  const trials = await world.trials();
  expect(trials.map(({ trial }) => trial)).toEqual(Array.from({ length: trials.length }, (_, i) => i + 1));
  expect(trials.length).toBeLessThanOrEqual(MAX_TRIALS);
  expect(new Set(world.held).size).toBe(world.held.length);
  await world.expectWithinCap();
  for (const { trial, state, attempts } of trials) {
    // starts that found no room leave no record, but their numbers aren't given again.
    const numbers = attempts.map(({ attempt }) => attempt);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(attempts.length + attempts.reduce((sum, { tries = 0 }) => sum + tries, 0));
    expect(attempts.slice(0, -1).every(({ endedAt }) => endedAt !== undefined)).toBe(true);
    // what a slot holds is running; what has ended is what it was when it ended.
    if (world.held.includes(trial)) expect(state).toBe('RUNNING');
    if (endedBefore.has(trial)) expect(trials[trial - 1]).toEqual(endedBefore.get(trial));
    for (const { attempt, outcome: recorded } of attempts) {
      if (recorded === undefined) continue;
      // a trial that was told to stop ends with its slot: its job is then not asked what it cost.
      expect(recorded.billableSeconds ?? 0).toBe(world.billed.get(`${trial}/${attempt}`) ?? 0);
    }
  }
  return new Map(trials.filter(hasEnded).map((trial) => [trial.trial, trial]));
}

/** Goes on with a machine that works until the study is complete. */
async function toTheEnd(world: World): Promise<void> {
  for (let round = 0; round < 30; round++) {
    for (let turn = 0; !world.roundIsOver && turn < 200; turn++) {
      for (let index = 0; index < world.slotCount; index++) {
        await world.report(index, 0.5, NO_FATE);
        await world.step(index, { status: 'Completed', billableSeconds: 5 }, NO_FATE);
      }
    }
    if (await world.review(NO_FATE)) return;
    await world.openRound(NO_FATE);
  }
  throw new Error('the study never ends');
}

describe('whatever crashes, in whatever order', () => {
  withoutWaiting();

  async function scenario(world: World, events: Event[], first: Fate): Promise<void> {
    await world.open(first);
    let ended = await check(world, new Map());
    for (const happening of events) {
      await happen(world, happening);
      ended = await check(world, ended);
    }
    // the study can always be finished, and counts what was recorded, once.
    world.loseAll({ status: 'InProgress' });
    await world.open(NO_FATE);
    await toTheEnd(world);
    const trials = await world.trials();
    await check(world, ended);
    const result = await world.finish(NO_FATE);
    const { completed, stoppedEarly, failed, unfinished, total } = result.trials;
    expect(completed + stoppedEarly + failed + unfinished).toBe(total);
    expect(total).toBe(trials.length);
    // where nothing works, the circuit breaker may end the study early; a spending cap ends it when it may.
    if (world.isCapped) expect(total).toBeLessThanOrEqual(MAX_TRIALS);
    else if (completed + stoppedEarly > 0) expect([total, unfinished]).toEqual([MAX_TRIALS, 0]);
    else expect(failed).toBeGreaterThanOrEqual(5);
    // each job is paid, and none twice.
    expect(result.cost.instanceSeconds).toBe([...world.billed.values()].reduce((sum, one) => sum + one, 0));
  }

  test('no trial is lost, shared or counted twice', async () => {
    await fc.assert(
      fc.asyncProperty(tuner, fc.array(event, { maxLength: 25 }), fate, (drawn, events, first) =>
        scenario(new World(new MemoryItemTable(), drawn), events, first),
      ),
      { numRuns: 250 },
    );
  });

  test('no trial is lost, shared or counted twice when calls overtake each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        tuner,
        fc.array(
          event.filter(({ kind }) => kind !== 'report'),
          { maxLength: 15 },
        ),
        fate,
        fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 50 }),
        (drawn, events, first, delays) => {
          // each operation waits for a few turns of the event loop, as drawn.
          let operation = 0;
          const table = new MemoryItemTable(async () => {
            for (let i = delays[operation++ % delays.length]; i > 0; i--) await Promise.resolve();
          });
          return scenario(new World(table, drawn), events, first);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('what only one of two processes sees: a call that dies after its last write is answered by its retry', async () => {
  const world = new World(new MemoryItemTable());
  await world.open(NO_FATE);
  // reserve a start, create the trial, die.
  await world.step(0, {}, { faults: [{ write: 2, when: 'after' }], twice: true });
  expect(world.held).toEqual([1]);
  expect(await world.trials()).toHaveLength(1);
});
