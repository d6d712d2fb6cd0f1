import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import {
  CurvePoint,
  NextStep,
  Peer,
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  SchedulerDecision,
} from '../../lambda/core/schedulers/scheduler';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { Configuration } from '../../lib/contract/search-space';

/** What a trial reports at a resource: a loss, one for each objective, or these with how far constraints are missed. */
export type Reported =
  number | readonly number[] | { readonly losses: readonly number[]; readonly violations?: readonly number[] };

/** What a trial reports at resource 1, 2, ...; where it ends, the trial comes to its own end. */
export type Curve = readonly Reported[];

export interface SimulationOptions {
  /** The curve of trial n at place n - 1, or what makes one. It holds the trial's whole life, a parent's part included. */
  readonly curves: readonly Curve[] | ((trial: ScheduledTrial) => Curve);
  readonly workers: number;
  readonly maxTrials: number;
  /** No trial may go on from there. */
  readonly maxResource: number;
  readonly objectives?: number;
  readonly seed?: number;
  /** Reports come at multiples of this resource. Default 1. */
  readonly every?: number;
  /** Time that a trial needs for a unit of resource; default 1. Of trials that report at once the worker's number decides. */
  readonly pace?: (trial: number) => number;
  /** Time until an attempt begins to train. */
  readonly startUp?: number;
  /** What the scheduler is told of the start-up. Default 0. */
  readonly knownStartUp?: number;
  /** After this resource the trial fails for good; undefined for never. */
  readonly failsAfter?: (trial: number) => number | undefined;
  /** After this resource the attempt (1, 2, ...) breaks off: the next one begins where this one did. */
  readonly breaksAfter?: (trial: number, attempt: number) => number | undefined;
  /** Without it one continuous parameter `x`. */
  readonly space?: SearchSpace;
  /** What the search algorithm proposes. Default: the trial's number in the golden ratio's steps through the unit interval. */
  readonly propose?: (trial: number) => Configuration;
}

export interface StepRecord {
  readonly time: number;
  readonly round: number;
  readonly worker: number;
  readonly step: NextStep;
  /** The trial that it starts or resumes. */
  readonly trial?: number;
  /** The resource from where it trains. */
  readonly from?: number;
  /** What the scheduler knew. */
  readonly context: ScheduleContext;
}

export interface ReportRecord {
  readonly time: number;
  readonly worker: number;
  readonly trial: number;
  readonly resource: number;
  readonly rung: number | undefined;
  readonly peers: readonly Peer[];
  readonly decision: SchedulerDecision;
}

export interface Simulation {
  readonly steps: readonly StepRecord[];
  readonly reports: readonly ReportRecord[];
  /** All trials at the end. */
  readonly trials: readonly ScheduledTrial[];
  /** Trials that reached a rung, in the order in which they did. */
  readonly rungs: ReadonlyMap<number, readonly number[]>;
  readonly rounds: number;
  /** When the last attempt ended. */
  readonly time: number;
  /** Time that workers had an attempt, added up. */
  readonly busy: number;
}

interface MutableTrial {
  trial: number;
  configuration: Configuration;
  state: ScheduledTrial['state'];
  failed: boolean;
  bracket: number;
  target: number | undefined;
  curve: readonly CurvePoint[];
  parent?: number;
  replaces?: number;
}

