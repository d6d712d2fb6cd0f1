import * as fc from 'fast-check';
import { Hyperband } from '../../../../lambda/core/schedulers/hyperband';
import {
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  highestRung,
} from '../../../../lambda/core/schedulers/scheduler';
import { SuccessiveHalving } from '../../../../lambda/core/schedulers/successive-halving';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Curve, Simulation, SimulationOptions, simulate, stepLines } from '../../../support/scheduler-trials';

const small = { minResource: 1, maxResource: 9, reductionFactor: 3 };

const flat = (loss: number, length: number): Curve => Array<number>(length).fill(loss);

/** A study of trials with a constant loss each. */
const run = (scheduler: Scheduler, losses: readonly number[], options: Partial<SimulationOptions> = {}) => {
  const { maxResource = 9 } = options;
  return simulate(scheduler, {
    curves: losses.map((loss) => flat(loss, maxResource)),
    workers: 1,
    maxTrials: losses.length,
    maxResource,
    ...options,
  });
};

/** The order in which trials begin and go on, as `trial -> target`. */
const order = ({ steps }: Simulation) =>
  steps.flatMap(({ step, trial }) => ('target' in step ? [`${trial} -> ${step.target}`] : []));

const context = (trials: readonly ScheduledTrial[], maxTrials: number): ScheduleContext => ({
  space: new SearchSpace([]),
  seed: 1,
  trials,
  objectives: 1,
  maxTrials,
  maxParallelTrials: 4,
  startUp: 0,
});

/** A trial that has reported its loss at some resources, the rungs among them marked. */
const trial = (
  number: number,
  state: ScheduledTrial['state'],
  target: number | undefined,
  loss: number,
  resources: readonly number[],
  more: Partial<ScheduledTrial> = {},
): ScheduledTrial => ({
  trial: number,
  configuration: {},
  state,
  failed: false,
  bracket: 0,
  target,
  curve: resources.map((resource) => ({
    resource,
    losses: [loss],
    ...([1, 3, 9].includes(resource) && { rung: resource }),
  })),
  ...more,
});

const report = (target: number | undefined, resource: number, before: readonly number[] = []): ScheduledReport => ({
  trial: 1,
  bracket: 0,
  target,
  curve: before.map((earlier) => ({ resource: earlier, losses: [1] })),
  point: { resource, losses: [1] },
  best: 1,
});

