import * as fc from 'fast-check';
import { createScheduler } from '../../../../lambda/core/schedulers/create-scheduler';
import { MedianStopping } from '../../../../lambda/core/schedulers/median-stopping';

/** Other trials with these averages of their losses. */
const peers = (...averages: number[]) => averages.map((average, i) => ({ trial: 100 + i, average }));

const decide = (rule: MedianStopping, resource: number, best: number, ...averages: number[]) =>
  rule.decide({ trial: 1, resource, best }, peers(...averages)).decision;

describe('the median stopping rule', () => {
  const rule = new MedianStopping(2, 3);

  test.each([
    // best loss so far, averages of the others, median
    ['worse than the median of three', 0.51, [0.1, 0.5, 0.9], 'stop'],
    ['as good as the median', 0.5, [0.1, 0.5, 0.9], 'continue'],
    ['better than the median', 0.49, [0.1, 0.5, 0.9], 'continue'],
    ['worse than the middle of the two in the middle', 0.46, [0.9, 0.5, 0.1, 0.4], 'stop'],
    ['better than the middle of the two in the middle', 0.44, [0.9, 0.5, 0.1, 0.4], 'continue'],
    ['worse than an unsorted median of numbers of many digits', 11, [2, 10, 9], 'stop'],
    ['worse where losses are negative, as of a maximized metric', -0.6, [-0.9, -0.7, -0.5], 'stop'],
    ['better where losses are negative', -0.8, [-0.9, -0.7, -0.5], 'continue'],
  ])('a trial that is %s', (_, best, averages, decision) => {
    expect(decide(rule, 2, best, ...averages)).toBe(decision);
  });

  test('says why', () => {
    expect(rule.decide({ trial: 1, resource: 4, best: 9 }, peers(1, 2, 3)).reason).toBe(
      'worse than the median of 3 trials at resource 4',
    );
  });

  test('stops no trial in the grace period', () => {
    expect(decide(rule, 1.99, 100, 1, 1, 1)).toBe('continue');
    expect(decide(rule, 2, 100, 1, 1, 1)).toBe('stop');
  });

  test('reads no other reports in the grace period', () => {
    expect(rule.needsPeers(1)).toBe(false);
    expect(rule.needsPeers(2)).toBe(true);
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
      fc.property(loss, loss, others, (a, b, averages) => {
        const [better, worse] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(decide(rule, 3, worse, ...averages) === 'continue');
        expect(decide(rule, 3, better, ...averages)).toBe('continue');
      }),
    );
  });

  test('never stops a trial because the others did worse', () => {
    fc.assert(
      fc.property(loss, others, fc.nat(), fc.double({ min: 0, max: 100, noNaN: true }), (best, averages, i, more) => {
        fc.pre(decide(rule, 3, best, ...averages) === 'continue');
        const worse = averages.map((average, j) => (j === i % averages.length ? average + more : average));
        expect(decide(rule, 3, best, ...worse)).toBe('continue');
      }),
    );
  });

  test('never stops the best of all', () => {
    fc.assert(
      fc.property(others, (averages) => expect(decide(rule, 3, Math.min(...averages), ...averages)).toBe('continue')),
    );
  });

  test('is the same in any order of the others', () => {
    fc.assert(
      fc.property(loss, others, (best, averages) => {
        expect(decide(rule, 3, best, ...[...averages].reverse())).toBe(decide(rule, 3, best, ...averages));
      }),
    );
  });
});

test('without a scheduler no trial is stopped and nothing is read', () => {
  const scheduler = createScheduler({ name: 'none' });
  expect(scheduler.needsPeers(1)).toBe(false);
  expect(scheduler.decide({ trial: 1, resource: 1, best: 100 }, peers(1, 1, 1))).toEqual({ decision: 'continue' });
});

test('a scheduler is made from its definition', () => {
  const scheduler = createScheduler({ name: 'medianStopping', gracePeriod: 3, minimumTrials: 1 });
  expect(scheduler.needsPeers(2)).toBe(false);
  expect(scheduler.decide({ trial: 1, resource: 3, best: 2 }, peers(1)).decision).toBe('stop');
});
