import { PatienceDefinition } from '../../../lib/contract/tuner-definition';
import { openNew, startNew } from './new-trials';
import { CONTINUE, NextStep, ScheduleContext, ScheduledReport, Scheduler, SchedulerDecision } from './scheduler';

/** Resources are sums of steps, which aren't exact. */
const TOLERANCE = 1e-9;

/**
 * Ends a trial that no longer improves: the best value of its first objective in the last `patience` of resource is no
 * better than the best one before, by more than `minimumImprovement`. Looks at nothing but the trial's own curve.
 *
 * See Prechelt, "Early stopping - but when?", in "Neural networks: tricks of the trade", 1998, for rules of this kind; this
 * one is the simplest of them, as most training libraries have it.
 */
export class Patience implements Scheduler {
  constructor(private readonly definition: PatienceDefinition) {}

  readonly comparesAtRungs = false;

  rungOf(): undefined {
    return undefined;
  }

  decide({ curve, point }: ScheduledReport): SchedulerDecision {
    const { patience, minimumImprovement, gracePeriod } = this.definition;
    if (point.resource < gracePeriod) return CONTINUE;

    const begin = point.resource * (1 + TOLERANCE) - patience;
    const before = curve.filter(({ resource }) => resource <= begin);
    if (before.length === 0) return CONTINUE;

    const since = [...curve.slice(before.length), point];
    const improvement = bestOf(before) - bestOf(since);
    // a curve that has been infinite all along improves by NaN.
    return improvement > minimumImprovement
      ? CONTINUE
      : {
          decision: 'stop',
          reason: `has not improved${minimumImprovement > 0 ? ` by more than ${minimumImprovement}` : ''} since resource ${before.at(-1)!.resource}`,
        };
  }

  next(context: ScheduleContext): NextStep {
    return startNew(context);
  }

  openSteps(context: ScheduleContext): number {
    return openNew(context);
  }
}

function bestOf(points: ScheduledReport['curve']): number {
  return points.reduce((best, { losses }) => Math.min(best, losses[0]), Infinity);
}
