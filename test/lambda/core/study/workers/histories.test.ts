import * as fc from 'fast-check';
import { AttemptOutcome } from '../../../../../lib/contract/calls';
import { SchedulerDefinition, SearchAlgorithmDefinition } from '../../../../../lib/contract/tuner-definition';
import { withoutWaiting } from '../../../../support/lambda-no-wait';
import { Fate, NO_FATE, WorkerWorld, allEnded } from '../../../../support/lambda-worker-world';

withoutWaiting();

const MAX_TRIALS = 5;
/** What comes next can be prepared. */
const SEARCH: SearchAlgorithmDefinition = { name: 'auto' };
const RUNGS = { minResource: 1, maxResource: 9, reductionFactor: 3 };
const SCHEDULERS: SchedulerDefinition[] = [
  { name: 'none' },
  { name: 'asha', ...RUNGS, mode: 'promote', brackets: 1 },
  { name: 'asha', ...RUNGS, mode: 'stop', brackets: 1 },
];

type Event = (world: WorkerWorld) => Promise<void> | void;

const fault = fc.record({
  write: fc.integer({ min: 1, max: 4 }),
  when: fc.constantFrom('before' as const, 'after' as const),
});
const fate: fc.Arbitrary<Fate> = fc.record({
  fault: fc.option(fault, { freq: 3, nil: undefined }),
  twice: fc.boolean(),
});
const machine = fc.nat({ max: 2 });
const slot = fc.nat({ max: 1 });
const accuracy = fc.integer({ min: 0, max: 9 }).map((n) => n / 10);
const COMPLETED: AttemptOutcome = { status: 'Completed', trainingSeconds: 1 };
const outcome = fc.constantFrom<AttemptOutcome[]>(
  COMPLETED,
  COMPLETED,
  { status: 'Failed', failureReason: 'exit code: 137' },
  { status: 'Stopped', secondaryStatus: 'HandedBack' },
);
const eventOf = <T extends unknown[]>(
  weight: number,
  drawn: fc.Arbitrary<T>,
  happens: (world: WorkerWorld, ...drawn: T) => Promise<void> | void,
) => ({
  weight,
  arbitrary: drawn.map(
    (values): Event =>
      (world) =>
        happens(world, ...values),
  ),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  eventOf(4, fc.tuple(machine, fate), (world, ...drawn) => world.join(...drawn)),
  eventOf(8, fc.tuple(machine, slot, fate), (world, ...drawn) => world.next(...drawn)),
  eventOf(4, fc.tuple(machine, slot, accuracy), (world, ...drawn) => world.report(...drawn)),
  eventOf(4, fc.tuple(machine, slot, outcome, fate), (world, ...drawn) => world.record(...drawn)),
  eventOf(4, fc.tuple(machine, machine, slot), (world, ...drawn) => world.recordOfOther(...drawn)),
  eventOf(6, fc.tuple(machine, fate), (world, ...drawn) => world.heartbeat(...drawn)),
  eventOf(4, fc.tuple(machine, fate), (world, ...drawn) => world.prepare(...drawn)),
  eventOf(4, fc.tuple(fc.constantFrom(1, 30, 79, 121)), (world, seconds) => world.pass(seconds)),
  eventOf(1, fc.tuple(machine), (world, lost) => world.kill(lost)),
  eventOf(1, fc.tuple(fc.boolean()), (world, isCertain) => world.endCluster(isCertain)),
  eventOf(1, fc.tuple(fc.boolean()), (world, isStopped) => world.resume(isStopped)),
);

test.each(SCHEDULERS.map((scheduler) => [JSON.stringify(scheduler), scheduler] as const))(
  'whatever workers, clusters and executions do, no trial is lost, counts twice or is two workers’: %s',
  async (_, scheduler) => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 40, size: 'max' }), async (events) => {
        const world = await WorkerWorld.opened({ scheduler, searchAlgorithm: SEARCH, maxTrials: MAX_TRIALS });
        for (const host of [0, 1, 2]) {
          await world.join(host, NO_FATE);
          await world.next(host, 0, NO_FATE);
        }
        for (const happen of events) {
          await happen(world);
          await world.check(MAX_TRIALS);
        }
        if (world.isComplete) await world.resume(true);
        await world.toTheEnd();
        await world.check(MAX_TRIALS);
        const trials = await world.trials();
        expect(trials).toHaveLength(MAX_TRIALS);
        if (scheduler.name === 'none') expect(allEnded(trials)).toBe(true);
        // those that pause below their last rung wait for a promotion that none of the others leaves them.
        else expect(trials.filter(({ state }) => state === 'RUNNING' || state === 'QUEUED')).toEqual([]);
      }),
      { numRuns: 70 },
    );
  },
);
