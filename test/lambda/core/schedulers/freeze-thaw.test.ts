import * as fc from 'fast-check';
import { Purpose, Random } from '../../../../lambda/core/random/random';
import { CurveExtrapolation } from '../../../../lambda/core/schedulers/freeze-thaw/curve-extrapolation';
import { curveValues } from '../../../../lambda/core/schedulers/freeze-thaw/curve-values';
import { firstRung } from '../../../../lambda/core/schedulers/freeze-thaw/first-rung';
import { FreezeThaw } from '../../../../lambda/core/schedulers/freeze-thaw';
import { CurvePoint, NextStep, ScheduleContext, ScheduledTrial } from '../../../../lambda/core/schedulers/scheduler';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { simulate } from '../../../support/scheduler-trials';

const LEVELS = [1, 2, 4, 8];
const space = new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
const scheduler = new FreezeThaw({ minResource: 1, maxResource: 8, reductionFactor: 2 });

/** A trial that has shown these losses at 1, 2, 4, 8. */
function trialOf(trial: number, x: number, losses: (number | number[])[], state: ScheduledTrial['state'] = 'paused') {
  const curve = losses.map((loss, i): CurvePoint => {
    return { resource: LEVELS[i], losses: [loss].flat(), rung: LEVELS[i] };
  });
  return { trial, configuration: { x }, state, failed: false, bracket: 0, target: LEVELS[losses.length - 1], curve };
}

function contextOf(trials: ScheduledTrial[], change: Partial<ScheduleContext> = {}): ScheduleContext {
  return { space, seed: 1, trials, objectives: 1, maxTrials: 50, maxParallelTrials: 4, startUp: 0, ...change };
}

/** Curves that fall by a half at each rung, from where x says. */
const falling = (trial: number, x: number, rungs: number, state?: ScheduledTrial['state']) =>
  trialOf(
    trial,
    x,
    Array.from({ length: rungs }, (_, i) => 1 + Math.abs(x - 0.3) + 2 ** -i),
    state,
  );

describe('where curves end', () => {
  const complete = Array.from({ length: 20 }, (_, i) => {
    const start = i / 10;
    return [start, start - 0.5, start - 0.8, start - 1];
  });

  test('is learned from the trials that went there, to the decimal places where they all go alike', () => {
    const { mean, variance } = new CurveExtrapolation([...complete, [0.75]], 4).toEnd([0.75], 0);
    expect(mean).toBeCloseTo(-0.25, 1);
    expect(Math.sqrt(variance)).toBeLessThan(0.5);
  });

  test('is known to be uncertain while none has gone there, and known at the end', () => {
    const short = new CurveExtrapolation(
      complete.map((values) => values.slice(0, 1)),
      4,
    );
    expect(short.toEnd([0.5], 0).variance).toBeGreaterThan(1);
    expect(new CurveExtrapolation(complete, 4).toEnd([1, 0.5, 0.2, 0], 3)).toEqual({ mean: 0, variance: 0 });
  });

  test('early values that tell nothing have no correlation with the end, later ones that do have much', () => {
    // the first value has nothing to do with the others.
    const shuffled = complete.map((values, i) => [complete[(7 * i + 3) % 20][0], ...values.slice(1)]);
    const extrapolation = new CurveExtrapolation(shuffled, 4);
    const correlations = [0, 1, 2, 3].map((rung) => extrapolation.correlation(rung));
    expect(correlations[0]).toBeLessThan(0.3);
    expect(correlations[1]).toBeGreaterThan(0.6);
    expect(correlations[3]).toBe(1);
  });

  test('early values that tell bad trials from good ones, but not good from better, have little correlation with the end', () => {
    // ten bad trials; among ten good ones the order turns round at the first step.
    const curves = Array.from({ length: 20 }, (_, i) => {
      const [start, end] = i < 10 ? [3 + i / 10, 3 + i / 10] : [(i - 10) / 10, (20 - i) / 10];
      return [start, end, end, end];
    });
    const extrapolation = new CurveExtrapolation(curves, 4);
    expect(extrapolation.correlation(0)).toBeLessThan(0.3);
    expect(extrapolation.correlation(1)).toBeGreaterThan(0.8);
  });
});

describe('the first rung', () => {
  test('is the lowest while all rungs tell as much', () => {
    expect(firstRung(100, LEVELS, [1, 1, 1, 1])).toBe(0);
  });

  test('is the first one that tells anything', () => {
    expect(firstRung(100, LEVELS, [0.1, 0.2, 0.95, 1])).toBe(2);
  });

  test('is the lowest at the very beginning', () => {
    expect(firstRung(0, LEVELS, [0.5, 0.5, 0.5, 1])).toBe(0);
  });
});

