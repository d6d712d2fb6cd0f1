import * as fc from 'fast-check';
import { AshaStopping } from '../../../../lambda/core/schedulers/asha-stopping';
import { Peer, ScheduledReport } from '../../../../lambda/core/schedulers/scheduler';
import { AshaDefinition } from '../../../../lib/contract/tuner-definition';
import { simulate, stepLines, studies } from '../../../support/scheduler-trials';

const definition: AshaDefinition = {
  name: 'asha',
  mode: 'stop',
  minResource: 1,
  maxResource: 9,
  reductionFactor: 3,
  brackets: 1,
};

const asha = new AshaStopping(definition);

type Result = Pick<Peer, 'losses' | 'violations'>;

const loss = (value: number): Result => ({ losses: [value] });

const reportOf = (result: Result, resource = 3, partial: Partial<ScheduledReport> = {}): ScheduledReport => ({
  trial: 50,
  bracket: 0,
  target: 9,
  curve: [],
  point: { resource, ...result },
  best: result.losses[0],
  ...partial,
});

const peersOf = (results: readonly Result[], bracket = 0): Peer[] =>
  results.map((result, i) => ({ trial: i + 1, bracket, ...result }));

const decide = (own: number, ...others: number[]) =>
  asha.decide(reportOf(loss(own)), peersOf(others.map(loss))).decision;

describe('at a rung', () => {
  test.each([
    // own loss, others' losses, best 1/3 of all
    ['the first', 9, [], 'continue'],
    ['the worse of two, fewer than the reduction factor', 9, [1], 'stop'],
    ['the better of two', 1, [9], 'continue'],
    ['as good as the only other one', 1, [1], 'continue'],
    ['the best of three', 1, [2, 3], 'continue'],
    ['the second of three', 2, [1, 3], 'stop'],
    ['the best of five', 1, [2, 3, 4, 5], 'continue'],
    ['the second of five', 2, [1, 3, 4, 5], 'stop'],
    ['the second of six', 2, [1, 3, 4, 5, 6], 'continue'],
    ['the third of six', 3, [1, 2, 4, 5, 6], 'stop'],
    ['as good as the best of three', 1, [1, 1], 'continue'],
    ['as good as the best of three, but for the sign of zero', 0, [-0, -0], 'continue'],
    ['as good as the best of three, but for the other sign of zero', -0, [0, 0], 'continue'],
    ['as good as the second of six, all but the best alike', 2, [1, 2, 2, 2, 2], 'continue'],
    ['diverged', Infinity, [1, 2], 'stop'],
    ['the best, others have diverged', 5, [Infinity, Infinity], 'continue'],
    ['the second of three by negative losses, as of a metric to maximize', -0.8, [-0.9, -0.7], 'stop'],
  ])('a trial that is %s', (_, own, others, decision) => {
    expect(decide(own, ...others)).toBe(decision);
  });

  test('says why', () => {
    expect(asha.decide(reportOf(loss(2)), peersOf([1, 3, 4, 5, 6, 0].map(loss)))).toEqual({
      decision: 'stop',
      reason: 'not among the best 2 of 7 trials at resource 3',
    });
  });

  test('a trial is compared within its bracket', () => {
    const peers = [...peersOf([loss(3)], 0), ...peersOf([1, 1, 1].map(loss), 1)];
    expect(asha.decide(reportOf(loss(2)), peers).decision).toBe('continue');
    expect(asha.decide(reportOf(loss(2), 3, { bracket: 1 }), peers).decision).toBe('stop');
  });

  test('of several objectives a trial goes on that no other one beats', () => {
    const peers = peersOf(
      [
        [5, 5],
        [6, 6],
        [7, 7],
        [8, 8],
        [9, 9],
      ].map((losses) => ({ losses })),
    );
    expect(asha.decide(reportOf({ losses: [9, 1] }), peers).decision).toBe('continue');
    expect(asha.decide(reportOf({ losses: [8, 8.5] }), peers).decision).toBe('stop');
  });

  test('a trial that breaks a constraint stops where enough others meet it', () => {
    const broken = { losses: [0], violations: [0.1] };
    const peers = peersOf([
      { losses: [1], violations: [-1] },
      { losses: [2], violations: [-1] },
    ]);
    expect(asha.decide(reportOf(broken), peers).decision).toBe('stop');
    expect(asha.decide(reportOf({ losses: [0], violations: [0] }), peers).decision).toBe('continue');
    const worse = peers.map((peer) => ({ ...peer, violations: [0.2] }));
    expect(asha.decide(reportOf(broken), worse).decision).toBe('continue');
  });
});