describe('successive halving in rounds', () => {
  test('nine trials, three, one: rung by rung, the best first', () => {
    expect(order(run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4]))).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `${number} -> 1`),
      '5 -> 3',
      '3 -> 3',
      '7 -> 3',
      '5 -> 9',
    ]);
  });

  test('a rung begins when all of the one before have come to it', () => {
    const study = run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4], { workers: 4 });
    expect(stepLines(study)).toEqual([
      ...[1, 2, 3, 4].map((slot) => `t=0 w${slot} start ${slot} -> 1`),
      ...[5, 6, 7, 8].map((number) => `t=1 w${number - 4} start ${number} -> 1`),
      't=2 w1 start 9 -> 1',
      't=2 w2 wait',
      't=2 w3 wait',
      't=2 w4 wait',
      't=3 w1 resume 5 -> 3',
      // the round is over for the others: with the next one they come back.
      't=5 w1 resume 3 -> 3',
      't=7 w1 resume 7 -> 3',
      't=9 w1 resume 5 -> 9',
      't=15 w1 none',
    ]);
  });

  test('a new round opens as many steps as trials go on', () => {
    const trials = [5, 9, 2, 8, 1, 7, 3, 6, 4].map((loss, i) => trial(i + 1, 'paused', 1, loss, [1]));
    const scheduler = new SuccessiveHalving(small);
    expect(scheduler.openSteps(context(trials, 9))).toBe(3);
    expect(scheduler.next(context(trials, 9))).toEqual({
      action: 'resume',
      trial: 5,
      target: 3,
      reason: 'among the best 3 of 9 trials at resource 1',
    });
  });

  test('after one bracket another begins with new trials', () => {
    const study = run(new SuccessiveHalving(small), [1, 2, 3, 4, 5, 6, 7, 8, 9, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
    expect(order(study).slice(13)).toEqual([
      ...[10, 11, 12, 13, 14, 15, 16, 17, 18].map((number) => `${number} -> 1`),
      // compared with each other only: all are worse than those of the first bracket.
      '18 -> 3',
      '17 -> 3',
      '16 -> 3',
      '18 -> 9',
    ]);
    expect(study.trials.map(({ bracket }) => bracket)).toEqual([...Array(9).fill(0), ...Array(9).fill(1)]);
  });

  test('a last bracket that is cut short is halved too', () => {
    expect(order(run(new SuccessiveHalving(small), [...flat(9, 9), 3, 1, 2, 4] as number[])).slice(13)).toEqual([
      '10 -> 1',
      '11 -> 1',
      '12 -> 1',
      '13 -> 1',
      '11 -> 3',
      '11 -> 9',
    ]);
  });

  test('a study of a single trial trains it in full', () => {
    expect(order(run(new SuccessiveHalving(small), [1]))).toEqual(['1 -> 1', '1 -> 3', '1 -> 9']);
  });

  test('nothing is trained twice', () => {
    const { steps, reports } = run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4], { workers: 3 });
    expect(new Set(reports.map((entry) => `${entry.trial}/${entry.resource}`)).size).toBe(reports.length);
    expect(reports).toHaveLength(9 + 3 * 2 + 6);
    expect(steps.filter(({ step }) => step.action === 'resume').map(({ from }) => from)).toEqual([1, 1, 1, 3]);
  });

  test('failed trials take no part, not even in how many go on', () => {
    const study = run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4], {
      failsAfter: (number) => ([1, 3, 5, 7].includes(number) ? 0 : undefined),
    });
    expect(order(study).slice(9)).toEqual(['9 -> 3', '9 -> 9']);
  });

  test('a trial that fails after it has gone on keeps its place at the rung before', () => {
    const study = run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4], {
      failsAfter: (number) => (number === 5 ? 2 : undefined),
    });
    expect(order(study).slice(9)).toEqual(['5 -> 3', '3 -> 3', '7 -> 3', '3 -> 9']);
  });

  test('if all of a rung fail, the next bracket begins', () => {
    const study = run(new SuccessiveHalving(small), Array<number>(10).fill(1), {
      failsAfter: (number) => (number < 10 ? 0 : undefined),
    });
    expect(order(study).slice(9)).toEqual(['10 -> 1', '10 -> 3', '10 -> 9']);
  });

  test('a trial that ends by itself is ranked by its last result and leaves its place to nobody', () => {
    const study = run(new SuccessiveHalving({ ...small, minResource: 3, maxResource: 27 }), [], {
      curves: [5, 9, 2, 8, 1, 7, 3, 6, 4].map((loss, i) => flat(loss, i === 4 ? 2 : 27)),
      maxTrials: 9,
      maxResource: 27,
    });
    // trial 5 is the best of rung 3 and of rung 9.
    expect(order(study).slice(9)).toEqual(['3 -> 9', '7 -> 9']);
  });

  test('an attempt that is repeated from the start changes nothing of what was handed out', () => {
    const losses = [5, 9, 2, 8, 1, 7, 3, 6, 4];
    const trials = losses.map((loss, i) => trial(i + 1, 'paused', 1, loss, [1]));
    // trial 5 went on, but its checkpoint was lost, and trial 3 runs and has failed meanwhile.
    trials[4] = trial(5, 'running', 3, 1, []);
    trials[2] = trial(3, 'ended', 3, 2, [1], { failed: true });
    const scheduler = new SuccessiveHalving(small);
    expect(scheduler.next(context(trials, 9))).toMatchObject({ action: 'resume', trial: 7, target: 3 });
    expect(scheduler.openSteps(context(trials, 9))).toBe(1);
    trials[6] = trial(7, 'running', 3, 3, [1]);
    expect(scheduler.next(context(trials, 9)).action).toBe('wait');
  });

  test('a trial that has reported but not yet ended is waited for', () => {
    const trials = [trial(1, 'paused', 1, 1, [1]), trial(2, 'paused', 1, 2, [1]), trial(3, 'running', 1, 3, [1])];
    const scheduler = new SuccessiveHalving(small);
    expect(scheduler.next(context(trials, 3))).toEqual({
      action: 'wait',
      reason: 'trials still on their way to the rung at 1: 1',
    });
    expect(scheduler.openSteps(context(trials, 3))).toBe(0);
  });

  test('coarse reports that pass a rung count for it, and what is trained already is not trained again', () => {
    const study = run(new SuccessiveHalving(small), [5, 9, 2, 8, 1, 7, 3, 6, 4], { every: 4 });
    // the first report comes at 4, which is beyond rungs 1 and 3.
    expect(order(study).slice(9)).toEqual(['5 -> 9']);
  });

  test('a study that is given more trials after its last bracket was cut goes on with a new bracket', () => {
    const scheduler = new SuccessiveHalving(small);
    const done = run(scheduler, [1, 2, 3]).trials;
    expect(scheduler.next(context(done, 20))).toEqual({ action: 'start', target: 1, bracket: 1 });
    expect(scheduler.openSteps(context(done, 20))).toBe(9);
    // one that hasn't gone beyond its first rung is filled up.
    const first = [1, 2, 3].map((number) => trial(number, 'paused', 1, number, [1]));
    expect(scheduler.next(context(first, 20))).toEqual({ action: 'start', target: 1, bracket: 0 });
    expect(scheduler.openSteps(context(first, 20))).toBe(6);
  });

  test('trials that another scheduler let train to their end are results of a bracket that is over', () => {
    const scheduler = new SuccessiveHalving(small);
    const trials = [1, 2, 3, 4].map((number) => trial(number, 'ended', undefined, number, [2, 5, 8]));
    expect(scheduler.next(context(trials, 20))).toEqual({ action: 'start', target: 1, bracket: 1 });
    const running = [...trials, trial(5, 'running', undefined, 5, [2])];
    expect(scheduler.next(context(running, 20)).action).toBe('wait');
  });

  test('only the newest bracket is filled up', () => {
    const trials = [1, 2].map((number) => trial(number, 'ended', 1, number, [], { failed: true }));
    trials.push(trial(3, 'paused', 1, 3, [1], { bracket: 2 }));
    expect(new SuccessiveHalving(small).next(context(trials, 20))).toEqual({ action: 'start', target: 1, bracket: 2 });
  });

  test('of several objectives the trials of the first front go on', () => {
    const reported = [[1, 9], [9, 1], [9, 9], [5, 5], [8, 8], [7, 7]]; // prettier-ignore
    const study = run(new SuccessiveHalving(small), [], {
      curves: reported.map((losses) => Array<number[]>(9).fill(losses)),
      objectives: 2,
      maxTrials: 6,
    });
    const resumed = order(study).slice(6, 8);
    expect(resumed.every((step) => ['1 -> 3', '2 -> 3', '4 -> 3'].includes(step))).toBe(true);
    expect(new Set(resumed).size).toBe(2);
  });

  test('trials that miss a constraint go on only after all that meet it', () => {
    const study = run(new SuccessiveHalving(small), [], {
      curves: [1, 2, 3, 4, 5, 6].map((loss) => Array(9).fill({ losses: [loss], violations: [loss < 5 ? 1 : -1] })),
      maxTrials: 6,
    });
    expect(order(study).slice(6)).toEqual(['5 -> 3', '6 -> 3', '5 -> 9']);
  });

  test('the end says why', () => {
    const { steps } = run(new SuccessiveHalving(small), [1, 2]);
    expect(steps.at(-1)!.step).toEqual({
      action: 'none',
      reason: 'all 2 trials have been started and their brackets are over',
    });
  });
});

