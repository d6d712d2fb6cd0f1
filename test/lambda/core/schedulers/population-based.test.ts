import * as fc from 'fast-check';
import { PopulationBased } from '../../../../lambda/core/schedulers/population-based';
import {
  NextStep,
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  highestRung,
} from '../../../../lambda/core/schedulers/scheduler';
import { SearchSpace } from '../../../../lambda/core/space/search-space';
import { Curve, Simulation, SimulationOptions, simulate, stepLines } from '../../../support/scheduler-trials';

const definition = {
  populationSize: 5,
  interval: 2,
  maxResource: 6,
  quantile: 0.2,
  perturbation: 0.1,
  resampleProbability: 0,
};

const space = new SearchSpace([
  { name: 'rate', type: 'continuous', min: 1e-4, max: 1, scaling: 'logarithmic' },
  { name: 'kind', type: 'categorical', values: ['a', 'b'] },
  {
    name: 'depth',
    type: 'integer',
    min: 1,
    max: 8,
    scaling: 'linear',
    activeWhen: { parameter: 'kind', values: ['a'] },
  },
]);

const configuration = { rate: 0.01, kind: 'a', depth: 4 };

const context = (trials: readonly ScheduledTrial[], maxTrials = 20): ScheduleContext => ({
  space,
  seed: 1,
  trials,
  objectives: 1,
  maxTrials,
  maxParallelTrials: 4,
  startUp: 0,
});

/** A trial that has reported these losses at rungs 2, 4, ..., or at the rungs after the given one. */
const trial = (
  number: number,
  state: ScheduledTrial['state'],
  target: number | undefined,
  losses: readonly number[],
  { after = 0, ...more }: Partial<ScheduledTrial> & { after?: number } = {},
): ScheduledTrial => ({
  trial: number,
  configuration,
  state,
  failed: false,
  bracket: 0,
  target,
  curve: losses.map((loss, i) => ({ resource: after + 2 * (i + 1), rung: after + 2 * (i + 1), losses: [loss] })),
  ...more,
});

/** Five paused members at the first rung. */
const fivePaused = (...losses: number[]) => losses.map((loss, i) => trial(i + 1, 'paused', 2, [loss]));

const next = (trials: readonly ScheduledTrial[], maxTrials?: number, change = {}) =>
  new PopulationBased({ ...definition, ...change }).next(context(trials, maxTrials));

/** The simulation doesn't keep whose place a trial took. */
function withReplaces(scheduler: Scheduler): Scheduler {
  const replaces = new Map<number, number>();
  const completed = (known: ScheduleContext): ScheduleContext => ({
    ...known,
    trials: known.trials.map((one) => ({ ...one, replaces: replaces.get(one.trial) })),
  });
  return {
    comparesAtRungs: scheduler.comparesAtRungs,
    rungOf: (message) => scheduler.rungOf(message),
    decide: (message, peers) => scheduler.decide(message, peers),
    openSteps: (known) => scheduler.openSteps(completed(known)),
    next: (known) => {
      const step = scheduler.next(completed(known));
      if (step.action === 'branch') replaces.set(known.trials.length + 1, step.replaces);
      return step;
    },
  };
}

const flat = (loss: number, length = 6): Curve => Array<number>(length).fill(loss);

const run = (losses: readonly number[], options: Partial<SimulationOptions> = {}, change = {}) =>
  simulate(withReplaces(new PopulationBased({ ...definition, ...change })), {
    curves: losses.map((loss) => flat(loss)),
    workers: 1,
    maxTrials: 20,
    maxResource: 6,
    ...options,
  });

const branches = ({ steps }: Simulation) =>
  steps.flatMap(({ step, trial: number }) =>
    step.action === 'branch' ? [`${number} from ${step.parent} for ${step.replaces} -> ${step.target}`] : [],
  );

const report = (target: number | undefined, resource: number, before: readonly number[] = []): ScheduledReport => ({
  trial: 1,
  bracket: 0,
  target,
  curve: before.map((earlier) => ({ resource: earlier, losses: [1] })),
  point: { resource, losses: [1] },
  best: 1,
});

