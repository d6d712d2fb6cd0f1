import { execFileSync } from 'node:child_process';
import { AshaMode, Objective, Parameter, Scaling, Scheduler, TrainingProgram } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { DIGITS_FOLDER } from '../../bin/digits-stack';
import { LocalRuntime } from '../../local/runtime';
import { startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

/** Trains the digits example in real processes, and reads what they printed. */
async function tuneDigits(scheduler: Scheduler, maxTrials: number, maxParallelTrials: number) {
  const lines: { job: string; line: string }[] = [];
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({
      trainingProgram: TrainingProgram.fromScript(DIGITS_FOLDER, 'train.mjs'),
      tuner: {
        searchSpace: { learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }) },
        objective: Objective.maximize('validation_accuracy'),
        scheduler,
        maxTrials,
        maxParallelTrials,
      },
    }),
    folder: temporaryFolder(),
    inMemory: true,
    sageMaker: { onLine: (job, line) => lines.push({ job, line }) },
  });
  try {
    const executionArn = await startExecution(runtime, { study: 'digits' });
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    const trials = await trialsOf(runtime, 'digits');
    const printed = (jobName: string | undefined, pattern: RegExp) =>
      lines
        .filter(({ job }) => job === jobName)
        .flatMap(({ line }) => pattern.exec(line)?.[1] ?? [])
        .map(Number);
    return {
      result: JSON.parse(output!) as StudyResult,
      trials: trials.map((trial) => ({
        ...trial,
        /** The epochs that each attempt trained, and after which it said that it continues. */
        trained: trial.attempts.map(({ outcome }) => printed(outcome?.jobName, /^\[cdk-hpo\] resource=([0-9]+)/)),
        continued: trial.attempts.map(({ outcome }) => printed(outcome?.jobName, /^continuing after epoch ([0-9]+)/)),
      })),
    };
  } finally {
    await runtime.close();
  }
}

const upTo = (epochs: number, from = 1) => Array.from({ length: epochs - from + 1 }, (_, i) => from + i);

beforeAll(() => {
  // the data lies beside the program; jest can't import the module that prepares it.
  const prepare = `import { prepareDigits } from '${DIGITS_FOLDER}/prepare-data.mjs'; prepareDigits('${DIGITS_FOLDER}/data');`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', prepare]);
});

test.each<[string, Scheduler]>([
  ['Hyperband in rounds', Scheduler.hyperband({ maxResource: 4, reductionFactor: 2 })],
  ['asynchronous ASHA with promotion', Scheduler.asha({ maxResource: 4, reductionFactor: 2, mode: AshaMode.PROMOTE })],
  ['the model of the curves', Scheduler.multiFidelity({ maxResource: 4 })],
])('%s: promoted trials continue at their epoch, and nothing is trained twice', async (_, scheduler) => {
  const { result, trials } = await tuneDigits(scheduler, 6, 3);
  expect(result.trials).toMatchObject({ total: 6, failed: 0, unfinished: 0 });
  for (const { trained, continued, attempts } of trials) {
    const epochs = trained.flat();
    expect(epochs).toEqual(upTo(epochs.length));
    trained.slice(1).forEach(([first], i) => expect(continued[i + 1]).toEqual([first - 1]));
    expect(attempts.every(({ target }, i) => target === undefined || trained[i].at(-1) === target)).toBe(true);
  }
  expect(trials.some(({ attempts }) => attempts.length > 1)).toBe(true);
  expect(result.trials.completed).toBeGreaterThan(0);
  expect(result.best!.modelArtifact).toMatch(/^s3:/);
});

test('population based training: a copy continues after the epoch of its parent', async () => {
  const scheduler = Scheduler.populationBased({ maxResource: 4, interval: 2, populationSize: 4 });
  const { result, trials } = await tuneDigits(scheduler, 6, 4);
  expect(result.trials).toMatchObject({ failed: 0, unfinished: 0 });
  // each of the four places ends with exactly one trial. A slot may have gone on with one while its place was being taken.
  const replaced = new Set(trials.map(({ replaces }) => replaces));
  expect(trials.filter(({ state, trial }) => state === 'COMPLETED' && !replaced.has(trial))).toHaveLength(4);
  for (const { trained, continued, parent } of trials) {
    const epochs = trained.flat();
    expect(epochs).toEqual(upTo(epochs.at(-1)!, epochs[0]));
    expect(continued[0]).toEqual(parent === undefined ? [] : [epochs[0] - 1]);
  }
});
