import * as fc from 'fast-check';
import { createScheduler } from '../../../../lambda/core/schedulers/create-scheduler';
import { MedianStopping } from '../../../../lambda/core/schedulers/median-stopping';
import { Peer, ScheduledReport } from '../../../../lambda/core/schedulers/scheduler';
import { simulate, stepLines } from '../../../support/scheduler-trials';

/** Other trials with these losses at the resource. */
const peers = (...losses: number[]): Peer[] =>
  losses.map((loss, i) => ({ trial: 100 + i, bracket: 0, losses: [loss] }));

/** A report of a trial whose best loss so far is this one. */
const reportAt = (resource: number, best: number): ScheduledReport => ({
  trial: 1,
  bracket: 0,
  target: undefined,
  curve: [],
  point: { resource, losses: [best + 1] },
  best,
});

const decide = (rule: MedianStopping, resource: number, best: number, ...losses: number[]) =>
  rule.decide(reportAt(resource, best), peers(...losses)).decision;

describe('the median stopping rule', () => {
  const rule = new MedianStopping(2, 3);

  test.each([
    // best loss so far, losses of the others, median
    ['worse than the median of three', 0.51, [0.1, 0.5, 0.9], 'stop'],
    ['as good as the median', 0.5, [0.1, 0.5, 0.9], 'continue'],
    ['better than the median', 0.49, [0.1, 0.5, 0.9], 'continue'],
    ['worse than the middle of the two in the middle', 0.46, [0.9, 0.5, 0.1, 0.4], 'stop'],
    ['better than the middle of the two in the middle', 0.44, [0.9, 0.5, 0.1, 0.4], 'continue'],
    ['worse than an unsorted median of numbers of many digits', 11, [2, 10, 9], 'stop'],
    ['worse where losses are negative, as of a maximized metric', -0.6, [-0.9, -0.7, -0.5], 'stop'],
    ['better where losses are negative', -0.8, [-0.9, -0.7, -0.5], 'continue'],
  ])('a trial that is %s', (_, best, losses, decision) => {
    expect(decide(rule, 2, best, ...losses)).toBe(decision);
  });

  test('says why', () => {
    expect(rule.decide(reportAt(4, 9), peers(1, 2, 3)).reason).toBe('worse than the median of 3 trials at resource 4');
  });

  test('stops no trial in the grace period', () => {
    expect(decide(rule, 1.99, 100, 1, 1, 1)).toBe('continue');
    expect(decide(rule, 2, 100, 1, 1, 1)).toBe('stop');
  });

  test('compares where trials report, but not in the grace period', () => {
    expect(rule.comparesAtRungs).toBe(true);
    expect(rule.rungOf(reportAt(1, 1))).toBeUndefined();
    expect(rule.rungOf(reportAt(2, 1))).toBe(2);
    expect(rule.rungOf(reportAt(2.5, 1))).toBe(2.5);
  });

  test('in a study ends the trials that are worse than the median of those before', () => {
    const flat = (loss: number) => Array<number>(6).fill(loss);
    const curves = [flat(3), flat(2), flat(1), flat(2.5), flat(1.5)];
    const { trials, reports } = simulate(rule, { curves, workers: 1, maxTrials: 5, maxResource: 6 });
    expect(trials.map(({ curve }) => curve.length)).toEqual([6, 6, 6, 2, 6]);
    // the stopped trial keeps its vote where it has been.
    const votes = (resource: number) => reports.find((one) => one.trial === 5 && one.resource === resource)?.peers;
    expect([votes(2)?.length, votes(3)?.length]).toEqual([4, 3]);
  });

  // all of these curves fall from 8, but for the third: it begins well and gets stuck.
  test('in a study judges the others by where they are, not by where they come from', () => {
    const curves = [
      [8, 4, 2, 1],
      [8, 5, 3, 2],
      [5, 5, 5, 5],
      [8, 4.5, 2.5, 1.5],
      [8, 6, 4, 3],
    ];
    const { trials } = simulate(new MedianStopping(1, 2), { curves, workers: 1, maxTrials: 5, maxResource: 4 });
    // the third one's 5 is less than the averages of the first two at epoch 2, 6 and 6.5, but no less than 4 and 5 are.
    expect(trials.map(({ curve }) => curve.length)).toEqual([4, 4, 2, 4, 2]);
  });

  test('stops no trial before enough others came as far', () => {
    expect(decide(rule, 5, 100, 1, 1)).toBe('continue');
    expect(decide(rule, 5, 100, 1, 1, 1)).toBe('stop');
  });

  test('with a minimum of none still compares with someone', () => {
    expect(decide(new MedianStopping(1, 0), 5, 100)).toBe('continue');
  });

  const loss = fc.double({ min: -100, max: 100, noNaN: true });
  const others = fc.array(loss, { minLength: 3, maxLength: 9 });

  test('never stops a trial that is better than one that goes on', () => {
    fc.assert(
      fc.property(loss, loss, others, (a, b, losses) => {
        const [better, worse] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(decide(rule, 3, worse, ...losses) === 'continue');
        expect(decide(rule, 3, better, ...losses)).toBe('continue');
      }),
    );
  });

  test('never stops a trial because the others did worse', () => {
    fc.assert(
      fc.property(loss, others, fc.nat(), fc.double({ min: 0, max: 100, noNaN: true }), (best, losses, i, more) => {
        fc.pre(decide(rule, 3, best, ...losses) === 'continue');
        const worse = losses.map((other, j) => (j === i % losses.length ? other + more : other));
        expect(decide(rule, 3, best, ...worse)).toBe('continue');
      }),
    );
  });

  test('never stops the best of all', () => {
    fc.assert(
      fc.property(others, (losses) => expect(decide(rule, 3, Math.min(...losses), ...losses)).toBe('continue')),
    );
  });

  test('is the same in any order of the others', () => {
    fc.assert(
      fc.property(loss, others, (best, losses) => {
        expect(decide(rule, 3, best, ...[...losses].reverse())).toBe(decide(rule, 3, best, ...losses));
      }),
    );
  });
});

test('without a scheduler no trial is stopped and nothing is read', () => {
  const scheduler = createScheduler({ name: 'none' });
  expect(scheduler.comparesAtRungs).toBe(false);
  expect(scheduler.rungOf(reportAt(1, 100))).toBeUndefined();
  expect(scheduler.decide(reportAt(1, 100), peers(1, 1, 1))).toEqual({ decision: 'continue' });
});

test('without a scheduler trials start one after another, up to the limit', () => {
  const curves = [[1, 1], [2], [3, 3, 3]];
  const study = simulate(createScheduler({ name: 'none' }), { curves, workers: 2, maxTrials: 3, maxResource: 3 });
  expect(stepLines(study)).toEqual([
    't=0 w1 start 1',
    't=0 w2 start 2',
    't=1 w2 start 3',
    't=2 w1 none',
    't=4 w2 none',
  ]);
});

test('a scheduler is made from its definition', () => {
  const scheduler = createScheduler({ name: 'medianStopping', gracePeriod: 3, minimumTrials: 1 });
  expect(scheduler.rungOf(reportAt(2, 2))).toBeUndefined();
  expect(scheduler.decide(reportAt(3, 2), peers(1)).decision).toBe('stop');
});
