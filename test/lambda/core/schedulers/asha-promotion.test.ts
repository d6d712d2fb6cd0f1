import * as fc from 'fast-check';
import { AshaPromotion, firstTarget } from '../../../../lambda/core/schedulers/asha-promotion';
import { bracketLevels } from '../../../../lambda/core/schedulers/brackets';
import { ScheduleContext, ScheduledTrial, entryAt, highestRung } from '../../../../lambda/core/schedulers/scheduler';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { AshaDefinition } from '../../../../lib/contract/tuner-definition';
import {
  Curve,
  Reported,
  Simulation,
  SimulationOptions,
  studies,
  simulate,
  stepLines,
} from '../../../support/scheduler-trials';

const definition: AshaDefinition = {
  name: 'asha',
  mode: 'promote',
  minResource: 1,
  maxResource: 9,
  reductionFactor: 3,
  brackets: 1,
};

/** A study of trials with constant losses, or curves. */
function study(
  losses: readonly (Reported | Curve)[],
  options: Partial<SimulationOptions> = {},
  rule = definition,
): Simulation {
  return simulate(new AshaPromotion(rule), {
    curves: losses.map((loss) =>
      Array.isArray(loss) && loss.length === rule.maxResource
        ? (loss as Curve)
        : Array<Reported>(rule.maxResource).fill(loss as Reported),
    ),
    workers: 1,
    maxTrials: losses.length,
    maxResource: rule.maxResource,
    ...options,
  });
}

/** Trials that go on, and to where. */
const promotions = ({ steps }: Simulation) =>
  steps.flatMap(({ step }) => (step.action === 'resume' ? [`${step.trial} -> ${step.target}`] : []));

/** A trial with these losses at the rungs 1, 3 and 9. */
const trialWith = (
  trial: number,
  losses: readonly number[],
  partial: Partial<ScheduledTrial> = {},
): ScheduledTrial => ({
  trial,
  configuration: {},
  state: 'paused',
  failed: false,
  bracket: 0,
  target: 3 ** (losses.length - 1),
  curve: losses.map((loss, i) => ({ resource: 3 ** i, losses: [loss], rung: 3 ** i })),
  ...partial,
});

const contextOf = (trials: readonly ScheduledTrial[], partial: Partial<ScheduleContext> = {}): ScheduleContext => ({
  space: new SearchSpace([{ name: 'x', type: 'constant', value: 1 }]),
  seed: 1,
  trials,
  objectives: 1,
  maxTrials: trials.length,
  maxParallelTrials: 4,
  startUp: 0,
  ...partial,
});

const nextOf = (trials: readonly ScheduledTrial[], partial: Partial<ScheduleContext> = {}) =>
  new AshaPromotion(definition).next(contextOf(trials, partial));

const openOf = (trials: readonly ScheduledTrial[], partial: Partial<ScheduleContext> = {}) =>
  new AshaPromotion(definition).openSteps(contextOf(trials, partial));

describe('worked examples', () => {
  test('the promotions of the ASHA paper: nine trials, η = 3, r = 1, R = 9, one worker', () => {
    // as in its figure 2: trials 1, 6 and 8 are promoted, and of them trial 8 to the end.
    const eighth = [0.35, ...Array<number>(8).fill(0.1)];
    const losses = [0.3, 0.5, 0.6, 0.7, 0.8, 0.2, 0.9, eighth, 1];
    expect(stepLines(study(losses))).toEqual([
      't=0 w1 start 1 -> 1',
      't=1 w1 start 2 -> 1',
      't=2 w1 start 3 -> 1',
      't=3 w1 resume 1 -> 3',
      't=5 w1 start 4 -> 1',
      't=6 w1 start 5 -> 1',
      't=7 w1 start 6 -> 1',
      't=8 w1 resume 6 -> 3',
      't=10 w1 start 7 -> 1',
      't=11 w1 start 8 -> 1',
      't=12 w1 start 9 -> 1',
      't=13 w1 resume 8 -> 3',
      't=15 w1 resume 8 -> 9',
      't=21 w1 none',
    ]);
  });

  test('as many trials come to each rung as in its table: 9 to 1, 3 to 3 and 1 to 9', () => {
    const { rungs, trials } = study([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...rungs].map(([rung, reached]) => [rung, reached.length])).toEqual([
      [1, 9],
      [3, 3],
      [9, 1],
    ]);
    expect(trials.reduce((sum, { curve }) => sum + curve.length, 0)).toBe(9 * 1 + 3 * 2 + 1 * 6);
  });

  test('a trial that leads its rung goes on, even if worse ones did before', () => {
    // from the third trial on each leads the rung as soon as it gets there; the fifth is the best of three at rung 3.
    expect(promotions(study([6, 5, 4, 3, 2, 1]))).toEqual(['3 -> 3', '4 -> 3', '5 -> 3', '5 -> 9', '6 -> 3', '6 -> 9']);
  });

  test('four workers: slots that have nothing to do wait until the round ends', () => {
    const lines = stepLines(study([1, 2, 3, 4], { workers: 4 }));
    expect(lines).toEqual([
      't=0 w1 start 1 -> 1',
      't=0 w2 start 2 -> 1',
      't=0 w3 start 3 -> 1',
      't=0 w4 start 4 -> 1',
      't=1 w1 wait',
      't=1 w2 wait',
      't=1 w3 resume 1 -> 3',
      't=1 w4 wait',
      't=3 w3 none',
    ]);
  });
});

