import { Lazy } from 'aws-cdk-lib';
import { Scheduler } from '../../lib';
import { tunerDefinition } from '../support/lib-stack';

test.each<[string, Scheduler | undefined, object]>([
  ['to its end by default', undefined, { name: 'none' }],
  ['to its end', Scheduler.none(), { name: 'none' }],
  [
    'until the median stopping rule stops it',
    Scheduler.medianStopping(),
    { name: 'medianStopping', gracePeriod: 1, minimumTrials: 5 },
  ],
  [
    'until a patient median stopping rule stops it',
    Scheduler.medianStopping({ gracePeriod: 0.5, minimumTrials: 1 }),
    { name: 'medianStopping', gracePeriod: 0.5, minimumTrials: 1 },
  ],
  [
    'until a rule that is only known later stops it',
    Scheduler.medianStopping({ gracePeriod: Lazy.number({ produce: () => 3 }) }),
    { name: 'medianStopping', gracePeriod: 3, minimumTrials: 5 },
  ],
])('a trial trains %s', (_, scheduler, expected) => {
  expect(tunerDefinition({ scheduler }).scheduler).toEqual(expected);
});

test.each([0, -1, NaN])('refuses a grace period of %p', (gracePeriod) => {
  expect(() => Scheduler.medianStopping({ gracePeriod })).toThrow(
    `gracePeriod of median stopping must be a number greater than 0, got ${gracePeriod}`,
  );
});

test('refuses an infinite grace period', () => {
  expect(() => Scheduler.medianStopping({ gracePeriod: Infinity })).toThrow(
    /gracePeriod of median stopping must be .*got Infinity/,
  );
});

test.each([0, 10_001, 1.5])('refuses a minimum of %p trials', (minimumTrials) => {
  expect(() => Scheduler.medianStopping({ minimumTrials })).toThrow(
    `minimumTrials of median stopping must be an integer from 1 to 10000, got ${minimumTrials}`,
  );
});
