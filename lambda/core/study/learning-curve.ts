import { CurvePoint } from '../schedulers/scheduler';
import { Goals, MetricValues, lossesSoFar, violationsSoFar } from './objective';

/** A trial's record holds no more points than this: the table has items of 400 KB, and is paid by the kilobyte. */
const MAX_POINTS = 100;

/** What a trial shows at a resource, by the newest values of its metrics. */
export function curvePointOf(goals: Goals, resource: number, metrics: MetricValues): CurvePoint {
  return {
    resource,
    losses: lossesSoFar(goals, metrics),
    ...(goals.outcomeConstraints.length > 0 && { violations: violationsSoFar(goals, metrics) }),
  };
}

/**
 * The curve with one more point. Points at or beyond it belong to an attempt that this one repeats.
 *
 * Where there are too many, the point between rungs goes whose neighbours are the closest, by the ratio of their resources:
 * curves change fast at first and slowly later. The first and the newest one stay.
 */
export function withPoint(curve: readonly CurvePoint[], point: CurvePoint): CurvePoint[] {
  const points = [...curve.filter(({ resource }) => resource < point.resource), point];
  if (points.length <= MAX_POINTS) return points;
  const gap = (i: number) => points[i + 1].resource / points[i - 1].resource;
  let least: number | undefined;
  for (let i = 1; i < points.length - 1; i++) {
    if (points[i].rung === undefined && (least === undefined || gap(i) < gap(least))) least = i;
  }
  // with as many rungs as that, the oldest of them.
  return points.filter((_, i) => i !== (least ?? 0));
}