describe('a worked example', () => {
  test('five members, one slot: at each rung the worst gives its place to a copy of the best', () => {
    // trial 4 is the worst of the first rung. At the second it is trial 5, but the best has come to its end by then.
    const study = run([3, 1, 2, 5, 4, 9]);
    expect(stepLines(study)).toEqual([
      't=0 w1 start 1 -> 2',
      't=2 w1 start 2 -> 2',
      't=4 w1 start 3 -> 2',
      't=6 w1 start 4 -> 2',
      't=8 w1 start 5 -> 2',
      't=10 w1 resume 1 -> 4',
      't=12 w1 resume 2 -> 4',
      't=14 w1 resume 3 -> 4',
      't=16 w1 branch 6 -> 6',
      't=18 w1 resume 5 -> 4',
      't=20 w1 resume 1 -> 6',
      't=22 w1 resume 2 -> 6',
      't=24 w1 resume 3 -> 6',
      't=26 w1 resume 5 -> 6',
      't=28 w1 none',
    ]);
    expect(branches(study)).toEqual(['6 from 2 for 4 -> 6']);
  });

  test('a copy goes on from the newest checkpoint of its parent, and its curve begins there', () => {
    const { trials, steps } = run([3, 1, 2, 5, 4, 9]);
    expect(steps.find(({ step }) => step.action === 'branch')!.from).toBe(4);
    expect(trials[5].curve.map(({ resource, rung }) => [resource, rung])).toEqual([[5, undefined], [6, 6]]); // prettier-ignore
    expect(trials[5].parent).toBe(2);
    expect(trials[3].state).toBe('ended');
  });
});