describe('decisions', () => {
  const scheduler = new SuccessiveHalving(small);

  test.each([
    [1, 0.5, 'continue'],
    [1, 1, 'pause'],
    [1, 2, 'pause'],
    [3, 2.9, 'continue'],
    [3, 3 - 1e-12, 'pause'],
    [9, 8, 'continue'],
    [9, 9, 'continue'],
    [9, 10, 'stop'],
    [3, 10, 'stop'],
    [undefined, 3, 'continue'],
    [undefined, 10, 'stop'],
  ])('with target %p at resource %p: %s', (target, resource, decision) => {
    expect(scheduler.decide(report(target, resource)).decision).toBe(decision);
  });

  test('say why', () => {
    expect(scheduler.decide(report(3, 3)).reason).toBe('has come to resource 3, where it is compared with others');
    expect(scheduler.decide(report(9, 10)).reason).toBe('has trained beyond the maximum resource 9');
  });

  test.each([
    [0.5, [], undefined],
    [1, [], 1],
    [2, [1], undefined],
    [3, [1, 2], 3],
    [4, [], 3],
    [9, [3, 8], 9],
  ])('at resource %p after %p the rung is %p', (resource, before, rung) => {
    expect(scheduler.rungOf(report(9, resource, before))).toBe(rung);
  });

  test('no other trials are read', () => {
    expect(scheduler.comparesAtRungs).toBe(false);
  });
});

