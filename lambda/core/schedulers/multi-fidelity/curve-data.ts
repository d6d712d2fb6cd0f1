import { V } from './variant';
import { ScheduledTrial } from '../scheduler';

/** A result of a trial on its way. */
export interface CurveDatum {
  /** Index of the trial. */
  readonly index: number;
  readonly resource: number;
  readonly losses: readonly number[];
  readonly violations?: readonly number[];
}

/** What a model sees of a trial: its results at rungs, and its latest; only finite ones. */
export function curveDataOf({ curve }: ScheduledTrial, index: number): CurveDatum[] {
  if (V.min) {
    let losses = curve[0]?.losses;
    return curve.flatMap((point, i) => {
      if (point.losses.every(Number.isFinite) && !(losses[0] <= point.losses[0])) losses = point.losses;
      return point.rung !== undefined || i === curve.length - 1 ? [{ index, resource: point.resource, losses }] : [];
    });
  }
  return curve
    .filter((point, i) => point.rung !== undefined || i === curve.length - 1)
    .filter(({ losses }) => losses.every(Number.isFinite))
    .map(({ resource, losses, violations }) => ({ index, resource, losses, ...(violations && { violations }) }));
}