describe('who is replaced', () => {
  test('the worst of five by one of the best, with hyperparameters near those of that one', () => {
    const trials = fivePaused(5, 1, 2, 3, 4);
    trials[1] = { ...trials[1], configuration: { rate: 0.1, kind: 'b' } };
    const step = next(trials) as Extract<NextStep, { action: 'branch' }>;
    expect(step).toMatchObject({
      action: 'branch',
      parent: 2,
      replaces: 1,
      target: 4,
      reason: 'in the place of trial 1, which was among the worst 1 of 5 at resource 2: goes on from trial 2',
    });
    // a tenth of four decades up or down.
    expect(Math.abs(Math.log10(step.configuration.rate as number) + 1)).toBeCloseTo(0.4, 10);
    expect(step.configuration.kind).toBe('b');
  });

  test('nobody but the worst: the others go on to the next interval', () => {
    expect(next(fivePaused(4, 1, 2, 3, 5))).toEqual({
      action: 'resume',
      trial: 1,
      target: 4,
      reason: 'keeps its place in the population',
    });
  });

  test('nobody before enough have come to the rung', () => {
    const four = [...fivePaused(5, 1, 2, 3), trial(5, 'running', 2, [])];
    expect(next(four)).toMatchObject({ action: 'resume', trial: 1 });
    const withFifth = [...fivePaused(5, 1, 2, 3), trial(5, 'running', 4, [4])];
    expect(next(withFifth)).toMatchObject({ action: 'branch', replaces: 1 });
  });

  test('nobody where all are equal', () => {
    expect(next(fivePaused(1, 1, 1, 1, 1))).toMatchObject({ action: 'resume', trial: 1 });
  });

  test('nobody any more when all trials have been started', () => {
    expect(next(fivePaused(5, 1, 2, 3, 4), 6).action).toBe('branch');
    expect(next(fivePaused(5, 1, 2, 3, 4), 5)).toMatchObject({ action: 'resume', trial: 1, target: 4 });
  });

  test('the least trained is decided on first', () => {
    const trials = [
      trial(1, 'paused', 4, [1, 1]),
      trial(2, 'paused', 2, [2]),
      trial(3, 'paused', 2, [3]),
      trial(4, 'running', 4, [4]),
      trial(5, 'running', 4, [5]),
    ];
    expect(next(trials)).toMatchObject({ action: 'resume', trial: 2, target: 4 });
  });

  test('results are compared at the same rung, whatever came of the others later', () => {
    // at rung 2 trial 1 is the best; the others have come to half its loss since then.
    const trials = [trial(1, 'paused', 2, [4]), ...[2, 3, 4, 5].map((n) => trial(n, 'running', 6, [5 + n / 10, 2]))];
    expect(next(trials)).toMatchObject({ action: 'resume', trial: 1 });
  });

  test('a copy that has skipped a rung stands there with what its parent has shown', () => {
    // trial 6 began with the checkpoint of trial 2 at resource 4, when trial 5 was at 2: at 4 it has shown a loss of 1.
    const trials = [
      trial(1, 'paused', 4, [5, 5]),
      trial(2, 'running', 6, [1, 1]),
      trial(3, 'running', 6, [2, 2]),
      trial(4, 'running', 6, [3, 3]),
      trial(5, 'ended', 2, [9]),
      trial(6, 'running', 6, [], { parent: 2, replaces: 5 }),
    ];
    expect(next(trials, 20, { maxResource: 8 })).toMatchObject({
      action: 'branch',
      parent: 2,
      replaces: 1,
      reason: expect.stringContaining('among the worst 1 of 5 at resource 4') as string,
    });
  });

  test('a copy has inherited nothing where the one it replaced stood itself, nor what its parent did later', () => {
    const change = { populationSize: 3, quantile: 0.5, maxResource: 8 };
    const trials = (at: number, losses: number[]) => [
      trial(1, 'paused', at, losses),
      trial(2, 'running', 6, [1, 1]),
      trial(3, 'ended', 2, [9]),
      trial(4, 'running', 4, [], { parent: 2, replaces: 3 }),
      trial(5, 'running', 4, []),
    ];
    // of the three at rung 2 trial 3, which is gone, was the only one in the worse half.
    expect(next(trials(2, [5]), 20, change)).toMatchObject({ action: 'resume', trial: 1 });
    // at 4 trial 1 is the worse one of two.
    expect(next(trials(4, [5, 5]), 20, change)).toMatchObject({
      action: 'branch',
      replaces: 1,
      reason: expect.stringContaining('among the worst 1 of 2 at resource 4') as string,
    });
  });

  test('a copy of which it is not known whom it replaced counts with its own results', () => {
    const trials = [...fivePaused(4, 1, 2, 3), trial(5, 'running', 6, [5, 5], { after: 2, parent: 2 })];
    const ahead = trials.map((_, i) => (i === 0 ? trial(1, 'paused', 4, [6, 6]) : trial(i + 1, 'running', 6, [i, i])));
    ahead[4] = trials[4];
    expect(next(ahead, 20, { maxResource: 8 })).toMatchObject({
      reason: expect.stringContaining('among the worst 1 of 5 at resource 4') as string,
    });
  });

  test('one that has come to no rung only goes on', () => {
    const trials = fivePaused(5, 1, 2, 3, 4).map((one): ScheduledTrial => ({ ...one, state: 'running', target: 4 }));
    trials[0] = { ...trials[0], state: 'paused', target: 2, curve: [{ resource: 1, losses: [5] }] };
    expect(next(trials)).toMatchObject({ action: 'resume', trial: 1, target: 4 });
  });

  test('none is the worst only because another one has just been replaced', () => {
    const trials = [
      ...fivePaused(1, 2, 3, 4, 5),
      { ...trial(6, 'running', 4, []), parent: 1, replaces: 5 },
    ] as ScheduledTrial[];
    trials[4] = { ...trials[4], state: 'ended' };
    for (const i of [0, 1, 2]) trials[i] = { ...trials[i], state: 'running', target: 4 };
    expect(next(trials)).toMatchObject({ action: 'resume', trial: 4 });
  });
});

describe('who is copied', () => {
  const withBest = (best: ScheduledTrial) => [
    best,
    ...[2, 3, 4].map((n) => trial(n, 'running', 4, [n])),
    trial(5, 'paused', 2, [5]),
  ];

  test('one that runs, if it has paused at the rung: its copy trains beyond what it is on its way to', () => {
    expect(next(withBest(trial(1, 'running', 4, [1])))).toMatchObject({ action: 'branch', parent: 1, target: 6 });
  });

  test('none whose checkpoint at the rung may not be written yet', () => {
    expect(next(withBest(trial(1, 'running', 2, [1])))).toMatchObject({ action: 'resume', trial: 5 });
  });

  test('none that is at the end or on its way to it: nothing would be left to train', () => {
    expect(next(withBest(trial(1, 'running', 6, [1, 1])))).toMatchObject({ action: 'resume', trial: 5 });
    expect(next(withBest(trial(1, 'ended', 6, [1, 1, 1])))).toMatchObject({ action: 'resume', trial: 5 });
  });

  test('none that has ended by itself', () => {
    expect(next(withBest(trial(1, 'ended', 4, [1])))).toMatchObject({ action: 'resume', trial: 5 });
  });

  test('none that has been replaced itself since then', () => {
    const trials = [...withBest(trial(1, 'ended', 4, [1, 9])), trial(6, 'running', 6, [], { parent: 2, replaces: 1 })];
    expect(next(trials)).toMatchObject({ action: 'resume', trial: 5 });
  });

  test('of several it is drawn by the number of the new trial', () => {
    const many = (maxTrials: number) =>
      [...Array(10).keys()]
        .map((i) => trial(i + 1, 'paused', 2, [10 - i]))
        .concat([...Array(maxTrials).keys()].map((i) => trial(11 + i, 'ended', 6, [11, 11, 11], { failed: true })));
    const parents = [...Array(30).keys()].map((failed) => {
      const step = new PopulationBased({ ...definition, populationSize: 10 }).next(context(many(failed), 100));
      return (step as Extract<NextStep, { action: 'branch' }>).parent;
    });
    expect([...new Set(parents)].sort()).toEqual([10, 9]);
  });
});

