import { ASSUMED } from './assumptions';
import { computeUsd, Measurement } from './simulate';
import { StudyShape } from './study';
import { instancesOf, WAYS } from './ways';

/** The rows of a measured table: what is measured, and how it reads. */
export const MEASURED_ROWS: readonly (readonly [string, (measured: Measurement, shape: StudyShape) => string])[] = [
  ['wall time', ({ wallSeconds }) => time(wallSeconds)],
  ['instance hours', ({ instanceSeconds }) => (instanceSeconds / 3600).toFixed(1)],
  ['compute, on demand', (measured) => usd(computeUsd(measured))],
  [
    'compute, spot',
    (measured) =>
      WAYS[measured.way].takesSpot ? usd(computeUsd(measured) * (1 - ASSUMED.spotDiscount)) : 'not possible',
  ],
  ['orchestration', ({ orchestration }) => (orchestration.usd < 0.001 ? 'under $0.001' : usd(orchestration.usd, 3))],
  [
    "share of the slots' time spent on starting",
    ({ startingSeconds, trainedSeconds }) => percent(startingSeconds / (startingSeconds + trainedSeconds)),
  ],
  ['trials stopped early', ({ stopped }) => String(stopped)],
  [
    'compute that they saved',
    (measured, shape) => usd((measured.untrainedSeconds / 3600) * slotPrice(measured, shape)),
  ],
  ['calls that start jobs', ({ orchestration }) => calls(orchestration.starts)],
];

export function measuredTable(measured: readonly Measurement[], shape: StudyShape): string {
  return table([
    ['', ...measured.map(({ way }) => WAYS[way].title)],
    ...MEASURED_ROWS.map(([name, text]) => [name, ...measured.map((one) => text(one, shape))]),
  ]);
}

export function table([head, ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

export function time(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function slotPrice({ way }: Measurement, shape: StudyShape): number {
  const { usdPerHour } = WAYS[way];
  return way === 'cluster' ? (usdPerHour * instancesOf(shape)) / shape.parallel : usdPerHour;
}

function usd(dollars: number, digits = 2): string {
  return `$${dollars.toFixed(digits)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function calls(starts: Readonly<Record<string, number>>): string {
  return Object.entries(starts)
    .map(([operation, count]) => `${count} ${operation.charAt(0).toUpperCase()}${operation.slice(1)}`)
    .join(', ');
}
