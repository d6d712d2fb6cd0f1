import { Axis } from '../models/random-forest/axis';

/** The part of an axis that a box or a condition covers: intervals of an ordered one, categories marked by 1. */
export type Side = readonly Interval[] | Uint8Array;

export type Interval = readonly [low: number, high: number];

export function wholeSide(axis: Axis): Side {
  return axis.kind === 'ordered' ? [[0, 1]] : new Uint8Array(axis.count).fill(1);
}

/** Its part of the axis, from 0 to 1. All categories weigh the same. */
export function measure(side: Side): number {
  if (side instanceof Uint8Array) return side.reduce((sum, marked) => sum + marked, 0) / side.length;
  return side.reduce((sum, [low, high]) => sum + (high - low), 0);
}

/** What two parts of the same axis have in common. */
export function intersection(a: Side, b: Side): Side {
  if (a instanceof Uint8Array) return a.map((marked, i) => marked & (b as Uint8Array)[i]);
  return a.flatMap(([low, high]) =>
    (b as readonly Interval[])
      .map(([otherLow, otherHigh]): Interval => [Math.max(low, otherLow), Math.min(high, otherHigh)])
      .filter(([from, to]) => from < to),
  );
}
