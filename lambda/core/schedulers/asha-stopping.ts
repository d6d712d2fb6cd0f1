import { AshaDefinition } from '../../../lib/contract/tuner-definition';
import { bracketLevels, bracketOf } from './brackets';
import { openNew, startNew } from './new-trials';
import { isTied } from './rank-entries';
import { rungLeaders } from './rung-leaders';
import { newlyReachedRung, trainedToEnd } from './rungs-reached';
import {
  CONTINUE,
  NextStep,
  Peer,
  RungEntry,
  ScheduleContext,
  ScheduledReport,
  Scheduler,
  SchedulerDecision,
} from './scheduler';

/**
 * Asynchronous successive halving without checkpoints: a trial trains on until it comes to a rung where it isn't among the
 * best 1/η of those that have come there so far, itself included. With several brackets, asynchronous Hyperband.
 *
 * Sources: Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, for the rungs; the stopping form
 * is that of Liaw et al., "Tune: a research platform for distributed model selection and training", arXiv 1807.05118, 2018.
 * While fewer than η have come to the rung, the best of them goes on. So does a trial whose result equals that of the last
 * one that goes on: metrics that are coarse or begin at chance level must not keep all but the first trials from training.
 */
export class AshaStopping implements Scheduler {
  constructor(private readonly definition: AshaDefinition) {}

  readonly comparesAtRungs = true;

  rungOf(report: ScheduledReport): number | undefined {
    return newlyReachedRung(bracketLevels(this.definition, report.bracket), report);
  }

  decide(report: ScheduledReport, peers: readonly Peer[]): SchedulerDecision {
    const { maxResource, reductionFactor } = this.definition;
    const end = trainedToEnd(report, maxResource);
    if (end !== undefined) return end;

    const rung = this.rungOf(report);
    if (rung === undefined) return CONTINUE;

    const own: RungEntry = { ...report.point, trial: report.trial };
    const entries = [...peers.filter(({ bracket }) => bracket === report.bracket), own];
    const leaders = rungLeaders(entries, Math.min(reductionFactor, entries.length));
    return leaders.some((leader) => leader.trial === own.trial || isTied(leader, own))
      ? CONTINUE
      : {
          decision: 'stop',
          reason: `not among the best ${leaders.length} of ${entries.length} trials at resource ${rung}`,
        };
  }

  next(context: ScheduleContext): NextStep {
    const step = startNew(context);
    if (step.action !== 'start') return step;
    const bracket = bracketOf(this.definition, context.seed, context.trials.length + 1);
    return { ...step, bracket, target: this.definition.maxResource };
  }

  openSteps(context: ScheduleContext): number {
    return openNew(context);
  }
}