describe('the population', () => {
  test('is filled first, also where trials have failed', () => {
    expect(next([])).toEqual({ action: 'start', target: 2 });
    expect(next([trial(1, 'paused', 2, [1])])).toEqual({ action: 'start', target: 2 });
    const failing = [1, 2, 3, 4, 5].map((n) => trial(n, 'ended', 2, [], { failed: true }));
    expect(next(failing)).toEqual({ action: 'start', target: 2 });
    expect(new PopulationBased(definition).openSteps(context(failing))).toBe(5);
    expect(new PopulationBased(definition).openSteps(context(failing, 7))).toBe(2);
  });

  test('gets a copy of one of the best for one that has failed', () => {
    const trials = [
      ...[2, 3, 1, 4].map((loss, i) => trial(i + 1, 'running', 4, [loss])),
      trial(5, 'ended', 4, [5], { failed: true }),
    ];
    expect(next(trials, 20, { quantile: 0.25 })).toMatchObject({
      action: 'branch',
      parent: 3,
      replaces: 5,
      target: 6,
      reason: 'in the place of trial 5, which has failed: goes on from trial 3',
    });
  });

  test('is filled by new trials while too few have results', () => {
    const trials = [
      ...[2, 3, 1].map((loss, i) => trial(i + 1, 'running', 4, [loss])),
      trial(4, 'running', 2, []),
      trial(5, 'ended', 2, [], { failed: true }),
    ];
    expect(next(trials)).toEqual({ action: 'start', target: 2 });
  });

  test('of several free places each goes to one trial', () => {
    const failed = [1, 2].map((n) => trial(n, 'ended', 4, [5], { failed: true }));
    const trials = [...failed, ...[3, 4, 5, 6, 7].map((n) => trial(n, 'running', 4, [n]))];
    const scheduler = new PopulationBased({ ...definition, populationSize: 7 });
    const first = scheduler.next(context(trials));
    expect(first).toMatchObject({ action: 'branch', parent: 3, replaces: 1 });
    const branch = trial(8, 'running', 6, [], { parent: 3, replaces: 1 });
    expect(scheduler.next(context([...trials, branch]))).toMatchObject({ action: 'branch', parent: 3, replaces: 2 });
  });

  test('goes on from checkpoints when its paused members were stopped with the study', () => {
    const stopped = [3, 1, 2, 5, 4].map((loss, i) => trial(i + 1, 'ended', 4, [loss, loss]));
    expect(next(stopped)).toMatchObject({ action: 'branch', parent: 2, target: 6 });
  });

  test('one that ended by itself keeps its place', () => {
    const trials = [trial(1, 'ended', 4, [1]), ...[2, 3, 4, 5].map((n) => trial(n, 'running', 4, [n]))];
    expect(next(trials)).toEqual({
      action: 'wait',
      reason: 'all members of the population that have something left to train are running',
    });
    expect(new PopulationBased(definition).openSteps(context(trials))).toBe(0);
  });

  test('the study is over when all are at the maximum', () => {
    const trials = [1, 2, 3, 4, 5].map((n) => trial(n, 'ended', 6, [n, n, n]));
    expect(next(trials)).toEqual({ action: 'none', reason: 'all members of the population have ended' });
    // also one that ended there without being told to.
    trials[4] = trial(5, 'paused', 6, [5, 5, 5]);
    expect(next(trials).action).toBe('none');
  });
});

