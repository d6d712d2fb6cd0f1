import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { assumptionsTable } from './assumptions';
import { breakEvenTable, Sweep } from './break-even';
import { countResources, resourcesTable } from './resources';
import { simulate } from './simulate';
import { StudyShape } from './study';
import { measuredTable } from './table';
import { WayName, WAY_NAMES, synthesizeWay } from './ways';

export interface ReportOptions {
  readonly shape: Pick<StudyShape, 'trials' | 'parallel'>;
  /** Minutes of a trial, for the measured tables. */
  readonly lengths: readonly number[];
  /** Minutes of a trial between which the break-even is looked for. */
  readonly breakEvenLengths: readonly number[];
  readonly onProgress: (text: string) => void;
}

const EPOCHS = 27;
const REPORT_EVERY = 3;

/** Runs the study in all ways, and answers the tables of the page. */
export async function report(options: ReportOptions): Promise<string> {
  const measured: string[] = [];
  for (const minutes of options.lengths) {
    const shape = {
      ...options.shape,
      epochs: EPOCHS,
      reportEvery: REPORT_EVERY,
      stopsEarly: true,
      trialSeconds: minutes * 60,
    };
    const { measured: ways } = await sweep(shape, options);
    measured.push(`### Trials of ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`, measuredTable(ways, shape));
  }
  const sweeps: Sweep[] = [];
  for (const minutes of options.breakEvenLengths) {
    // nothing is stopped: all ways train the same, and what starting takes is all that differs.
    const shape = { ...options.shape, epochs: 1, reportEvery: 1, stopsEarly: false, trialSeconds: minutes * 60 };
    sweeps.push(await sweep(shape, options));
  }
  const { trials, parallel } = options.shape;
  return [
    `${trials} trials of ${EPOCHS} epochs, ${parallel} at a time, with a report after each ${REPORT_EVERY} epochs; random search.`,
    ...measured,
    '### Break-even',
    breakEvenTable(sweeps),
    '### What is created',
    resourcesTable(
      resources({ ...options.shape, epochs: EPOCHS, reportEvery: REPORT_EVERY, stopsEarly: true, trialSeconds: 600 }),
    ),
    '### Assumptions',
    assumptionsTable(),
  ].join('\n\n');
}

async function sweep(shape: StudyShape, { onProgress }: ReportOptions): Promise<Sweep> {
  const measured = [];
  for (const way of WAY_NAMES) {
    onProgress(`trials of ${shape.trialSeconds / 60} min${shape.stopsEarly ? '' : ', none stopped'}: ${way}`);
    measured.push(await simulate(way, shape));
  }
  return { trialSeconds: shape.trialSeconds, measured };
}

function resources(shape: StudyShape): Record<WayName, number[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-four-ways-'));
  try {
    const counts = WAY_NAMES.map(
      (way) => [way, countResources(synthesizeWay(way, shape, path.join(folder, way)))] as const,
    );
    return Object.fromEntries(counts) as Record<WayName, number[]>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