describe('a free slot', () => {
  test('resumes from the highest rung first', () => {
    const trials = [
      trialWith(1, [1, 3]),
      trialWith(2, [2, 2]),
      trialWith(3, [3, 1]),
      ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((loss) => trialWith(loss, [loss])),
    ];
    // four of rung 1 go on, three of which have; one of rung 3.
    expect(nextOf(trials)).toMatchObject({ action: 'resume', trial: 3, target: 9 });
    expect(openOf(trials)).toBe(2);
    const running = trials.map((trial) => (trial.trial === 3 ? { ...trial, state: 'running' as const } : trial));
    expect(nextOf(running)).toMatchObject({ action: 'resume', trial: 4, target: 3 });
  });

  test('resumes the best of several', () => {
    const trials = [4, 3, 1, 2, 5, 6].map((loss, i) => trialWith(i + 1, [loss]));
    expect(nextOf(trials)).toEqual({
      action: 'resume',
      trial: 3,
      target: 3,
      reason: 'place 1 of 6 trials at resource 1, of which the best 2 go on',
    });
    expect(openOf(trials)).toBe(2);
  });

  test('starts a new trial if none is due, up to the limit', () => {
    const trials = [1, 2].map((loss) => trialWith(loss, [loss]));
    expect(nextOf(trials, { maxTrials: 3 })).toEqual({ action: 'start', bracket: 0, target: 1 });
    expect(openOf(trials, { maxTrials: 3 })).toBe(1);
    expect(nextOf(trials)).toMatchObject({ action: 'none' });
    expect(openOf(trials)).toBe(0);
  });

  test('waits while running trials may still change what is due', () => {
    const paused = [1, 2].map((loss) => trialWith(loss, [loss]));
    expect(nextOf([...paused, trialWith(3, [], { state: 'running', target: 1 })])).toMatchObject({ action: 'wait' });
    // should it fail, another one leads.
    const last = trialWith(3, [0, 0], { state: 'running', target: 9 });
    expect(nextOf([...paused, last])).toMatchObject({ action: 'wait' });
    expect(nextOf([{ ...last, trial: 1 }])).toMatchObject({ action: 'none' });
  });

  test('counts the trials that have gone on or ended, but none that failed', () => {
    const others = [
      trialWith(1, [1, 1], { state: 'running', target: 9 }),
      trialWith(2, [2], { state: 'ended' }),
      ...[4, 5, 6].map((loss, i) => trialWith(i + 3, [loss])),
    ];
    // two of six: trial 1 has gone on and trial 2 can't, so that the next one isn't due.
    expect(nextOf([...others, trialWith(6, [7])])).toMatchObject({ action: 'wait' });
    const failed = others.map((trial) => (trial.trial === 2 ? { ...trial, failed: true } : trial));
    expect(nextOf([...failed, trialWith(6, [7]), trialWith(7, [8])])).toMatchObject({ action: 'resume', trial: 3 });
  });

  test('gives the trials of a bracket its rungs, and compares them with each other only', () => {
    const rule = { ...definition, brackets: 3 };
    const asha = new AshaPromotion(rule);
    const second = (trial: number, loss: number) =>
      trialWith(trial, [], { bracket: 1, target: 3, curve: [{ resource: 3, losses: [loss], rung: 3 }] });
    const trials = [trialWith(1, [1]), trialWith(2, [2]), second(3, 0), second(4, 0)];
    expect(asha.next(contextOf(trials))).toMatchObject({ action: 'none' });
    expect(asha.next(contextOf([...trials, second(5, -1)]))).toMatchObject({ action: 'resume', trial: 5, target: 9 });
    const starts = Array.from({ length: 60 }, (_, n) => {
      const step = asha.next(contextOf(trials.slice(0, n % 2), { seed: n, maxTrials: 100 }));
      return step.action === 'start' ? `${step.bracket} -> ${step.target}` : step.action;
    });
    expect(new Set(starts)).toEqual(new Set(['0 -> 1', '1 -> 3', '2 -> 9']));
  });

  test('is told the same whatever a diverged trial shows', () => {
    const trials = [Infinity, 2, Infinity].map((loss, i) => trialWith(i + 1, [loss]));
    expect(nextOf(trials)).toMatchObject({ action: 'resume', trial: 2 });
  });
});

