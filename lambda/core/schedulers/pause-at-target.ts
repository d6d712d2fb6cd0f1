import { isAtLeast, trainedToEnd } from './rungs-reached';
import { CONTINUE, ScheduledReport, SchedulerDecision } from './scheduler';

/** A trial trains to the target of its attempt and waits there with its checkpoint; at the maximum it ends. */
export function pauseAtTarget(report: ScheduledReport, maxResource: number): SchedulerDecision {
  const end = trainedToEnd(report, maxResource);
  if (end !== undefined) return end;

  const { point, target } = report;
  return target !== undefined && isAtLeast(point.resource, target)
    ? { decision: 'pause', reason: `has come to resource ${target}, where it is compared with others` }
    : CONTINUE;
}