interface Attempt {
  readonly trial: MutableTrial;
  readonly number: number;
  readonly from: number;
  readonly curve: Curve;
  readonly startedAt: number;
  /** The report that comes next, and when. */
  resource: number;
  time: number;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

const MAX_STEPS = 100_000;

/**
 * A study in virtual time under a scheduler: slots ask for steps, trials train and report, round by round as in the state
 * machine: a slot that is told to wait is opened again when the round's other slots have ended.
 *
 * @throws Error where the scheduler breaks the contract: it runs a trial twice at once, counts one twice at a rung, resumes
 * what isn't paused, changes its mind when asked again, changes what it is given, promises more or less steps than it has,
 * goes on after it has said `none`, or hangs
 */
export function simulate(scheduler: Scheduler, options: SimulationOptions): Simulation {
  return new Simulator(scheduler, options).run();
}

class Simulator {
  private readonly trials: MutableTrial[] = [];
  private readonly attempts = new Map<number, Attempt>();
  private readonly attemptNumbers = new Map<number, number>();
  private readonly peers = new Map<number, Peer[]>();
  private readonly steps: StepRecord[] = [];
  private readonly reports: ReportRecord[] = [];
  private readonly space: SearchSpace;
  private round = 0;
  private time = 0;
  private busy = 0;
  private over = false;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly options: SimulationOptions,
  ) {
    this.space =
      options.space ?? new SearchSpace([{ name: 'x', type: 'continuous', min: 0, max: 1, scaling: 'linear' }]);
  }

  run(): Simulation {
    for (let open = this.openSteps(); open > 0; open = this.openSteps()) {
      check(!this.over, 'steps are open after it has said none');
      this.round++;
      const slots = Math.min(open, this.options.workers);
      for (let worker = 1; worker <= slots; worker++) {
        check(this.ask(worker), `${open} steps are open, but slot ${worker} of ${slots} got none`);
      }
      while (this.attempts.size > 0) this.advance();
    }
    const last = this.same(() => this.scheduler.next(this.context()));
    check(last.action === 'none' || last.action === 'wait', `no step is open, but it says ${last.action}`);
    check(last.action === 'none', 'nothing runs and no step is open, but it waits');
    return {
      steps: this.steps,
      reports: this.reports,
      trials: this.trials.map((trial) => ({ ...trial })),
      rungs: new Map([...this.peers].map(([rung, peers]) => [rung, peers.map(({ trial }) => trial)])),
      rounds: this.round,
      time: this.time,
      busy: this.busy,
    };
  }

  /** Gives a slot its next step; false if it has none. */
  private ask(worker: number): boolean {
    check(this.steps.length < MAX_STEPS, `it doesn't come to an end in ${MAX_STEPS} steps`);
    const context = this.context();
    const step = this.same(() => this.scheduler.next(context));
    const record = { time: this.time, round: this.round, worker, step, context };
    check(!this.over || step.action === 'none', `after it has said none, it says ${step.action}`);
    switch (step.action) {
      case 'none':
        check(step.reason.length > 0, 'it gives no reason');
        this.over = true;
        this.steps.push(record);
        return false;
      case 'wait':
        check(this.attempts.size > 0, `it waits though nothing runs: ${step.reason}`);
        this.steps.push(record);
        return false;
      case 'resume': {
        const trial = this.trials[step.trial - 1];
        check(trial?.state === 'paused', `it resumes trial ${step.trial}, which is ${trial?.state}`);
        trial.state = 'running';
        trial.target = step.target;
        const from = lastResource(trial.curve);
        check(step.target === undefined || step.target > from, `target ${step.target} isn't beyond ${from}`);
        this.steps.push({ ...record, trial: trial.trial, from });
        this.begin(worker, trial, from);
        return true;
      }
      default: {
        const trial = this.create(step);
        const from = step.action === 'branch' ? lastResource(this.trials[step.parent - 1].curve) : 0;
        this.steps.push({ ...record, trial: trial.trial, from });
        this.begin(worker, trial, from);
        return true;
      }
    }
  }

  private create(step: Extract<NextStep, { action: 'start' | 'branch' }>): MutableTrial {
    const number = this.trials.length + 1;
    check(number <= this.options.maxTrials, `it starts trial ${number} of ${this.options.maxTrials}`);
    if (step.action === 'branch') {
      const replaced = this.trials[step.replaces - 1];
      check(replaced?.state === 'paused', `it replaces trial ${step.replaces}, which is ${replaced?.state}`);
      check(lastResource(this.trials[step.parent - 1]?.curve ?? []) > 0, `trial ${step.parent} has no checkpoint`);
      replaced.state = 'ended';
    }
    const { propose = (trial) => ({ x: (trial * GOLDEN) % 1 }) } = this.options;
    const trial: MutableTrial = {
      trial: number,
      configuration: step.configuration ?? propose(number),
      state: 'running',
      failed: false,
      bracket: step.action === 'start' ? (step.bracket ?? 0) : 0,
      target: step.target,
      curve: [],
      ...(step.action === 'branch' && { parent: step.parent, replaces: step.replaces }),
    };
    this.trials.push(trial);
    return trial;
  }

