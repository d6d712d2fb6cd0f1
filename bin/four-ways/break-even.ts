import { computeUsd, Measurement } from './simulate';
import { table } from './table';
import { WayName, WAYS } from './ways';

/** Where a line through points falls to 0: `'never'` above it, `'always'` up to the last point. */
export type Crossing = number | 'never' | 'always';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Up to which `x` the line through the points, in order, is above 0. */
export function crossing(points: readonly Point[]): Crossing {
  if (!(points[0].y > 0)) return 'never';
  const at = points.findIndex(({ y }) => !(y > 0));
  if (at < 0) return 'always';
  const [before, after] = [points[at - 1], points[at]];
  return before.x + ((after.x - before.x) * before.y) / (before.y - after.y);
}

/** What counts as faster. */
const GAIN = 0.1;

/** The same study in all ways, for one length of its trials. */
export interface Sweep {
  readonly trialSeconds: number;
  readonly measured: readonly Measurement[];
}

/** How short trials must be for a cluster to be better than each other way. */
export function breakEven(
  sweeps: readonly Sweep[],
  other: WayName,
): { readonly faster: Crossing; readonly cheaper: Crossing } {
  const gains = (gain: (other: Measurement, cluster: Measurement) => number) =>
    crossing(
      sweeps.map(({ trialSeconds, measured }) => ({
        x: trialSeconds / 60,
        y: gain(of(measured, other), of(measured, 'cluster')),
      })),
    );
  return {
    faster: gains((theirs, cluster) => theirs.wallSeconds * (1 - GAIN) - cluster.wallSeconds),
    cheaper: gains((theirs, cluster) => allUsd(theirs) - allUsd(cluster)),
  };
}

export function breakEvenTable(sweeps: readonly Sweep[]): string {
  const minutes = sweeps.map(({ trialSeconds }) => trialSeconds / 60);
  const text = (found: Crossing) => {
    if (found === 'never') return `not from ${minutes[0]} min on`;
    return found === 'always'
      ? `up to ${minutes.at(-1)} min, the longest tried`
      : `${Number(found.toPrecision(2))} min`;
  };
  const others = sweeps[0].measured.map(({ way }) => way).filter((way) => way !== 'cluster');
  return table([
    [
      'a cluster, against',
      `is at least ${GAIN * 100} % faster for trials shorter than`,
      'is cheaper for trials shorter than',
    ],
    ...others.map((way) => {
      const { faster, cheaper } = breakEven(sweeps, way);
      return [WAYS[way].title, text(faster), text(cheaper)];
    }),
  ]);
}

function of(measured: readonly Measurement[], way: WayName): Measurement {
  return measured.find((one) => one.way === way)!;
}

function allUsd(measured: Measurement): number {
  return computeUsd(measured) + measured.orchestration.usd;
}
