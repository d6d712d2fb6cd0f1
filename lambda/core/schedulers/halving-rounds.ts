import { BracketProgress, bracketProgress } from './bracket-progress';
import { Bracket } from './hyperband-brackets';
import { pauseAtTarget } from './pause-at-target';
import { newlyReachedRung } from './rungs-reached';
import { NextStep, ScheduleContext, ScheduledReport, ScheduledTrial, Scheduler, SchedulerDecision } from './scheduler';

/** What there is to do. */
type Work =
  { readonly is: 'new'; readonly trials: number; readonly bracket: number; readonly target: number } | BracketProgress;

/**
 * Successive halving in rounds: one bracket after another, each rung by rung. All trials of a rung come to its resource
 * before the best of them go on to the next; so where fewer go on than there are slots, the others stand idle until the
 * bracket has ended. That is what rounds cost, and ASHA doesn't.
 *
 * A bracket that the study's last trials don't fill is run with those that there are.
 */
export class HalvingRounds implements Scheduler {
  /**
   * @param brackets one after another, then the first again, until all trials of the study have been started; the first has
   * all rungs
   */
  constructor(
    private readonly brackets: readonly Bracket[],
    private readonly reductionFactor: number,
  ) {}

  readonly comparesAtRungs = false;

  /** Also rungs that only other brackets stop at, so that all results at a rung can be learnt from together. */
  rungOf(report: ScheduledReport): number | undefined {
    return newlyReachedRung(this.bracketAt(0).levels, report);
  }

  decide(report: ScheduledReport): SchedulerDecision {
    return pauseAtTarget(report, this.bracketAt(0).levels.at(-1)!);
  }

  next(context: ScheduleContext): NextStep {
    const work = this.work(context);
    switch (work.is) {
      case 'new':
        return { action: 'start', target: work.target, bracket: work.bracket };
      case 'open':
        return { action: 'resume', trial: work.trials[0].trial, target: work.target, reason: work.reason };
      case 'busy':
        return { action: 'wait', reason: `trials still on their way to the rung at ${work.level}: ${work.running}` };
      case 'over':
        return {
          action: 'none',
          reason: `all ${context.maxTrials} trials have been started and their brackets are over`,
        };
    }
  }

  openSteps(context: ScheduleContext): number {
    const work = this.work(context);
    switch (work.is) {
      case 'new':
        return work.trials;
      case 'open':
        return work.trials.length;
      default:
        return 0;
    }
  }

  private work({ trials, maxTrials }: ScheduleContext): Work {
    const groups = byBracket(trials);
    const left = Math.max(maxTrials - trials.length, 0);
    const newest = groups.length - 1;
    for (let bracket = 0; bracket <= newest; bracket++) {
      const { size, levels } = this.bracketAt(bracket);
      const group = groups[bracket] ?? [];
      // a study may be given more trials when its last bracket has gone on with fewer.
      const isFilling = bracket === newest && group.every(({ target = Infinity }) => target <= levels[0]);
      const missing = isFilling ? Math.min(size - group.length, left) : 0;
      if (missing > 0) return { is: 'new', trials: missing, bracket, target: levels[0] };

      const progress = bracketProgress(group, levels, this.reductionFactor);
      if (progress.is !== 'over') return progress;
    }
    if (left === 0) return { is: 'over' };
    const { size, levels } = this.bracketAt(newest + 1);
    return { is: 'new', trials: Math.min(size, left), bracket: newest + 1, target: levels[0] };
  }

  private bracketAt(index: number): Bracket {
    return this.brackets[index % this.brackets.length];
  }
}

function byBracket(trials: readonly ScheduledTrial[]): (ScheduledTrial[] | undefined)[] {
  const groups: ScheduledTrial[][] = [];
  for (const trial of trials) (groups[trial.bracket] ??= []).push(trial);
  return groups;
}
