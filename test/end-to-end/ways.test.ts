import { execFileSync } from 'node:child_process';
import { AshaMode, Objective, Parameter, Scaling, Scheduler, TrainingProgram } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { TrialRecord } from '../../lambda/core/store/records';
import { checkpointUri } from '../../lambda/core/study/train-answer';
import { DIGITS_FOLDER } from '../../bin/digits-stack';
import { Way, WayRun, upTo } from './ways';

const TRIALS = 6;

interface Digits {
  readonly run: WayRun;
  readonly result: StudyResult;
  readonly trials: TrialRecord[];
}

const found = new Map<Way, Digits>();

async function tuneDigits(way: Way): Promise<Digits> {
  const run = await WayRun.start(way, {
    trainingProgram:
      way === 'managed tuning'
        ? TrainingProgram.fromScript(DIGITS_FOLDER, 'train.py', { localEntry: 'train.mjs' })
        : TrainingProgram.fromScript(DIGITS_FOLDER, 'train.mjs'),
    managed: { hyperparameters: { epochs: '4' }, pricePerInstanceHour: 0.1 },
    runner: { pricePerInstanceHour: 0.1 },
    tuner: {
      searchSpace: { learning_rate: Parameter.continuous({ min: 1e-4, max: 1, scaling: Scaling.LOGARITHMIC }) },
      objective: Objective.maximize('validation_accuracy'),
      scheduler: Scheduler.asha({ maxResource: 4, reductionFactor: 2, mode: AshaMode.PROMOTE }),
      maxTrials: TRIALS,
    },
  });
  try {
    const result = await run.succeed();
    const trials = await run.trials();
    const digits = { run, result, trials };
    found.set(way, digits);
    await expectCheckpoints(digits);
    return digits;
  } finally {
    await run.close();
  }
}

/** A trial that went on found its checkpoint in S3: it has no folder in common with the attempt before. */
async function expectCheckpoints({ run, trials }: Digits): Promise<void> {
  if (run.way === 'managed tuning') return;
  const study = await run.study();
  for (const { trial } of trials) {
    const keys = run.runtime.objectStore.list(checkpointUri(study, trial)).map(({ key }) => key);
    expect(keys.some((key) => key.endsWith('/state.json'))).toBe(true);
  }
}

beforeAll(() => {
  // the data lies beside the program; jest can't import the module that prepares it.
  const prepare = `import { prepareDigits } from '${DIGITS_FOLDER}/prepare-data.mjs'; prepareDigits('${DIGITS_FOLDER}/data');`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', prepare]);
});

test.each<Way>(['training jobs', 'training cluster', 'batch'])(
  '%s: promoted trials continue at their epoch, and nothing is trained twice',
  async (way) => {
    const { run, result, trials } = await tuneDigits(way);
    expect(result.trials).toMatchObject({ total: TRIALS, failed: 0, unfinished: 0 });
    for (const trial of trials) {
      const { trained, continued } = run.historyOf(trial);
      expect(trained).toEqual(upTo(trained.length));
      // none was lost: each attempt ends at its rung, and the next one goes on there.
      expect(trial.attempts.map(({ outcome }) => outcome?.status)).toEqual(trial.attempts.map(() => 'Completed'));
      const rungs = trial.attempts.map(({ target }) => target);
      expect(continued).toEqual(rungs.slice(0, -1));
      expect(trained.at(-1)).toBe(rungs.at(-1));
    }
    expect(trials.some(({ attempts }) => attempts.length > 1)).toBe(true);
    expect(result.best!.modelArtifact).toMatch(/^s3:.*model\.tar\.gz$/);
  },
  240_000,
);

test('managed tuning: the jobs of automatic model tuning train the digits', async () => {
  const { run, result, trials } = await tuneDigits('managed tuning');
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  for (const trial of trials) expect(run.historyOf(trial).trained).toEqual(upTo(4));
  expect(result.best!.modelArtifact).toMatch(/^s3:.*model\.tar\.gz$/);
}, 240_000);

test('the results of all ways have the same shape, and their records the same fields', () => {
  const ways = [...found.keys()];
  expect(ways).toEqual(['training jobs', 'training cluster', 'batch', 'managed tuning']);
  const [jobs, ...others] = ways.map((way) => found.get(way)!);
  for (const { result, trials } of others) {
    expect(shapeOfResult(result)).toEqual(shapeOfResult(jobs.result));
    for (const trial of trials) expectRecord(trial, fieldsOf(jobs.trials));
  }
});

/** Some fields depend on what has happened: of the others names and types. */
function shapeOfResult({ cost, notes: _notes, failures: _failures, ...result }: StudyResult): unknown {
  const { savedByEarlyStoppingUsd: _saved, ...money } = cost;
  // automatic model tuning tells of no metric but the objective.
  const { validation_accuracy } = result.best!.metrics;
  return shapeOf({ ...result, cost: money, best: { ...result.best, metrics: { validation_accuracy } } });
}

/** Of a list those of its first entry. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)]));
}

interface Fields {
  readonly trial: Set<string>;
  readonly attempt: Set<string>;
  readonly outcome: Set<string>;
}

function fieldsOf(trials: readonly TrialRecord[]): Fields {
  const attempts = trials.flatMap((trial) => trial.attempts);
  return {
    trial: namesOf(trials),
    attempt: namesOf(attempts),
    outcome: namesOf(attempts.map(({ outcome = {} }) => outcome)),
  };
}

function namesOf(records: readonly object[]): Set<string> {
  return new Set(records.flatMap((record) => Object.keys(record)));
}

/** What all records have, and nothing that a trial of training jobs hasn't, but for who ran it. */
function expectRecord(trial: TrialRecord, fields: Fields): void {
  expect(trial).toMatchObject({
    study: expect.any(String),
    trial: expect.any(Number),
    state: expect.any(String),
    configuration: { learning_rate: expect.any(Number) },
    createdAt: expect.any(String),
    value: expect.any(Number),
    metrics: { validation_accuracy: expect.any(Number) },
    version: expect.any(Number),
  });
  expect([...fields.trial]).toEqual(expect.arrayContaining(Object.keys(trial)));
  for (const attempt of trial.attempts) {
    expect(attempt).toMatchObject({
      attempt: expect.any(Number),
      claim: expect.stringMatching(/^(\d+\/){3}\d+$/),
      jobName: expect.any(String),
      startAt: expect.any(String),
      endedAt: expect.any(String),
      outcome: { status: expect.any(String), jobName: expect.any(String) },
    });
    const optional = ['worker', 'freedTries', 'message', 'reason', 'instanceType', 'instanceCount'];
    expect([...fields.attempt, ...optional]).toEqual(expect.arrayContaining(Object.keys(attempt)));
    expect([...fields.outcome, 'failureReason']).toEqual(expect.arrayContaining(Object.keys(attempt.outcome!)));
  }
}
