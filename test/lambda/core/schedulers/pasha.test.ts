import * as fc from 'fast-check';
import { AshaPromotion } from '../../../../lambda/core/schedulers/asha-promotion';
import { Pasha } from '../../../../lambda/core/schedulers/pasha';
import { rungLevels } from '../../../../lambda/core/schedulers/rungs';
import {
  ScheduleContext,
  ScheduledTrial,
  Scheduler,
  entryAt,
  highestRung,
} from '../../../../lambda/core/schedulers/scheduler';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { PashaDefinition } from '../../../../lib/contract/tuner-definition';
import { Curve, simulate, studies } from '../../../support/scheduler-trials';

const definition: PashaDefinition = { name: 'pasha', minResource: 1, maxResource: 27, reductionFactor: 3 };

const RUNGS = [1, 3, 9, 27];

interface TrialOptions extends Partial<ScheduledTrial> {
  readonly violations?: readonly number[];
}

/** A trial with these losses at resource 1, 2, 3, ... or of each objective. */
function trialWith(losses: readonly (number | readonly number[])[], options: TrialOptions = {}): ScheduledTrial {
  const { violations, ...partial } = options;
  return {
    trial: 1,
    configuration: {},
    state: 'paused',
    failed: false,
    bracket: 0,
    target: losses.length,
    curve: losses.map((loss, i) => ({
      resource: i + 1,
      losses: typeof loss === 'number' ? [loss] : loss,
      ...(violations && { violations }),
      ...(RUNGS.includes(i + 1) && { rung: i + 1 }),
    })),
    ...partial,
  };
}

const contextOf = (trials: readonly ScheduledTrial[], partial: Partial<ScheduleContext> = {}): ScheduleContext => ({
  space: new SearchSpace([{ name: 'x', type: 'constant', value: 1 }]),
  seed: 1,
  trials: trials.map((trial, i) => ({ ...trial, trial: i + 1 })),
  objectives: 1,
  maxTrials: trials.length,
  maxParallelTrials: 4,
  startUp: 0,
  ...partial,
});

const ceilingOf = (trials: readonly ScheduledTrial[], partial: Partial<ScheduleContext> = {}) =>
  new Pasha(definition).ceiling(contextOf(trials, partial));

describe('the ceiling', () => {
  test('is the second rung at first', () => {
    expect(ceilingOf([])).toBe(3);
    expect(ceilingOf([trialWith([1]), trialWith([2])])).toBe(3);
    expect(ceilingOf([trialWith([1]), trialWith([2, 2], { state: 'running', target: 3 })])).toBe(3);
  });

  test('stays where the ranking is the same as at the rung below', () => {
    expect(ceilingOf([trialWith([1, 1, 1]), trialWith([2, 2, 2]), trialWith([0])])).toBe(3);
  });

  test('is raised by a rung where the ranking has changed', () => {
    expect(ceilingOf([trialWith([1, 1, 2]), trialWith([2, 2, 1])])).toBe(9);
  });

  test('is where trials have got to or are on their way to, whatever is below', () => {
    const settled = [trialWith([1, 1, 1]), trialWith([2, 2, 2])];
    expect(ceilingOf([...settled, trialWith([3, 3, 3], { state: 'running', target: 9 })])).toBe(9);
    const up = (first: number, last: number) => trialWith([first, first, first, 0, 0, 0, 0, 0, last]);
    expect(ceilingOf([up(1, 1), up(2, 2)])).toBe(9);
    expect(ceilingOf([up(1, 2), up(2, 1)])).toBe(27);
  });

  test('is never beyond the maximum', () => {
    const long = (loss: number) => trialWith(Array<number>(27).fill(loss), { state: 'ended' });
    expect(ceilingOf([long(1), long(2)])).toBe(27);
    const one = new Pasha({ ...definition, minResource: 27 });
    expect(one.ceiling(contextOf([]))).toBe(27);
    expect(one.next(contextOf([], { maxTrials: 1 }))).toEqual({ action: 'start', bracket: 0, target: 27 });
  });

  test('leaves failed trials out', () => {
    expect(ceilingOf([trialWith([1, 1, 2]), trialWith([2, 2, 1], { failed: true, state: 'ended' })])).toBe(3);
  });

  test('is above the first rung of which the start-up allows', () => {
    expect(ceilingOf([], { startUp: 1 })).toBe(9);
    expect(ceilingOf([], { startUp: 100 })).toBe(27);
  });
});

