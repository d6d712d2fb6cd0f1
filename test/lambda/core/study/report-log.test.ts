import * as fc from 'fast-check';
import { LogReportsDefinition, TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { LogLine, reportLog } from '../../../../lambda/core/study/report-log';
import { StudyStore } from '../../../../lambda/core/store/study-store';
import { FaultyItemTable } from '../../../support/lambda-faulty-table';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { TestStudy, at, completed, trainOf } from '../../../support/lambda-study';

withoutWaiting();

const LOG: LogReportsDefinition = {
  metricRegexes: { accuracy: 'accuracy[=:] ?(\\S+)', loss: 'loss[=:] ?(\\S+)' },
  resourceOffset: 0,
};
const WITH_EPOCHS: LogReportsDefinition = { ...LOG, resourceRegex: 'epoch (\\d+)' };

/** Lines as CloudWatch numbers them, a second apart. */
const linesOf = (messages: readonly string[], from = 0): LogLine[] =>
  messages.map((message, i) => ({
    id: String(from + i).padStart(56, '0'),
    timestamp: Date.parse(at(100 + from + i)),
    message,
  }));

/** GIVEN a study that reads logs, whose first trial runs. */
async function reading(logReports = LOG, tuner: Partial<TunerDefinition> = {}, table = new MemoryItemTable()) {
  const study = await TestStudy.opened(table, { logReports, ...tuner });
  const first = await study.train();
  const warnings: string[] = [];
  const read = (lines: readonly LogLine[], jobName = `${first.jobName}-0-0`, store: StudyStore = study.store) =>
    reportLog(
      { jobName, lines, at: at(900) },
      { store, jobs: study.jobs, warn: (message) => void warnings.push(message) },
    );
  const print = (...messages: string[]) => read(linesOf(messages));
  return { study, first, warnings, read, print };
}
const curveOf = async (study: TestStudy, trial = 1) =>
  ((await study.trial(trial)).curve ?? []).map(({ resource, losses }) => [resource, -losses[0]]);

describe('what a training job prints is read', () => {
  test('as one report for each line that shows the objective', async () => {
    const { study, print } = await reading();
    await print('loading data', 'accuracy=0.25', 'still training', 'accuracy: 0.75');
    expect(await curveOf(study)).toEqual([
      [1, 0.25],
      [2, 0.75],
    ]);
    expect(await study.trial(1)).toMatchObject({
      value: 0.75,
      attempts: [{ firstReport: { resource: 1, at: at(101) }, lastReport: { resource: 2, at: at(103) } }],
    });
  });

  test('with the resource that a line shows, its own or one before', async () => {
    const { study, print } = await reading(WITH_EPOCHS);
    await print('epoch 2: accuracy=0.25', 'epoch 5', 'step 17 of 90', 'accuracy: 0.75');
    expect(await curveOf(study)).toEqual([
      [2, 0.25],
      [5, 0.75],
    ]);
  });

  test('not before a resource was shown, where there is an expression for it', async () => {
    const { study, print, warnings } = await reading(WITH_EPOCHS);
    await print('accuracy=0.1', 'epoch 1 accuracy=0.2');
    expect(await curveOf(study)).toEqual([[1, 0.2]]);
    expect(warnings).toEqual([]);
  });

  test('with epochs that begin at 0, moved by the offset', async () => {
    const { study, print, warnings } = await reading({ ...WITH_EPOCHS, resourceOffset: 1 });
    await print('epoch 0 accuracy=0.1', 'epoch 1 accuracy=0.2');
    expect(await curveOf(study)).toEqual([
      [1, 0.1],
      [2, 0.2],
    ]);
    expect(warnings).toEqual([]);
  });

  test('and lines moved by the offset too, where they are counted', async () => {
    const { study, print } = await reading({ ...LOG, resourceOffset: 10 });
    await print('accuracy=0.1');
    expect(await curveOf(study)).toEqual([[11, 0.1]]);
  });

  test('with metrics of the lines before the objective’s, and none of older reports', async () => {
    const { study, print } = await reading();
    await print('loss=3', 'loss=2', 'accuracy=0.25', 'accuracy=0.75');
    const { lastReport } = await study.trial(1);
    expect(lastReport).toMatchObject({ resource: 2, metrics: { accuracy: 0.75 } });
    expect(lastReport!.metrics).not.toHaveProperty('loss');
    const other = await reading();
    await other.print('loss=3', 'loss=2', 'accuracy=0.25');
    expect((await other.study.trial(1)).lastReport).toMatchObject({ metrics: { loss: 2, accuracy: 0.25 } });
  });

  test('from one batch to the next', async () => {
    const { study, read } = await reading(WITH_EPOCHS);
    await read(linesOf(['epoch 3', 'loss=2']));
    expect(await curveOf(study)).toEqual([]);
    await read(linesOf(['accuracy=0.5'], 2));
    expect((await study.trial(1)).lastReport).toMatchObject({ resource: 3, metrics: { loss: 2, accuracy: 0.5 } });
  });

  test.each([
    ['nan', 'NaN'],
    ['-NaN', 'NaN'],
    ['inf', 'Infinity'],
    ['+Infinity', 'Infinity'],
    ['-inf', '-Infinity'],
  ])('%s of the objective as a trial that has diverged', async (printed, value) => {
    const { study, first, print } = await reading();
    await print('accuracy=0.5', `accuracy=${printed}`);
    expect(await study.trial(1)).toMatchObject({
      failureClass: 'diverged',
      decision: 'stop',
      message: `the objective was ${value} at resource 2`,
    });
    expect(study.jobs.stopped).toEqual([`${first.jobName}-0-0`]);
  });

  test('NaN of another metric as what it is', async () => {
    const { study, print } = await reading();
    await print('loss=nan', 'accuracy=0.5');
    expect((await study.trial(1)).lastReport).toMatchObject({
      metrics: { loss: 'NaN', accuracy: 0.5 },
      decision: 'continue',
    });
  });

  test.each([
    ['1e-3', 0.001],
    ['-0.5', -0.5],
    ['.25', 0.25],
    [' 7 ', 7],
  ])('numbers in any form: %j', async (printed, value) => {
    const { study, print } = await reading({ ...LOG, metricRegexes: { accuracy: 'accuracy=([^;]+)' } });
    await print(`accuracy=${printed};`);
    expect(await study.trial(1)).toMatchObject({ value });
  });

  test.each(['accuracy=high', 'accuracy=', 'accuracy=1.2.3'])(
    'nothing where no number is found: %j',
    async (message) => {
      const { study, print, warnings } = await reading();
      await print(message);
      expect(await curveOf(study)).toEqual([]);
      expect(warnings).toEqual([]);
    },
  );

  test('by expressions that name their groups as SageMaker does', async () => {
    const { study, print } = await reading({ ...LOG, metricRegexes: { accuracy: 'acc (?P<value>[0-9.]+)' } });
    await print('acc 0.5');
    expect(await study.trial(1)).toMatchObject({ value: 0.5 });
  });
});

describe('a line that can’t be a report', () => {
  test('is warned about, and the next ones are read', async () => {
    const { study, print, warnings } = await reading(WITH_EPOCHS);
    await print(
      'epoch 0 accuracy=0.1',
      'epoch 2 accuracy=0.2',
      'epoch 1 accuracy=0.3',
      'epoch 2 accuracy=0.4',
      'epoch 3 accuracy=0.5',
    );
    expect(await curveOf(study)).toEqual([
      [2, 0.2],
      [3, 0.5],
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^trial 1 of study digits: InvalidReport: resource of the report must be a number greater than 0/,
      ),
      'trial 1 of study digits: InvalidReport: resource must grow from report to report, got 1 after 2',
      expect.stringContaining('metrics at resource 2 were reported before with other values'),
    ]);
  });

  test('for reasons of the table is tried again by the caller', async () => {
    const { study, read } = await reading();
    const broken = new StudyStore(study.table);
    broken.changeTrial = () => Promise.reject(new Error('the table is away'));
    await expect(read(linesOf(['accuracy=0.5']), undefined, broken)).rejects.toThrow('the table is away');
  });
});

