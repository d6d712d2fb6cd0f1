import * as fc from 'fast-check';
import { NextAnswer } from '../../../../lib/contract/calls';
import { StudyStore } from '../../../../lambda/core/store/study-store';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { TestStudy, completed } from '../../../support/lambda-study';

withoutWaiting();

const SCHEDULER = {
  name: 'populationBased',
  populationSize: 4,
  interval: 1,
  maxResource: 3,
  quantile: 0.25,
  perturbation: 0.2,
  resampleProbability: 0.25,
} as const;

const SLOTS = [0, 1, 2, 3];

/** Four slots that each have their own function instance, with one table whose requests come through in a drawn order. */
async function raceOfSlots(schedule: fc.Scheduler, accuracies: number[][]) {
  const quiet = { now: true };
  const table = new MemoryItemTable(() => (quiet.now ? Promise.resolve() : schedule.schedule(Promise.resolve())));
  const studies: TestStudy[] = SLOTS.map(() => new TestStudy(table, { scheduler: SCHEDULER, maxTrials: 7 }));
  await studies[0].open();
  studies.forEach((study) => Object.assign(study, { run: 1, round: 1, checkpoints: studies[0].checkpoints }));
  const answers: NextAnswer[] = [];
  for (const slot of SLOTS) answers.push(await studies[slot].train(slot));

  for (const generation of accuracies) {
    for (const slot of SLOTS) {
      const answer = answers[slot];
      if (answer.action !== 'train') continue;
      studies[0].checkpoints.kept.set(answer.checkpointUri, 1);
      await studies[slot].report(answer, answer.maxResource!, generation[slot]);
    }
    quiet.now = false;
    const turns = SLOTS.map(async (slot) => {
      const answer = answers[slot];
      if (answer.action === 'train') answers[slot] = await studies[slot].record(answer, completed(), 0, slot);
    });
    await schedule.waitFor(Promise.all(turns));
    quiet.now = true;
  }
  const reader = new StudyStore(table);
  const trials = await reader.loadTrials((await reader.getStudy(studies[0].name))!);
  return { trials, running: answers.flatMap((answer) => (answer.action === 'train' ? answer.trial : [])) };
}

test('however slots race, nobody goes on in a place that a copy has taken, and no place is taken twice', async () => {
  const accuracy = fc.integer({ min: 0, max: 9 }).map((n) => n / 10);
  const generation = fc.array(accuracy, { minLength: SLOTS.length, maxLength: SLOTS.length });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(generation, { minLength: 1, maxLength: 4 }),
      async (schedule, accuracies) => {
        const { trials, running } = await raceOfSlots(schedule, accuracies);
        const places = trials.flatMap(({ replaces }) => replaces ?? []);
        expect(new Set(places).size).toBe(places.length);
        for (const place of places) expect(trials[place - 1].state).toBe('STOPPED');
        expect(new Set(running).size).toBe(running.length);
        expect(running.filter((trial) => trials[trial - 1].state !== 'RUNNING')).toEqual([]);
        // a population of four, all in a slot or at their end.
        expect(trials.length - places.length).toBe(4);
      },
    ),
    // should it ever come to no end, it says with which draw.
    { numRuns: 100, interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true },
  );
}, 240_000);
