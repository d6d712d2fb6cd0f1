import { rungBetween } from './rungs';
import { ScheduledReport, SchedulerDecision, highestRung } from './scheduler';

/** Whether a resource is at or beyond a rung, or so close to it that it counts as there. */
export function isAtLeast(resource: number, rung: number): boolean {
  return rungBetween([rung], -Infinity, resource) !== undefined;
}

/** The highest of the rungs that a trial reaches with a report, and not before. */
export function newlyReachedRung(
  levels: readonly number[],
  { curve, point }: Pick<ScheduledReport, 'curve' | 'point'>,
): number | undefined {
  // a report that was a little short of a rung has counted for it.
  const before = Math.max(curve.at(-1)?.resource ?? -Infinity, highestRung({ curve }));
  return rungBetween(levels, before, point.resource);
}

/** The answer to a trial that has come to the maximum, should it mean to go on. */
export function trainedToEnd({ point }: ScheduledReport, maxResource: number): SchedulerDecision | undefined {
  return isAtLeast(point.resource, maxResource)
    ? { decision: 'stop', reason: `has trained for the maximum resource ${maxResource}` }
    : undefined;
}