  private begin(worker: number, trial: MutableTrial, from: number): void {
    const running = [...this.attempts.values()].some((attempt) => attempt.trial === trial);
    check(!running, `trial ${trial.trial} runs twice at once`);
    const { curves, startUp = 0, every = 1 } = this.options;
    const curve = typeof curves === 'function' ? curves({ ...trial }) : curves[trial.trial - 1];
    check(curve !== undefined, `the simulation has no curve for trial ${trial.trial}`);
    const number = (this.attemptNumbers.get(trial.trial) ?? 0) + 1;
    this.attemptNumbers.set(trial.trial, number);
    const resource = (Math.floor(from / every) + 1) * every;
    const time = this.time + startUp + (resource - from) * this.pace(trial);
    this.attempts.set(worker, { trial, number, from, curve, startedAt: this.time, resource, time });
  }

  /** The next thing that happens: a report, or an end. */
  private advance(): void {
    const [worker, attempt] = [...this.attempts].reduce((first, other) =>
      other[1].time < first[1].time || (other[1].time === first[1].time && other[0] < first[0]) ? other : first,
    );
    this.time = attempt.time;
    const { trial, number, curve, from, resource } = attempt;
    const { failsAfter, breaksAfter, every = 1 } = this.options;
    const isOver = (after: number | undefined) => after !== undefined && resource > after;

    if (isOver(failsAfter?.(trial.trial))) {
      trial.failed = true;
      return this.end(worker, attempt, 'ended');
    }
    if (isOver(breaksAfter?.(trial.trial, number))) {
      trial.curve = trial.curve.filter((point) => point.resource <= from);
      this.busy += this.time - attempt.startedAt;
      this.attempts.delete(worker);
      return this.begin(worker, trial, from);
    }
    const reported = curve[resource - 1];
    if (reported === undefined) return this.end(worker, attempt, 'ended');

    const { decision } = this.report(worker, trial, resource, reported);
    if (decision === 'stop') return this.end(worker, attempt, 'ended');
    if (decision === 'pause') return this.end(worker, attempt, 'paused');
    // it comes to its own end right after its last report; every program knows the maximum.
    if (resource >= this.options.maxResource || curve[resource + every - 1] === undefined)
      return this.end(worker, attempt, 'ended');
    attempt.resource = resource + every;
    attempt.time = this.time + every * this.pace(trial);
  }

  private report(worker: number, trial: MutableTrial, resource: number, reported: Reported): SchedulerDecision {
    const point: CurvePoint = { resource, ...outcomeOf(reported) };
    const first = [...trial.curve, point].map(({ losses }) => losses[0]);
    const report: ScheduledReport = freeze({
      trial: trial.trial,
      bracket: trial.bracket,
      target: trial.target,
      curve: trial.curve,
      point,
      best: Math.min(...first),
    });
    const rung = this.same(() => this.scheduler.rungOf(report));
    if (rung !== undefined) {
      const reached = trial.curve.some((earlier) => earlier.rung === rung);
      check(!reached, `trial ${trial.trial} reaches rung ${rung} twice`);
    }
    const entries = rung === undefined ? [] : (this.peers.get(rung) ?? []);
    const peers = this.scheduler.comparesAtRungs ? entries.filter((peer) => peer.trial !== trial.trial) : [];
    const decision = this.same(() => this.scheduler.decide(report, freeze(peers)));
    trial.curve = [...trial.curve, { ...point, ...(rung !== undefined && { rung }) }];
    if (rung !== undefined && !entries.some((peer) => peer.trial === trial.trial)) {
      const { losses, violations } = point;
      const { bracket } = report;
      const peer = { trial: trial.trial, bracket, losses, ...(violations && { violations }) };
      this.peers.set(rung, [...entries, peer]);
    }
    this.reports.push({ time: this.time, worker, trial: trial.trial, resource, rung, peers, decision });
    return decision;
  }