describe('a decision to stop', () => {
  const limited = () => reading(LOG, { maxDurationSeconds: 110 });

  test('stops the job, and what it prints after it counts no more', async () => {
    const { study, first, read } = await limited();
    const lines = linesOf([...Array.from({ length: 12 }, (_, i) => `accuracy=0.${10 + i}`)]);
    await read(lines);
    expect(study.jobs.stopped).toEqual([`${first.jobName}-0-0`]);
    // lines from the end on, at 110 seconds: the first is told, no later one is read.
    expect((await curveOf(study)).at(-1)).toEqual([11, 0.2]);
    expect(await study.trial(1)).toMatchObject({ decision: 'stop' });
    await study.record(first, { status: 'Stopped', secondaryStatus: 'Stopped' }, 130);
    expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 0.2 });
  });

  test('stops it again as long as it goes on', async () => {
    const { study, read } = await limited();
    await read(linesOf(['accuracy=0.5'], 50));
    await read(linesOf(['accuracy=0.6'], 51));
    expect(study.jobs.stopped).toHaveLength(2);
  });

  test('that SageMaker refused is carried out when the lines come again', async () => {
    const { study, read } = await limited();
    const stop = jest.spyOn(study.jobs, 'stop').mockRejectedValueOnce(new Error('ThrottlingException'));
    await expect(read(linesOf(['accuracy=0.5'], 50))).rejects.toThrow('ThrottlingException');
    stop.mockRestore();
    await read(linesOf(['accuracy=0.5'], 50));
    expect(study.jobs.stopped).toHaveLength(1);
  });

  test('to pause stops it too', async () => {
    const rungs = { minResource: 1, maxResource: 9, reductionFactor: 3 };
    const { study, first, print } = await reading(LOG, {
      scheduler: { name: 'asha', mode: 'promote', brackets: 1, ...rungs },
    });
    await print('accuracy=0.5');
    expect(study.jobs.stopped).toEqual([`${first.jobName}-0-0`]);
    await study.record(first, { status: 'Stopped', secondaryStatus: 'Stopped' }, 130);
    expect(await study.trial(1)).toMatchObject({ state: 'PAUSED' });
  });
});