describe('decisions', () => {
  const scheduler = new PopulationBased(definition);

  test.each([
    [2, 1, 'continue'],
    [2, 2, 'pause'],
    [4, 3, 'continue'],
    [6, 5, 'continue'],
    [6, 6, 'continue'],
    [6, 7, 'stop'],
  ])('with target %p at resource %p: %s', (target, resource, decision) => {
    expect(scheduler.decide(report(target, resource)).decision).toBe(decision);
  });

  test.each([
    [2, 1, [], undefined],
    [2, 2, [1], 2],
    [2, 2, [], 2],
    [4, 3, [2], undefined],
    [4, 5, [2], 4],
    // copies that begin at 4, from where they go to 6.
    [6, 5, [], undefined],
    [6, 6, [], 6],
    [6, 6, [5], 6],
    // its checkpoint was lost: it begins anew.
    [6, 2, [1], 2],
    [undefined, 4, [], 4],
  ])('with target %p at resource %p after %p the rung is %p', (target, resource, before, rung) => {
    expect(scheduler.rungOf(report(target, resource, before))).toBe(rung);
  });
});

test('in a study where hyperparameters matter, later members are better than the first', () => {
  // what a unit of training takes off the loss depends on how near x is to 0.7.
  const gains = (x: unknown) => 1 - Math.abs((x as number) - 0.7);
  const lives = new Map<number, number[]>();
  const study = run(
    [],
    {
      curves: ({ trial: number, parent, configuration: { x } }) => {
        const life = lives.get(number) ?? [];
        const begun = parent === undefined ? [] : lives.get(parent)!;
        for (let i = life.length; i < 20; i++)
          life.push(i < begun.length && life.length === i ? begun[i] : (life[i - 1] ?? 0) - gains(x));
        lives.set(number, life);
        return life;
      },
      workers: 5,
      maxResource: 20,
      maxTrials: 60,
    },
    { maxResource: 20 },
  );
  const members = study.trials.filter(({ state, curve }) => state === 'ended' && (curve.at(-1)?.resource ?? 0) === 20);
  const distance = (some: readonly ScheduledTrial[]) =>
    some.reduce((sum, { configuration: { x } }) => sum + Math.abs((x as number) - 0.7), 0) / some.length;
  expect(members).toHaveLength(5);
  expect(distance(members)).toBeLessThan(distance(study.trials.slice(0, 5)));
});

