import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ASSUMED, ASSUMPTION_ROWS, assumptionsTable } from '../../bin/four-ways/assumptions';
import { breakEvenTable, crossing } from '../../bin/four-ways/break-even';
import { withMeasured } from '../../bin/four-ways/page';
import { countResources, resourcesTable } from '../../bin/four-ways/resources';
import { Measurement, computeUsd, simulate } from '../../bin/four-ways/simulate';
import { StudyShape } from '../../bin/four-ways/study';
import { MEASURED_ROWS, measuredTable } from '../../bin/four-ways/table';
import { WAYS, WAY_NAMES, WayName, synthesizeWay } from '../../bin/four-ways/ways';

const FILE = path.join(__dirname, '..', '..', 'docs', 'four-ways.md');
const page = readFileSync(FILE, 'utf8');

const SHAPE: StudyShape = {
  trials: 4,
  parallel: 2,
  epochs: 4,
  reportEvery: 2,
  stopsEarly: false,
  trialSeconds: 60,
};

const TIMEOUT_MS = 300_000;

/** The cells of a table's row. */
const cells = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test(
  'a small study in all ways: the rows of the table, and what the ways differ in',
  async () => {
    const measured: Measurement[] = [];
    for (const way of WAY_NAMES) measured.push(await simulate(way, SHAPE));

    const rows = measuredTable(measured, SHAPE).split('\n').map(cells);
    expect(rows.map(([name]) => name)).toEqual(['', '---', ...MEASURED_ROWS.map(([name]) => name)]);
    expect(rows[0].slice(1)).toEqual(WAY_NAMES.map((way) => WAYS[way].title));
    expect(rows.every((row) => row.length === WAY_NAMES.length + 1)).toBe(true);

    const { jobs, warm, cluster, batch, tuning } = Object.fromEntries(measured.map((one) => [one.way, one])) as Record<
      WayName,
      Measurement
    >;
    // the same configurations, trained for the same time.
    for (const one of measured) {
      expect(one.result.trials).toMatchObject({ total: 4, completed: 4, failed: 0 });
      expect(one.trainedSeconds).toBeCloseTo(jobs.trainedSeconds, 0);
      expect(one.result.best!.hyperparameters.hidden_units).toBe(jobs.result.best!.hyperparameters.hidden_units);
      expect(one.stopped).toBe(0);
    }
    expect(jobs.orchestration.starts).toEqual({ createTrainingJob: 4 });
    expect(cluster.orchestration.starts).toEqual({ createTrainingJob: 1 });
    expect(batch.orchestration.starts).toEqual({ submitJob: 4 });
    expect(tuning.orchestration.starts).toEqual({ createHyperParameterTuningJob: 1 });
    // a job starts in 210 s, which the others pay once for each slot.
    const start = ASSUMED.trainingJobLaunch + ASSUMED.imageDownload;
    expect(jobs.startingSeconds).toBeCloseTo(4 * start, 0);
    expect(warm.startingSeconds).toBeCloseTo(2 * start + 2 * ASSUMED.warmStart, 0);
    expect(tuning.startingSeconds).toBeCloseTo(2 * start + 2 * ASSUMED.warmStart, 0);
    expect(cluster.startingSeconds).toBeCloseTo(2 * start, 0);
    const launch = ASSUMED.batchLaunch + ASSUMED.imageDownload;
    expect(batch.startingSeconds).toBeCloseTo(2 * launch + 4 * ASSUMED.batchPlacement, 0);
    expect(jobs.wallSeconds).toBeGreaterThan(cluster.wallSeconds + start);
    // billed is the image and the training, of AWS Batch also the launch and the idle end.
    expect(jobs.instanceSeconds).toBeCloseTo(jobs.trainedSeconds + 4 * ASSUMED.imageDownload, -1);
    expect(batch.instanceSeconds).toBeGreaterThan(batch.trainedSeconds + 2 * (launch + ASSUMED.batchIdle));
    expect(computeUsd(jobs)).toBeCloseTo((jobs.instanceSeconds / 3600) * 1.408, 6);
    expect(tuning.orchestration.usd).toBeLessThan(cluster.orchestration.usd);
  },
  TIMEOUT_MS,
);

