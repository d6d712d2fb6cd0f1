import * as fc from 'fast-check';
import { Patience } from '../../../../lambda/core/schedulers/patience';
import { CurvePoint } from '../../../../lambda/core/schedulers/scheduler';
import { PatienceDefinition } from '../../../../lib/contract/tuner-definition';
import { simulate } from '../../../support/scheduler-trials';

const definition: PatienceDefinition = { name: 'patience', patience: 3, minimumImprovement: 0, gracePeriod: 1 };

const points = (losses: readonly number[], step = 1): CurvePoint[] =>
  losses.map((loss, i) => ({ resource: (i + 1) * step, losses: [loss, -i] }));

/** The decision at the last of the losses, reported at multiples of the step. */
function decide(rule: PatienceDefinition, losses: readonly number[], step = 1) {
  const curve = points(losses, step);
  const point = curve.pop()!;
  return new Patience(rule).decide({
    trial: 1,
    bracket: 0,
    target: undefined,
    curve,
    point,
    best: Math.min(...losses),
  });
}

describe('patience', () => {
  test.each([
    ['improves', [9, 8, 7, 6, 5], 'continue'],
    ['has improved within the patience', [9, 5, 8, 8], 'continue'],
    ['has not improved for as long as the patience', [9, 5, 8, 8, 8], 'stop'],
    ['has only equalled its best', [9, 5, 8, 5, 5], 'stop'],
    ['is not yet as old as the patience', [5, 8, 8], 'continue'],
    ['rises after its first value', [5, 8, 8, 8], 'stop'],
    ['improves from a diverged start', [Infinity, Infinity, 3, 3], 'continue'],
    ['is infinite all along', [Infinity, Infinity, Infinity, Infinity], 'stop'],
    ['has negative losses that fall, as of a metric to maximize', [-0.1, -0.2, -0.3, -0.4, -0.5], 'continue'],
  ])('a trial that %s', (_, losses, decision) => {
    expect(decide(definition, losses).decision).toBe(decision);
  });

  test('counts as an improvement only what is more than the minimum', () => {
    const rule = { ...definition, minimumImprovement: 0.5 };
    expect(decide(rule, [4, 3.9, 3.7, 3.5]).decision).toBe('stop');
    expect(decide(rule, [4, 3.9, 3.7, 3.49]).decision).toBe('continue');
  });

  test('stops no trial in the grace period', () => {
    const rule = { ...definition, gracePeriod: 6 };
    expect(decide(rule, [1, 1, 1, 1, 1]).decision).toBe('continue');
    expect(decide(rule, [1, 1, 1, 1, 1, 1]).decision).toBe('stop');
  });

  test('counts resource, not reports', () => {
    expect(decide(definition, [1, 1], 2).decision).toBe('continue');
    expect(decide(definition, [1, 1], 3).decision).toBe('stop');
  });

  test('reaches its end in steps that are not exact', () => {
    // 11 × 0.1 - 0.3 is a little less than 8 × 0.1.
    const rule = { ...definition, patience: 0.3, gracePeriod: 0 };
    expect(decide(rule, [9, 8, 7, 6, 5, 4, 3, 2, 2, 2, 2], 0.1).decision).toBe('stop');
  });

  test('says why', () => {
    expect(decide(definition, [9, 5, 8, 8, 8]).reason).toBe('has not improved since resource 2');
    const rule = { ...definition, minimumImprovement: 0.5 };
    expect(decide(rule, [4, 3.9, 3.7, 3.5]).reason).toBe('has not improved by more than 0.5 since resource 1');
  });

  const losses = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });

  test('never stops a trial at its best value so far', () => {
    fc.assert(
      fc.property(losses, (before) => {
        expect(decide(definition, [...before, Math.min(...before) - 1]).decision).toBe('continue');
      }),
    );
  });

  test('with more patience stops no trial that less patience lets go on', () => {
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 5 }), (all, patience) => {
        fc.pre(decide({ ...definition, patience }, all).decision === 'continue');
        expect(decide({ ...definition, patience: patience + 1 }, all).decision).toBe('continue');
      }),
    );
  });

  test('in a study each trial trains until its own curve is flat', () => {
    const curves = [
      [5, 4, 3, 3, 3, 3, 3, 3],
      [5, 5, 5, 5, 5, 5, 5, 5],
      [8, 7, 6, 5, 4, 3, 2, 1],
    ];
    const { trials, steps } = simulate(new Patience(definition), { curves, workers: 2, maxTrials: 3, maxResource: 8 });
    expect(trials.map(({ curve }) => curve.length)).toEqual([6, 4, 8]);
    expect(steps.filter(({ step }) => step.action === 'start')).toHaveLength(3);
  });
});