  private end(worker: number, attempt: Attempt, state: 'paused' | 'ended'): void {
    attempt.trial.state = state;
    this.busy += this.time - attempt.startedAt;
    this.attempts.delete(worker);
    this.ask(worker);
  }

  private context(): ScheduleContext {
    const { seed = 1, objectives = 1, maxTrials, workers, knownStartUp = 0 } = this.options;
    return Object.freeze({
      space: this.space,
      seed,
      trials: freeze(this.trials.map((trial) => ({ ...trial }))),
      objectives,
      maxTrials,
      maxParallelTrials: workers,
      startUp: knownStartUp,
    });
  }

  private openSteps(): number {
    return this.same(() => this.scheduler.openSteps(this.context()));
  }

  /** The answer, if it is the same when asked again. */
  private same<T>(answer: () => T): T {
    const first = answer();
    check(isDeepStrictEqual(answer(), first), 'asked again it answers differently');
    return first;
  }

  private pace({ trial }: MutableTrial): number {
    return this.options.pace?.(trial) ?? 1;
  }
}

function outcomeOf(reported: Reported): Pick<CurvePoint, 'losses' | 'violations'> {
  if (typeof reported === 'number') return { losses: [reported] };
  return 'losses' in reported ? reported : { losses: reported };
}

function lastResource(curve: readonly CurvePoint[]): number {
  return curve.at(-1)?.resource ?? 0;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}

function check(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(`the scheduler breaks its contract: ${problem}`);
}

/** What happened, one line each, for worked examples: `t=1 w1 start 1 -> 1`, `t=2 w1 resume 1 -> 3`. */
export function stepLines({ steps }: Simulation): string[] {
  return steps.map(({ time, worker, step, trial }) => {
    const target = 'target' in step && step.target !== undefined ? ` -> ${step.target}` : '';
    return `t=${time} w${worker} ${step.action}${trial === undefined ? '' : ` ${trial}`}${target}`;
  });
}

/**
 * Any study of one objective, for properties: workers of any pace, reports now and then, ties, trials that diverge, fail, end
 * early or lose attempts.
 */
export function studies(): fc.Arbitrary<SimulationOptions> {
  const loss = fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 2 }) },
    { weight: 1, arbitrary: fc.constant(Infinity) },
  );
  return fc
    .record({
      workers: fc.integer({ min: 1, max: 6 }),
      maxTrials: fc.integer({ min: 0, max: 30 }),
      maxResource: fc.constantFrom(1, 4, 9, 10),
      every: fc.constantFrom(1, 1, 2),
      startUp: fc.constantFrom(0, 0.5, 3),
      seed: fc.maxSafeNat(),
    })
    .chain((study) => {
      const { maxTrials, maxResource } = study;
      const trials = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: maxTrials, maxLength: maxTrials });
      const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 5, nil: undefined });
      const resource = fc.nat(maxResource - 1);
      return fc
        .record({
          // some would go on for ever.
          curves: trials(fc.array(loss, { minLength: 1, maxLength: maxResource * 2, size: 'max' })),
          paces: trials(fc.constantFrom(1, 1, 0.5, 1.5, 7)),
          failures: trials(rarely(resource)),
          breaks: trials(rarely(resource)),
        })
        .map(({ curves, paces, failures, breaks }) => ({
          ...study,
          curves,
          pace: (trial: number) => paces[trial - 1],
          failsAfter: (trial: number) => failures[trial - 1],
          breaksAfter: (trial: number, attempt: number) => (attempt === 1 ? breaks[trial - 1] : undefined),
        }));
    });
}