describe('noise', () => {
  // reports at 4 to 9 between the rungs 3 and 9; the two of a pair swap places at the rung above.
  const before = [5, 5];
  const level = (at3: number, ...rest: number[]) => [...before, at3, ...rest];

  test('trials may swap places that are as close as those whose curves cross and cross again', () => {
    const noisy = [trialWith(level(10, 1, 2, 1, 2, 1, 2)), trialWith(level(10.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5))];
    // at resource 9 they are 0.5 apart, and have crossed before: ε = 0.5.
    expect(ceilingOf(noisy)).toBe(9);
    const farther = [trialWith(level(10, 1, 2, 1, 2, 1, 2)), trialWith(level(10.6, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5))];
    expect(ceilingOf(farther)).toBe(27);
  });

  test('curves that cross once are no noise', () => {
    const once = [trialWith(level(1, 1, 1, 1, 1, 1, 2)), trialWith(level(1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5))];
    expect(ceilingOf(once)).toBe(27);
  });

  test('is neither measured on trials that diverge nor where trials were not compared beyond the rung below', () => {
    // these two swap places without noise, far below and above the others.
    const swap = [trialWith([1, 1, 1, 1, 1, 1, 1, 1, 2]), trialWith([1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5])];
    const diverged = [
      trialWith([101, 102, 101, 101, 101, 101, 101, 101, 101]),
      trialWith([102, 101, 102, 102, 102, 102, 102, 102, Infinity]),
      // and these are a little apart where they cross.
      trialWith([201, 202, 201, 201, 201, 201, 201, 201, 201]),
      trialWith([201.1, 201.1, 201.1, 201.1, 201.1, 201.1, 201.1, 201.1, 201.1]),
    ];
    expect(ceilingOf([...swap, ...diverged])).toBe(27);
    const crossing = (first: number, second: number, last: number) => {
      const { curve, ...trial } = trialWith([first, second, first]);
      return { ...trial, target: 9, curve: [...curve, { resource: last, losses: [first] }] };
    };
    expect(ceilingOf([...swap, crossing(101, 102, 4), crossing(102, 101, 5)])).toBe(27);
    expect(ceilingOf([...swap, crossing(101, 102, 4), crossing(102, 101, 4)])).toBe(9);
  });

  test('is the 90th percentile of such differences', () => {
    // pairs that cross three times, each far from the others: 1, 2, ..., 10 apart at resource 9, so that ε is 9.1.
    const pairs = (swapped: number) =>
      Array.from({ length: 10 }, (_, i) => {
        const [base, apart] = [1000 * i, i + 1];
        const [low, high] = [base, base + apart];
        const turn = (a: number, b: number) => [a, b, a, b, a, b];
        const at3 = i === 4 ? [base + swapped, base] : [low, high];
        return [trialWith([low, low, at3[0], ...turn(high, low)]), trialWith([low, low, at3[1], ...turn(low, high)])];
      }).flat();
    expect(ceilingOf(pairs(9))).toBe(9);
    expect(ceilingOf(pairs(9.2))).toBe(27);
  });

  test('is of each objective by itself', () => {
    const noisy = (second: number) => [
      trialWith([
        [5, 0],
        [5, 0],
        [10, second],
        [1, 0],
        [2, 0],
        [1, 0],
        [2, 0],
        [1, 0],
        [2, 0.1],
      ]),
      trialWith([
        [5, 0],
        [5, 0],
        [10.5, 0.5],
        [1.5, 0],
        [1.5, 0],
        [1.5, 0],
        [1.5, 0],
        [1.5, 0],
        [1.5, 0],
      ]),
    ];
    expect(ceilingOf(noisy(0.5), { objectives: 2 })).toBe(9);
    expect(ceilingOf(noisy(0), { objectives: 2 })).toBe(27);
  });

  test('trials that break a constraint are alike', () => {
    const broken = (losses: number[], worst: number): ScheduledTrial => {
      const trial = trialWith(losses, { violations: [1] });
      return { ...trial, curve: trial.curve.map((point) => ({ ...point, violations: [point.losses[0] + worst] })) };
    };
    expect(ceilingOf([broken([1, 1, 2], 0), broken([2, 2, 1], 0)])).toBe(3);
    const oneMeets = trialWith([9, 9, 9], { violations: [0] });
    expect(ceilingOf([broken([1, 1, 2], 0), oneMeets])).toBe(3);
  });
});