test('stops keep their pace by the clock, however late lines come', async () => {
  const { study, read } = await reading(LOG, { maxDurationSeconds: 110 });
  // another function has stopped a job just now.
  await study.store.takeStop(Date.parse(at(900)), 1100);
  const timers = jest.mocked(setTimeout);
  await read(linesOf(['accuracy=0.5'], 50));
  const waited = timers.mock.calls.reduce((sum, [, wait]) => sum + (wait ?? 0), 0);
  expect(waited).toBeLessThanOrEqual(2500);
  expect(study.jobs.stopped).toHaveLength(1);
});

describe('nothing is read', () => {
  test.each([
    ['a job of another program', 'somebody-elses-job'],
    ['a job of another tuner', 'other-digits-abc123-1-1-0-0'],
    ['nonsense', ''],
  ])('of %s', async (_, jobName) => {
    const { study, read } = await reading();
    const before = (study.table as MemoryItemTable).contents();
    await read(linesOf(['accuracy=0.5']), jobName);
    expect((study.table as MemoryItemTable).contents()).toEqual(before);
  });

  test('of a trial that there is not', async () => {
    const { study, first, read } = await reading();
    await read(linesOf(['accuracy=0.5']), `${first.jobName.replace(/-1-1$/, '-7-1')}-0-0`);
    expect(await study.trials()).toHaveLength(1);
  });

  test('after the trial’s end', async () => {
    const { study, first, read } = await reading();
    await study.record(first, { ...completed(), metrics: [{ MetricName: 'accuracy', Value: 0.9 }] }, 60);
    const before = await study.trial(1);
    await read(linesOf(['accuracy=0.5']));
    expect(await study.trial(1)).toEqual(before);
  });

  test('of an attempt that is over, while the next one runs, which is counted anew', async () => {
    const { study, first, read } = await reading();
    await read(linesOf(['accuracy=0.5', 'accuracy=0.6']));
    const next = trainOf(await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' }, 60));
    await read(linesOf(['accuracy=0.7'], 2));
    expect(await study.trial(1)).toMatchObject({ value: 0.6 });
    // each attempt has its own log stream.
    await read(linesOf(['accuracy=0.8']), `${next.jobName}-0-0`);
    expect(await study.trial(1)).toMatchObject({ value: 0.8, lastResource: 1, curve: [{ resource: 1 }] });
  });

  test('where the study reads no logs', async () => {
    const study = await TestStudy.opened(new MemoryItemTable());
    const first = await study.train();
    const before = (study.table as MemoryItemTable).contents();
    await reportLog(
      { jobName: `${first.jobName}-0-0`, lines: linesOf(['accuracy=0.5']), at: at(900) },
      { store: study.store, jobs: study.jobs, warn: () => undefined },
    );
    expect((study.table as MemoryItemTable).contents()).toEqual(before);
  });
});

test('a job’s last words count: the metrics of its description come after the lines', async () => {
  const { study, first, print } = await reading();
  await print('accuracy=0.5');
  await study.record(first, { ...completed(), metrics: [{ MetricName: 'accuracy', Value: 0.9 }] }, 60);
  expect(await study.trial(1)).toMatchObject({ state: 'COMPLETED', value: 0.9 });
});

describe('lines that come again', () => {
  const message = fc.oneof(
    fc.integer({ min: 0, max: 9 }).map((n) => `accuracy=0.${n}`),
    fc.integer({ min: 0, max: 9 }).map((n) => `loss=${n}`),
    fc.integer({ min: 0, max: 20 }).map((n) => `epoch ${n}`),
    fc.tuple(fc.integer({ min: 0, max: 20 }), fc.nat({ max: 9 })).map(([n, m]) => `epoch ${n} accuracy=0.${m}`),
    fc.constant('nothing to see'),
  );
  const messages = fc.array(message, { minLength: 1, maxLength: 30 });
  /** Each batch brings so many new lines, after so many that had come before. */
  const batches = fc.array(fc.record({ more: fc.nat({ max: 6 }), again: fc.nat({ max: 10 }) }), { maxLength: 20 });
  const definition = fc.constantFrom(LOG, WITH_EPOCHS, { ...WITH_EPOCHS, resourceOffset: 1 });

  /** What is left of the lines, without what differs from study to study. */
  async function left(study: TestStudy) {
    const { attempts, version: _, configuration: _1, ...trial } = await study.trial(1);
    return { ...trial, times: attempts.map(({ firstReport, lastReport }) => [firstReport, lastReport]) };
  }
  const slices = (lines: LogLine[], drawn: { more: number; again: number }[]) => {
    const found: LogLine[][] = [];
    let end = 0;
    for (const { more, again } of [...drawn, { more: lines.length, again: 0 }]) {
      found.push(lines.slice(Math.max(end - again, 0), end + more));
      end = Math.min(end + more, lines.length);
    }
    return found;
  };

  test('change nothing, however they are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(definition, messages, batches, async (logReports, printed, drawn) => {
        const [whole, cut] = [await reading(logReports), await reading(logReports)];
        const lines = linesOf(printed);
        await whole.read(lines);
        for (const batch of slices(lines, drawn)) await cut.read(batch);
        expect(await left(cut.study)).toEqual(await left(whole.study));
        // nor does all of it again.
        const before = (cut.study.table as MemoryItemTable).contents();
        await cut.read(lines);
        for (const batch of slices(lines, drawn)) await cut.read(batch);
        expect((cut.study.table as MemoryItemTable).contents()).toEqual(before);
        expect(cut.warnings).toEqual(whole.warnings);
      }),
      { numRuns: 150 },
    );
  });

  test('change nothing where a function died on its way, at any write', async () => {
    const deaths = fc.array(
      fc.record({ write: fc.integer({ min: 1, max: 8 }), when: fc.constantFrom('before' as const, 'after' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(definition, messages, batches, deaths, async (logReports, printed, drawn, faults) => {
        const [whole, cut] = [await reading(logReports), await reading(logReports)];
        const lines = linesOf(printed);
        await whole.read(lines);
        for (const [i, batch] of slices(lines, drawn).entries()) {
          const table = new FaultyItemTable(cut.study.table);
          table.arm(faults[i]);
          await cut.read(batch, undefined, new StudyStore(table)).catch(() => undefined);
          await cut.read(batch);
        }
        expect(await left(cut.study)).toEqual(await left(whole.study));
      }),
      { numRuns: 150 },
    );
  });
});