describe('along a trial', () => {
  test('rungs lie at the powers of the reduction factor, from its bracket on', () => {
    const rungs = (bracket: number) =>
      [0.5, 1, 2, 3, 8, 9].map((resource) => asha.rungOf(reportOf(loss(1), resource, { bracket })));
    expect(rungs(0)).toEqual([undefined, 1, 1, 3, 3, 9]);
    expect(rungs(1)).toEqual([undefined, undefined, undefined, 3, 3, 9]);
    expect(rungs(2)).toEqual([undefined, undefined, undefined, undefined, undefined, 9]);
  });

  test('it is compared once at each rung', () => {
    const curve = [{ resource: 3, losses: [1], rung: 3 }];
    const report = reportOf(loss(9), 4, { curve });
    expect(asha.rungOf(report)).toBeUndefined();
    expect(asha.decide(report, peersOf([1, 2].map(loss))).decision).toBe('continue');
  });

  test('at the maximum its program ends by itself; beyond, it is stopped, however good', () => {
    expect(asha.decide(reportOf(loss(1), 9), []).decision).toBe('continue');
    expect(asha.decide(reportOf(loss(1), 9.1), [])).toEqual({
      decision: 'stop',
      reason: 'has trained beyond the maximum resource 9',
    });
  });
});

test('a worked example: six trials on two workers', () => {
  const curves = [0.5, 0.4, 0.3, 0.6, 0.2, 0.1].map((value) => Array<number>(9).fill(value));
  const study = simulate(asha, { curves, workers: 2, maxTrials: 6, maxResource: 9 });
  // all but 4 lead when they come to a rung.
  expect(study.trials.map(({ curve }) => curve.length)).toEqual([9, 9, 9, 1, 9, 9]);
  expect(stepLines(study)).toEqual([
    't=0 w1 start 1 -> 9',
    't=0 w2 start 2 -> 9',
    't=9 w1 start 3 -> 9',
    't=9 w2 start 4 -> 9',
    't=10 w2 start 5 -> 9',
    't=18 w1 start 6 -> 9',
    't=19 w2 none',
    't=27 w1 none',
  ]);
});

describe('any study', () => {
  const drawn = studies().chain((options) =>
    fc.record({
      options: fc.constant(options),
      rule: fc.record({
        name: fc.constant('asha' as const),
        mode: fc.constant('stop' as const),
        minResource: fc.integer({ min: 1, max: 3 }),
        maxResource: fc.constant(options.maxResource),
        reductionFactor: fc.constantFrom(2, 3, 1.5),
        brackets: fc.constantFrom(1, 1, 3),
      }),
    }),
  );

  test('a trial stops below the maximum if and only if it comes to a rung and enough others are better there', () => {
    fc.assert(
      fc.property(drawn, ({ options, rule }) => {
        const { reports, trials } = simulate(new AshaStopping(rule), options);
        for (const { trial, rung, resource, peers, decision } of reports) {
          const { bracket, curve } = trials[trial - 1];
          const rivals = peers.filter((peer) => peer.bracket === bracket);
          const own = options.breaksAfter?.(trial, 1) === undefined && curve.find((one) => one.resource === resource);
          // what a repeated attempt reported at first is no longer known here.
          if (own === false || own === undefined || resource >= rule.maxResource) continue;
          const places = Math.max(1, Math.floor((rivals.length + 1) / rule.reductionFactor + 1e-9));
          const better = rivals.filter(({ losses }) => losses[0] < own.losses[0]).length;
          const stops = rung !== undefined && better >= places;
          expect(decision.decision).toBe(stops ? 'stop' : 'continue');
        }
      }),
      { numRuns: 100 },
    );
  });

  test('all trials are started, no slot waits, and none is resumed', () => {
    fc.assert(
      fc.property(drawn, ({ options, rule }) => {
        const { steps, trials, rounds } = simulate(new AshaStopping(rule), options);
        expect(trials).toHaveLength(options.maxTrials);
        expect(new Set(steps.map(({ step }) => step.action))).not.toContain('wait');
        expect(rounds).toBeLessThanOrEqual(1);
        expect(trials.every(({ state }) => state === 'ended')).toBe(true);
      }),
    );
  });

  const value = fc.double({ min: -100, max: 100, noNaN: true });

  test('the best of all never stops', () => {
    fc.assert(
      fc.property(fc.array(value), (others) => expect(decide(Math.min(0, ...others), ...others)).toBe('continue')),
    );
  });

  test('the order of the others does not matter', () => {
    fc.assert(
      fc.property(value, fc.array(value), (own, others) => {
        const peers = peersOf(others.map(loss));
        expect(asha.decide(reportOf(loss(own)), [...peers].reverse())).toEqual(asha.decide(reportOf(loss(own)), peers));
      }),
    );
  });
});
