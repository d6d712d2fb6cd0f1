import { rungBetween } from './rungs';
import { CONTINUE, ScheduledReport, SchedulerDecision, highestRung } from './scheduler';

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

/**
 * The answer to a trial that has come to the maximum: its program ends by itself, and saves its model before. One that
 * doesn't know the maximum and trains beyond it is stopped.
 */
export function trainedToEnd({ point }: ScheduledReport, maxResource: number): SchedulerDecision | undefined {
  if (!isAtLeast(point.resource, maxResource)) return undefined;
  return isAtLeast(maxResource, point.resource)
    ? CONTINUE
    : { decision: 'stop', reason: `has trained beyond the maximum resource ${maxResource}` };
}