describe('a study', () => {
  const losses = Array.from({ length: 30 }, (_, i) => ((i * 7) % 30) / 30);
  const settled: Curve[] = losses.map((loss) => Array<number>(27).fill(loss));
  const unsettled: Curve[] = losses.map((loss, i) =>
    Array.from({ length: 27 }, (_, at) => (at < 2 ? loss : at < 8 ? -loss : i * 1e-6)),
  );

  const study = (curves: Curve[], scheduler: Scheduler = new Pasha(definition)) =>
    simulate(scheduler, { curves, workers: 3, maxTrials: 30, maxResource: 27 });

  test('of trials that rank the same all along trains none beyond the second rung', () => {
    const { trials, rungs } = study(settled);
    expect(Math.max(...trials.map(({ curve }) => curve.length))).toBe(3);
    expect(rungs.get(1)).toHaveLength(30);
    expect(rungs.get(3)!.length).toBeGreaterThanOrEqual(10);
  });

  test('of trials whose ranking changes from rung to rung trains as ASHA does', () => {
    const asha = new AshaPromotion({ ...definition, name: 'asha', mode: 'promote', brackets: 1 });
    const longest = ({ trials }: ReturnType<typeof study>) => Math.max(...trials.map(({ curve }) => curve.length));
    expect(longest(study(unsettled))).toBe(longest(study(unsettled, asha)));
  });

  test('a trial is the first to go beyond the ceiling only where the ranking has changed', () => {
    fc.assert(
      fc.property(studies(), fc.constantFrom(2, 3), (options, reductionFactor) => {
        const rungs = { minResource: 1, maxResource: options.maxResource, reductionFactor };
        const levels = rungLevels(rungs);
        const { trials, steps } = simulate(new Pasha({ ...rungs, name: 'pasha' }), options);
        expect(trials).toHaveLength(options.maxTrials);
        expect(trials.every(({ state }) => state !== 'running')).toBe(true);
        for (const { step, context } of steps) {
          if (step.action !== 'resume') continue;
          const known = context.trials.filter(({ failed }) => !failed);
          const top = levels.indexOf(step.target!);
          const isFirst = known.every((trial) => Math.max(highestRung(trial), trial.target ?? 0) < step.target!);
          if (!isFirst || top < 2) continue;
          expect(orderAt(known, levels[top - 1], levels[top - 2])).not.toEqual(
            orderAt(known, levels[top - 1], levels[top - 1]),
          );
        }
      }),
      { numRuns: 80 },
    );
  });
});

/** The trials of a rung in the order of their losses at another one. */
function orderAt(trials: readonly ScheduledTrial[], rung: number, at: number): number[] {
  return trials
    .filter((trial) => entryAt(trial, rung) && entryAt(trial, at))
    .map((trial) => ({ trial: trial.trial, loss: entryAt(trial, at)!.losses[0] }))
    .sort((a, b) => (a.loss === b.loss ? a.trial - b.trial : a.loss - b.loss))
    .map(({ trial }) => trial);
}