describe('Hyperband in rounds', () => {
  test('the numbers of table 1 of the paper: R = 81, η = 3', () => {
    const trials = 81 + 34 + 15 + 8 + 5;
    const { steps } = run(
      new Hyperband({ minResource: 1, maxResource: 81, reductionFactor: 3 }),
      Array.from({ length: trials }, (_, i) => (i * 37) % trials),
      { maxResource: 81, workers: 8 },
    );
    const bracket = new Map<number, number>();
    const counts: Record<string, number> = {};
    for (const { step, trial: number } of steps) {
      if (step.action === 'start') bracket.set(number!, step.bracket!);
      if (!('target' in step)) continue;
      const key = `bracket ${bracket.get(number!)} to ${step.target}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    expect(counts).toEqual({
      'bracket 0 to 1': 81,
      'bracket 0 to 3': 27,
      'bracket 0 to 9': 9,
      'bracket 0 to 27': 3,
      'bracket 0 to 81': 1,
      'bracket 1 to 3': 34,
      'bracket 1 to 9': 11,
      'bracket 1 to 27': 3,
      'bracket 1 to 81': 1,
      'bracket 2 to 9': 15,
      'bracket 2 to 27': 5,
      'bracket 2 to 81': 1,
      'bracket 3 to 27': 8,
      'bracket 3 to 81': 2,
      'bracket 4 to 81': 5,
    });
  });

  test('after the last bracket the first one again', () => {
    const study = run(
      new Hyperband(small),
      Array.from({ length: 9 + 5 + 3 + 4 }, (_, i) => i),
    );
    const starts = study.steps.flatMap(({ step }) => (step.action === 'start' ? [[step.bracket, step.target]] : []));
    expect(starts).toEqual([
      ...Array(9).fill([0, 1]),
      ...Array(5).fill([1, 3]),
      ...Array(3).fill([2, 9]),
      ...Array(4).fill([3, 1]),
    ]);
    expect(order(study).slice(-2)).toEqual(['18 -> 3', '18 -> 9']);
  });

  test('a trial that passes a rung of other brackets has its result there kept', () => {
    const scheduler = new Hyperband(small);
    expect(scheduler.rungOf({ ...report(3, 1), bracket: 1 })).toBe(1);
    expect(scheduler.decide({ ...report(3, 1), bracket: 1 }).decision).toBe('continue');
  });
});

describe('any study in rounds', () => {
  const studies = fc.record({
    hyperband: fc.boolean(),
    definition: fc.record({
      minResource: fc.integer({ min: 1, max: 4 }),
      maxResource: fc.integer({ min: 4, max: 30 }),
      reductionFactor: fc.constantFrom(2, 2.5, 3, 4),
    }),
    losses: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 }),
    workers: fc.integer({ min: 1, max: 12 }),
    every: fc.constantFrom(1, 1, 2, 3),
    fails: fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 6 }), { minLength: 40, maxLength: 40 }),
    ends: fc.array(fc.option(fc.integer({ min: 1, max: 20 }), { freq: 6 }), { minLength: 40, maxLength: 40 }),
    breaks: fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 4 }), { minLength: 40, maxLength: 40 }),
  });

  test('starts all its trials, lets as many go on as it should, the best ones, and trains nothing twice', () => {
    fc.assert(
      fc.property(studies, ({ hyperband, definition, losses, workers, every, fails, ends, breaks }) => {
        const scheduler = hyperband ? new Hyperband(definition) : new SuccessiveHalving(definition);
        // the simulation checks that steps are open as promised, that no trial runs twice, and that the study ends.
        const { trials, steps } = simulate(scheduler, {
          curves: ({ trial: number }) => flat(losses[number - 1], ends[number - 1] ?? 40),
          workers,
          every,
          maxTrials: losses.length,
          maxResource: definition.maxResource + every,
          failsAfter: (number) => fails[number - 1] ?? undefined,
          breaksAfter: (number, attempt) => (attempt === 1 ? (breaks[number - 1] ?? undefined) : undefined),
        });
        expect(trials).toHaveLength(losses.length);
        expect(trials.every(({ state }) => state !== 'running')).toBe(true);

        for (const bracket of new Set(trials.map((one) => one.bracket))) {
          const began = steps.findIndex(({ step }) => step.action === 'start' && step.bracket === bracket);
          // a bracket begins when the one before is over.
          const before = steps.slice(began).flatMap(({ trial: number }) => number ?? []);
          expect(before.every((number) => trials[number - 1].bracket >= bracket)).toBe(true);

          // whoever goes on is no worse than one that could have gone on instead.
          for (const { step, trial: number, context: known } of steps) {
            if (step.action !== 'resume' || trials[number! - 1].bracket !== bracket) continue;
            const same = known.trials.filter((one) => one.bracket === bracket && one.state === 'paused');
            const rung = highestRung(known.trials[number! - 1]);
            const rivals = same.filter((one) => highestRung(one) === rung);
            const best = Math.min(...rivals.map((one) => losses[one.trial - 1]));
            expect(losses[number! - 1]).toBe(best);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  test('without failures each rung of a bracket gets one of η of the one before', () => {
    fc.assert(
      fc.property(studies, ({ hyperband, definition, losses, workers }) => {
        const scheduler = hyperband ? new Hyperband(definition) : new SuccessiveHalving(definition);
        const { trials } = run(scheduler, losses, { workers, maxResource: definition.maxResource });
        for (const bracket of new Set(trials.map((one) => one.bracket))) {
          const members = trials.filter((one) => one.bracket === bracket);
          const targets = members.map(({ target }) => target!).sort((a, b) => a - b);
          let reached = members.length;
          for (const level of new Set(targets)) {
            expect(targets.filter((target) => target >= level)).toHaveLength(reached);
            reached = Math.max(1, Math.floor(reached / definition.reductionFactor));
          }
          expect(targets.at(-1)).toBe(definition.maxResource);
        }
      }),
      { numRuns: 80 },
    );
  });
});