test(
  'the workers of a cluster with two slots on each instance stop bad trials',
  async () => {
    const shape = { ...SHAPE, trials: 16, parallel: 4, trialsPerInstance: 2, stopsEarly: true };
    const cluster = await simulate('cluster', shape);
    expect(cluster.result.trials.total).toBe(16);
    // one that is told at its last epoch has nothing left to save.
    expect(cluster.stopped).toBeGreaterThan(0);
    expect(cluster.stopped).toBeLessThanOrEqual(cluster.result.trials.stoppedEarly);
    expect(cluster.untrainedSeconds).toBeGreaterThan(0);
    // two instances, for as long as the job trains.
    expect(cluster.instanceSeconds).toBeCloseTo(2 * (cluster.wallSeconds - ASSUMED.trainingJobLaunch), -1);
  },
  TIMEOUT_MS,
);

test('the page has the assumptions that the script reckons with', () => {
  const section = page.slice(page.indexOf('### Assumptions'), page.indexOf('<!-- four-ways:end -->'));
  const rows = (text: string) =>
    text
      .split('\n')
      .filter((line) => /^\| *[^ -]/.test(line))
      .map(cells);
  expect(rows(section)).toEqual(rows(assumptionsTable()));
  expect(ASSUMPTION_ROWS).toHaveLength(Object.keys(ASSUMED).length);
});

test('the page has every row of the script for trials of 1, 10 and 60 minutes', () => {
  const measured = page.slice(page.indexOf('<!-- four-ways:begin -->'), page.indexOf('<!-- four-ways:end -->'));
  const sections = measured.split('\n### ').slice(1);
  expect(sections.map((section) => section.split('\n')[0])).toEqual([
    'Trials of 1 minute',
    'Trials of 10 minutes',
    'Trials of 60 minutes',
    'Break-even',
    'What is created',
    'Assumptions',
  ]);
  for (const section of sections.slice(0, 3)) {
    const names = section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => cells(line)[0]);
    expect(names.slice(2)).toEqual(MEASURED_ROWS.map(([name]) => name));
  }
});

test('the page has the counts of the synthesized templates', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'cdk-hpo-test-'));
  try {
    const counts = Object.fromEntries(
      WAY_NAMES.map((way) => [way, countResources(synthesizeWay(way, SHAPE, path.join(folder, way)))]),
    ) as Record<WayName, number[]>;
    const lines = page.split('\n').filter((line) => line.startsWith('|'));
    for (const row of resourcesTable(counts).split('\n').slice(2).map(cells)) {
      expect(lines.map(cells)).toContainEqual(row);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a break-even lies where the line through the points falls to 0', () => {
  const line = (...ys: number[]) => ys.map((y, index) => ({ x: [1, 10, 60][index], y }));
  expect(crossing(line(2, 1, -1))).toBe(35);
  expect(crossing(line(9, 0, -5))).toBe(10);
  expect(crossing(line(-1, 2, 3))).toBe('never');
  expect(crossing(line(1, 2, 3))).toBe('always');
});

test('the break-even counts money and time against each other way', () => {
  const one = (way: WayName, wallSeconds: number, instanceSeconds: number) =>
    ({ way, wallSeconds, instanceSeconds, orchestration: { usd: 0 } }) as Measurement;
  const sweeps = [
    { trialSeconds: 60, measured: [one('jobs', 300, 200), one('cluster', 200, 100)] },
    { trialSeconds: 600, measured: [one('jobs', 600, 300), one('cluster', 560, 400)] },
  ];
  const [head, , row] = breakEvenTable(sweeps).split('\n').map(cells);
  expect(head).toHaveLength(3);
  // 0.9 * 300 - 200 = 70, 0.9 * 600 - 560 = -20.
  expect(row).toEqual(['training jobs', '8 min', '5.5 min']);
});

test('only what stands between the markers of a page is replaced', () => {
  const text = '# A\n\nbefore\n\n<!-- four-ways:begin -->\n\nold\n\n<!-- four-ways:end -->\n\nafter\n';
  expect(withMeasured(text, 'new', FILE)).toBe(text.replace('old', 'new'));
  expect(() => withMeasured('# A\n', 'new', FILE)).toThrow(/four-ways:begin/);
});
