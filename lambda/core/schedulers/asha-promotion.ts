import { AshaDefinition } from '../../../lib/contract/tuner-definition';
import { bracketCount, bracketLevels, bracketOf } from './brackets';
import { openNew } from './new-trials';
import { pauseAtTarget } from './pause-at-target';
import { rungLeaders } from './rung-leaders';
import { newlyReachedRung } from './rungs-reached';
import {
  NextStep,
  ScheduleContext,
  ScheduledReport,
  ScheduledTrial,
  Scheduler,
  SchedulerDecision,
  entryAt,
  highestRung,
} from './scheduler';

/** An attempt should train for so many times what it takes to start it. */
const START_UPS = 2;

type Resume = Extract<NextStep, { action: 'resume' }>;

/**
 * Asynchronous successive halving: trials pause at each rung, and whenever a slot is free, the best trial that is among the
 * best 1/η of a rung and has not gone on yet does, the highest rung first; only if there is none, a new trial starts. So no
 * slot ever waits for a rung to fill. With several brackets, asynchronous Hyperband.
 *
 * Source: Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2, with these additions:
 * no more than `maxTrials` are started, and when all are, slots wait for what the running ones may change; trials skip rungs
 * that are shorter than twice the start-up of an attempt, since they would cost more to start than to train.
 */
export class AshaPromotion implements Scheduler {
  /** @param ceiling where trials pause for good as things stand; default: the maximum resource */
  constructor(
    private readonly definition: AshaDefinition,
    private readonly ceiling: (context: ScheduleContext) => number = () => definition.maxResource,
  ) {}

  readonly comparesAtRungs = false;

  rungOf(report: ScheduledReport): number | undefined {
    return newlyReachedRung(bracketLevels(this.definition, report.bracket), report);
  }

  decide(report: ScheduledReport): SchedulerDecision {
    return pauseAtTarget(report, this.definition.maxResource);
  }

  next(context: ScheduleContext): NextStep {
    const { trials, maxTrials, seed, startUp } = context;
    const [promotion] = this.promotions(context);
    if (promotion !== undefined) return promotion;

    if (trials.length < maxTrials) {
      const bracket = bracketOf(this.definition, seed, trials.length + 1);
      return { action: 'start', bracket, target: firstTarget(bracketLevels(this.definition, bracket), startUp) };
    }
    const isUndecided = (trial: ScheduledTrial) =>
      trial.state === 'paused' || (trial.state === 'running' && !this.isLastAttempt(trial));
    return trials.some(({ state }) => state === 'running') && trials.some(isUndecided)
      ? { action: 'wait', reason: 'no paused trial is among the best of its rung, which running trials may change' }
      : { action: 'none', reason: `all ${maxTrials} trials have been started, and the best of each rung have gone on` };
  }

  openSteps(context: ScheduleContext): number {
    return [...this.promotions(context)].length + openNew(context);
  }

  /** Paused trials that may go on, in the order in which they should. */
  private *promotions(context: ScheduleContext): Generator<Resume> {
    const ceiling = this.ceiling(context);
    const paused = new Map<string, ScheduledTrial[]>();
    for (const trial of context.trials) {
      if (trial.state !== 'paused' || trial.failed) continue;
      const place = placeOf(trial.bracket, highestRung(trial));
      const others = paused.get(place);
      if (others === undefined) paused.set(place, [trial]);
      else others.push(trial);
    }
    for (const { rung, bracket } of this.rungs()) {
      const candidates = paused.get(placeOf(bracket, rung));
      if (candidates !== undefined && rung < ceiling) yield* this.promotionsFrom(rung, bracket, candidates, context);
    }
  }

  private *promotionsFrom(
    rung: number,
    bracket: number,
    candidates: readonly ScheduledTrial[],
    { trials, startUp }: ScheduleContext,
  ): Generator<Resume> {
    const entries = trials
      .filter((trial) => trial.bracket === bracket && !trial.failed)
      .flatMap((trial) => entryAt(trial, rung) ?? []);
    const leaders = rungLeaders(entries, this.definition.reductionFactor);
    const levels = bracketLevels(this.definition, bracket);
    const target = Math.max(
      levels.find((level) => level > rung)!,
      firstTarget(levels, startUp),
    );
    const isCandidate = new Set(candidates.map(({ trial }) => trial));
    for (const [place, { trial }] of leaders.entries()) {
      if (!isCandidate.has(trial)) continue;
      const reason = `place ${place + 1} of ${entries.length} trials at resource ${rung}, of which the best ${leaders.length} go on`;
      yield { action: 'resume', trial, target, reason };
    }
  }

  /** The rungs of all brackets from where trials can go on, the highest first. */
  private rungs(): { rung: number; bracket: number }[] {
    return Array.from({ length: bracketCount(this.definition) }, (_, bracket) => bracket)
      .flatMap((bracket) =>
        bracketLevels(this.definition, bracket)
          .slice(0, -1)
          .map((rung) => ({ rung, bracket })),
      )
      .sort((a, b) => b.rung - a.rung || a.bracket - b.bracket);
  }

  private isLastAttempt({ target }: ScheduledTrial): boolean {
    return target === undefined || target >= this.definition.maxResource;
  }
}

/**
 * Where new trials of a bracket pause first: at its lowest rung that is at least twice the start-up, so that an attempt
 * trains for longer than it starts. Only the maximum itself is never the first of several rungs: then no trial would
 * be compared with another one before its end.
 *
 * @param levels the bracket's rungs, ascending
 * @param startUp in units of the resource
 */
export function firstTarget(levels: readonly number[], startUp: number): number {
  const below = levels.slice(0, -1);
  return below.find((level) => level >= START_UPS * startUp) ?? below.at(-1) ?? levels[0];
}

function placeOf(bracket: number, rung: number): string {
  return `${bracket}/${rung}`;
}