describe('the start-up of an attempt', () => {
  test('new trials skip the rungs that are shorter than twice of it, but for the last below the maximum', () => {
    expect([0, 0.5, 0.6, 1.5, 1.6, 4, 100].map((startUp) => firstTarget([1, 3, 9, 27], startUp))).toEqual([
      1, 1, 3, 3, 9, 9, 9,
    ]);
    expect(firstTarget([9], 1)).toBe(9);
  });

  test('trials that paused before it was known skip them as well', () => {
    const trials = [1, 2, 3].map((loss) => trialWith(loss, [loss]));
    const context = contextOf(trials, { startUp: 4 });
    const rule = { ...definition, maxResource: 81 };
    expect(new AshaPromotion(rule).next(context)).toMatchObject({ action: 'resume', trial: 1, target: 9 });
  });

  test('trials that pass a rung without a pause are compared there', () => {
    const { steps, rungs } = study([1, 2, 3, 4, 5, 6], { knownStartUp: 1 });
    expect(steps.map(({ step }) => ('target' in step ? step.target : 0))).toEqual([3, 3, 3, 9, 3, 3, 3, 9, 0]);
    expect(rungs.get(1)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('a report', () => {
  const asha = new AshaPromotion(definition);
  const at = (resource: number, target: number | undefined, curve: ScheduledTrial['curve'] = []) => ({
    trial: 1,
    bracket: 0,
    target,
    curve,
    point: { resource, losses: [1] },
    best: 1,
  });

  test('pauses the trial at its target and ends it beyond the maximum', () => {
    expect(asha.decide(at(2, 3)).decision).toBe('continue');
    expect(asha.decide(at(3, 3))).toEqual({
      decision: 'pause',
      reason: 'has come to resource 3, where it is compared with others',
    });
    expect(asha.decide(at(5, 3)).decision).toBe('pause');
    expect(asha.decide(at(8, 9)).decision).toBe('continue');
    expect(asha.decide(at(9, 9)).decision).toBe('continue');
    expect(asha.decide(at(10, 9))).toEqual({ decision: 'stop', reason: 'has trained beyond the maximum resource 9' });
    expect(asha.decide(at(10, 3)).decision).toBe('stop');
    expect(asha.decide(at(8, undefined)).decision).toBe('continue');
  });

  test('reaches the highest rung since the last one, once', () => {
    expect(asha.rungOf(at(0.5, 1))).toBeUndefined();
    expect(asha.rungOf(at(1, 1))).toBe(1);
    expect(asha.rungOf(at(4, 3, [{ resource: 2, losses: [1], rung: 1 }]))).toBe(3);
    expect(asha.rungOf(at(5, 9, [{ resource: 4, losses: [1], rung: 3 }]))).toBeUndefined();
    expect(asha.rungOf(at(20, 3))).toBe(9);
    expect(asha.rungOf({ ...at(2, 3), bracket: 1 })).toBeUndefined();
  });

  test('a little short of a rung counts for it, but not again beyond it', () => {
    const short = 3 * (1 - 1e-12);
    expect(asha.rungOf(at(short, 3))).toBe(3);
    expect(asha.decide(at(short, 3)).decision).toBe('pause');
    expect(asha.rungOf(at(4, 9, [{ resource: short, losses: [1], rung: 3 }]))).toBeUndefined();
  });
});

describe('other than by one loss', () => {
  test('of several objectives those go on that no other trial beats, far from each other', () => {
    const losses = [
      [5, 5],
      [1, 9],
      [6, 6],
      [2, 8.5],
      [9, 1],
      [7, 7],
    ];
    expect(promotions(study(losses, { objectives: 2, workers: 6 }))).toEqual(['2 -> 3', '5 -> 3']);
  });

  test('trials that break a constraint go on only if too few meet it, the least broken first', () => {
    const losses = [
      { losses: [1], violations: [0.2] },
      { losses: [2], violations: [0.1] },
      { losses: [9], violations: [-1] },
      { losses: [3], violations: [0.3] },
      { losses: [3], violations: [0.4] },
      { losses: [3], violations: [0.5] },
    ];
    expect(promotions(study(losses))).toEqual(['3 -> 3', '2 -> 3']);
  });
});

describe('any study', () => {
  const drawn = studies().chain((options) =>
    fc.record({
      options: fc.constant(options),
      rule: fc.record({
        name: fc.constant('asha' as const),
        mode: fc.constant('promote' as const),
        minResource: fc.integer({ min: 1, max: 3 }),
        maxResource: fc.constant(options.maxResource),
        reductionFactor: fc.constantFrom(2, 3, 1.5),
        brackets: fc.constantFrom(1, 1, 3),
      }),
    }),
  );

  /** The other trials of its bracket that have reached a rung: how many, and how many of them are better or equal. */
  const standing = (trials: readonly ScheduledTrial[], trial: number, rung: number) => {
    const { bracket } = trials[trial - 1];
    const own = entryAt(trials[trial - 1], rung)!;
    const others = trials
      .filter((other) => other.bracket === bracket && other.trial !== trial && !other.failed)
      .flatMap((other) => entryAt(other, rung) ?? []);
    const better = others.filter(({ losses }) => losses[0] < own.losses[0]).length;
    const equal = others.filter(({ losses }) => losses[0] === own.losses[0]).length;
    return { entries: others.length + 1, better, equal };
  };

  test('only trials among the best 1/η of their rung go on, each to the rung above', () => {
    fc.assert(
      fc.property(drawn, ({ options, rule }) => {
        for (const { step, context } of simulate(new AshaPromotion(rule), options).steps) {
          if (step.action !== 'resume') continue;
          const trial = context.trials[step.trial - 1];
          const rung = highestRung(trial);
          const { entries, better } = standing(context.trials, step.trial, rung);
          expect(better).toBeLessThan(Math.floor(entries / rule.reductionFactor + 1e-9));
          const levels = bracketLevels(rule, trial.bracket);
          expect(step.target).toBe(levels[levels.indexOf(rung) + 1]);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('no slot waits before all trials have started, and in the end no promotion is left', () => {
    fc.assert(
      fc.property(drawn, ({ options, rule }) => {
        const { steps, trials } = simulate(new AshaPromotion(rule), options);
        expect(trials).toHaveLength(options.maxTrials);
        for (const { step, context } of steps) {
          if (step.action === 'wait') expect(context.trials).toHaveLength(options.maxTrials);
        }
        for (const trial of trials) {
          expect(trial.state).not.toBe('running');
          if (trial.state !== 'paused') continue;
          const { entries, better, equal } = standing(trials, trial.trial, highestRung(trial));
          // those that are as good may have taken the places.
          expect(better + equal).toBeGreaterThanOrEqual(Math.floor(entries / rule.reductionFactor + 1e-9));
        }
      }),
      { numRuns: 100 },
    );
  });

  test('with enough trials all workers are busy until the last one has started', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.infiniteStream(fc.double({ min: 0.5, max: 2, noNaN: true })),
        (workers, paces) => {
          const pace = [...paces.take(60)];
          const losses = pace.map((one, i) => (one * 1e4 * (i + 1)) % 1);
          const { steps } = study(losses, { workers, pace: (trial) => pace[trial - 1] });
          const lastStart = Math.max(...steps.filter(({ step }) => step.action === 'start').map((step) => step.time));
          expect(steps.filter(({ step, time: at }) => step.action === 'wait' && at < lastStart)).toEqual([]);
        },
      ),
      { numRuns: 15 },
    );
  });

  test('no trial trains the same resource twice, but for attempts that break off', () => {
    fc.assert(
      fc.property(drawn, ({ options, rule }) => {
        const { reports } = simulate(new AshaPromotion(rule), { ...options, breaksAfter: undefined });
        expect(new Set(reports.map(({ trial, resource }) => `${trial} ${resource}`)).size).toBe(reports.length);
      }),
    );
  });
});
