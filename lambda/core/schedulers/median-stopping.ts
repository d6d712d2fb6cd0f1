import { openNew, startNew } from './new-trials';
import { CONTINUE, NextStep, Peer, ScheduleContext, ScheduledReport, Scheduler, SchedulerDecision } from './scheduler';

/**
 * The median stopping rule: a trial ends when its best value so far is worse than the median of the other trials' values
 * at the same resource.
 *
 * Source: Golovin et al., "Google Vizier: a service for black-box optimization", KDD 2017, section 3.2.2. There the others
 * are judged by their averages up to the resource, which lag behind where curves fall, and only completed ones count; here
 * all that have come this far do, so that the rule works from the first slots on and trials that were stopped keep their
 * vote. What each of the two brings is in docs/schedulers.md.
 */
export class MedianStopping implements Scheduler {
  constructor(
    /** No trial is stopped before this resource. */
    private readonly gracePeriod: number,
    /** No trial is stopped before this many others have come as far. */
    private readonly minimumTrials: number,
  ) {}

  readonly comparesAtRungs = true;

  /** Every resource is a rung: trials are compared where they report. */
  rungOf({ point }: ScheduledReport): number | undefined {
    return point.resource >= this.gracePeriod ? point.resource : undefined;
  }

  decide({ point: { resource }, best }: ScheduledReport, peers: readonly Peer[]): SchedulerDecision {
    if (resource < this.gracePeriod || peers.length < this.minimumTrials) return CONTINUE;

    const median = medianOf(peers.map(({ losses: [first] }) => first));
    return best > median
      ? { decision: 'stop', reason: `worse than the median of ${peers.length} trials at resource ${resource}` }
      : CONTINUE;
  }

  next(context: ScheduleContext): NextStep {
    return startNew(context);
  }

  openSteps(context: ScheduleContext): number {
    return openNew(context);
  }
}

function medianOf(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