describe('any study', () => {
  const settings = fc.record({
    populationSize: fc.integer({ min: 1, max: 8 }),
    interval: fc.integer({ min: 1, max: 4 }),
    maxResource: fc.integer({ min: 1, max: 12 }),
    quantile: fc.constantFrom(0.2, 0.25, 0.34, 0.5),
    perturbation: fc.constantFrom(0.1, 0.3),
    resampleProbability: fc.constantFrom(0, 0.25, 1),
  });

  test('in virtual time: comes to its end within its trials, and nothing is trained that a parent has trained', () => {
    const studies = fc.record({
      setting: settings,
      losses: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 30, maxLength: 30 }),
      workers: fc.integer({ min: 1, max: 10 }),
      maxTrials: fc.integer({ min: 1, max: 30 }),
      slow: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(studies, ({ setting, losses, workers, maxTrials, slow }) => {
        const study = simulate(withReplaces(new PopulationBased(setting)), {
          curves: losses.map((loss, i) => Array.from({ length: 20 }, (_, k) => loss - k * ((i * 7) % 3))),
          workers,
          maxTrials,
          maxResource: setting.maxResource,
          pace: (number) => (number % 3 === 0 ? slow : 1),
          space,
          propose: () => configuration,
        });
        const size = Math.min(setting.populationSize, maxTrials);
        expect(study.trials.filter(({ curve }) => highestRung({ curve }) === setting.maxResource)).toHaveLength(size);
        expect(study.trials.length).toBeLessThanOrEqual(maxTrials);
        for (const { trial: number, resource } of study.reports) {
          const from = study.steps.find((step) => step.trial === number)!.from!;
          expect(resource).toBeGreaterThan(from);
        }
      }),
      { numRuns: 80 },
    );
  });

  /** What happens next: a slot asks, or a trial reports, fails, or comes to its own end. */
  const event = fc.record({
    kind: fc.constantFrom('ask', 'ask', 'ask', 'report', 'report', 'report', 'report', 'report', 'fail', 'end', 'lose'),
    which: fc.nat(),
    loss: fc.integer({ min: 0, max: 9 }),
  });

  test('in any order of events: the population keeps its size, nobody comes back, and copies are valid', () => {
    const histories = fc.record({
      setting: settings,
      maxTrials: fc.integer({ min: 1, max: 40 }),
      events: fc.array(event, { minLength: 20, maxLength: 150 }),
    });
    fc.assert(
      fc.property(histories, ({ setting, maxTrials, events }) => {
        const scheduler = new PopulationBased(setting);
        const trials: ScheduledTrial[] = [];
        const replaced = new Set<number>();
        for (const { kind, which, loss } of events) {
          const running = trials.filter(({ state }) => state === 'running');
          const chosen = running[which % running.length];
          if (kind === 'ask') {
            ask(scheduler, trials, maxTrials, replaced);
          } else if (chosen !== undefined) {
            trials[chosen.trial - 1] = afterEvent(scheduler, chosen, kind, loss);
          }
          const alive = trials.filter(({ state }) => state !== 'ended').length;
          expect(alive).toBeLessThanOrEqual(setting.populationSize);
          expect(trials.length).toBeLessThanOrEqual(maxTrials);
        }
      }),
      { numRuns: 150 },
    );
  });

  /** Where a copy began: its curve goes on from there. */
  const startOf = (one: ScheduledTrial) =>
    one.curve.length > 0 ? one.curve.at(-1)!.resource : (origins.get(one) ?? 0);
  const origins = new WeakMap<ScheduledTrial, number>();

  function ask(scheduler: PopulationBased, trials: ScheduledTrial[], maxTrials: number, replaced: Set<number>): void {
    const known = context([...trials], maxTrials);
    const open = scheduler.openSteps(known);
    const step = scheduler.next(known);
    expect(scheduler.next(known)).toEqual(step);
    expect(open > 0).toBe(step.action === 'start' || step.action === 'resume' || step.action === 'branch');
    const base = { trial: trials.length + 1, state: 'running', failed: false, bracket: 0, curve: [] } as const;
    switch (step.action) {
      case 'start':
        trials.push({ ...base, configuration, target: step.target });
        break;
      case 'resume': {
        const one = trials[step.trial - 1];
        expect(one.state).toBe('paused');
        expect(replaced.has(step.trial)).toBe(false);
        expect(step.target).toBeGreaterThan(startOf(one));
        trials[step.trial - 1] = { ...one, state: 'running', target: step.target };
        break;
      }
      case 'branch': {
        const loser = trials[step.replaces - 1];
        const parent = trials[step.parent - 1];
        expect(space.problems(step.configuration)).toEqual([]);
        expect(loser.state === 'paused' || loser.state === 'ended').toBe(true);
        expect(replaced.has(step.replaces)).toBe(false);
        expect(parent.failed).toBe(false);
        expect(step.target).toBeGreaterThan(startOf(parent));
        replaced.add(step.replaces);
        trials[step.replaces - 1] = { ...loser, state: 'ended' };
        const child = {
          ...base,
          configuration: step.configuration,
          target: step.target,
          parent: step.parent,
          replaces: step.replaces,
        };
        origins.set(child, startOf(parent));
        trials.push(child);
        break;
      }
    }
    // exactly as many steps as were promised can be handed out, if nothing else happens.
    if (open > 0) expect(scheduler.openSteps(context(trials, maxTrials))).toBe(open - 1);
  }

  function afterEvent(scheduler: PopulationBased, one: ScheduledTrial, kind: string, loss: number): ScheduledTrial {
    if (kind === 'fail') return { ...one, state: 'ended', failed: true };
    if (kind === 'end') return { ...one, state: 'ended' };
    // its attempt is repeated from the very beginning.
    if (kind === 'lose') return { ...one, curve: [] };
    const point = { resource: startOf(one) + 1, losses: [loss] };
    const message = { ...one, point, best: loss };
    const rung = scheduler.rungOf(message);
    const { decision } = scheduler.decide(message);
    return {
      ...one,
      curve: [...one.curve, { ...point, ...(rung !== undefined && { rung }) }],
      state: decision === 'continue' ? 'running' : decision === 'pause' ? 'paused' : 'ended',
    };
  }
});