describe('values along curves', () => {
  test('one trial that diverges leaves the differences among the others', () => {
    const good = Array.from({ length: 9 }, (_, i) => trialOf(i + 1, i / 10, [1 + i / 10]));
    const { best } = curveValues([...good, trialOf(10, 1, [1e9])], LEVELS);
    expect(best[4] - best[0]).toBeGreaterThan(0.2);
  });

  test('failed trials and infinite losses have none', () => {
    const { atRungs, best } = curveValues(
      [{ ...trialOf(1, 0, [1]), failed: true }, trialOf(2, 0, [Infinity, 3]), trialOf(3, 0, [])],
      LEVELS,
    );
    expect(atRungs.map((values) => values.filter((value) => value !== undefined).length)).toEqual([0, 1, 0]);
    expect(best[0]).toBe(Infinity);
  });

  test('of several objectives are the places in one order of all', () => {
    const { best } = curveValues([trialOf(1, 0, [[1, 1]]), trialOf(2, 0, [[2, 2]]), trialOf(3, 0, [[3, 3]])], LEVELS);
    expect([...best]).toEqual([...best].sort((a, b) => a - b));
    expect(new Set(best).size).toBe(3);
  });
});

describe('a free slot', () => {
  test('starts the first eight trials by the search, at the first rung that is worth a start', () => {
    expect(scheduler.next(contextOf([]))).toEqual({ action: 'start', target: 1 });
    expect(scheduler.next(contextOf([], { startUp: 3 }))).toEqual({ action: 'start', target: 4 });
  });

  test('goes on with the most promising trial once all are started, and ends when none has a chance', () => {
    const xs = [0.05, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1, 0.1, 0.5];
    const trials = xs.map((x, i) =>
      falling(i + 1, x, x === 0.3 ? 3 : i % 3 === 0 ? 4 : 2, i % 3 === 0 && x !== 0.3 ? 'ended' : 'paused'),
    );
    const step = scheduler.next(contextOf(trials, { maxTrials: 10 }));
    expect(step).toMatchObject({ action: 'resume', trial: 3, target: 8 });
    const ended = trials.map((trial) => ({ ...trial, state: 'ended' as const }));
    expect(scheduler.next(contextOf(ended, { maxTrials: 10 }))).toMatchObject({ action: 'none' });
    expect(
      scheduler.next(contextOf([...ended.slice(1), { ...ended[0], trial: 10, state: 'running' }], { maxTrials: 10 })),
    ).toMatchObject({ action: 'wait' });
  });

  test('a new configuration is one of the space that no trial has had', () => {
    const trials = Array.from({ length: 12 }, (_, i) => falling(i + 1, i / 12, 4, 'ended'));
    const step = scheduler.next(contextOf(trials));
    expect(step.action).toBe('start');
    const { x } = (step as unknown as { configuration: { x: number } }).configuration;
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThanOrEqual(1);
    expect(trials.map(({ configuration }) => configuration.x)).not.toContain(x);
    expect(Math.abs(x - 0.3)).toBeLessThan(0.2);
  });

  test.each([4, 5, 8, 10, 12])(
    'is no near copy of the best, of which it has nine, when elsewhere little is known (%d)',
    (seed) => {
      const names = ['x', 'y', 'z'];
      const cube = new SearchSpace(
        names.map((name) => ({ name, type: 'continuous', min: 0, max: 1, scaling: 'linear' })),
      );
      const random = new Random(seed, 1, Purpose.SEARCH);
      const trials = Array.from({ length: 18 }, (_, i) => {
        const point = names.map(() => (i < 9 ? random.uniform() : 0.3 + 0.02 * random.normal()));
        const end = 1 + point.reduce((sum, coordinate) => sum + (coordinate - 0.3) ** 2, 0);
        return {
          ...trialOf(
            i + 1,
            0,
            LEVELS.map((_, rung) => end + 2 ** -rung),
            'ended',
          ),
          configuration: Object.fromEntries(names.map((name, c) => [name, point[c]])),
        };
      });
      const step = scheduler.next(contextOf(trials, { space: cube, seed })) as Extract<NextStep, { action: 'start' }>;
      expect(step.action).toBe('start');
      expect(Math.max(...names.map((name) => Math.abs(Number(step.configuration![name]) - 0.3)))).toBeGreaterThan(0.1);
    },
  );

  test('an affine change of the losses changes nothing', () => {
    const trials = [0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.95, 0.6, 0.25].map((x, i) => falling(i + 1, x, 1 + (i % 3)));
    const scaled = trials.map((trial) => ({
      ...trial,
      curve: trial.curve.map((point) => ({ ...point, losses: point.losses.map((loss) => 1024 * loss - 512) })),
    }));
    expect(scheduler.next(contextOf(scaled))).toEqual(scheduler.next(contextOf(trials)));
  });
});

test('any study ends, keeps its slots busy while trials are left to start, and breaks no contract', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }), {
        minLength: 1,
        maxLength: 12,
      }),
      fc.integer({ min: 1, max: 4 }),
      (curves, workers) => {
        const { trials } = simulate(new FreezeThaw({ minResource: 1, maxResource: 4, reductionFactor: 2 }), {
          curves,
          workers,
          maxTrials: curves.length,
          maxResource: 4,
        });
        expect(trials.length).toBe(curves.length);
      },
    ),
    { numRuns: 25 },
  );
});
