import { Duration } from 'aws-cdk-lib';
import { TrainingProgram, TrainingProgramConfig } from '../../lib';
import { TrialRecord } from '../../lambda/core/store/records';
import { LocalRuntime } from '../../local/runtime';
import { SmallStudyOptions, startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

/** Runs a study of two trials. */
async function run(options: SmallStudyOptions, stoppedIs?: 'success' | 'failure') {
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({ ...options, tuner: { maxTrials: 2, ...options.tuner } }),
    folder: temporaryFolder(),
    stoppedIs,
    sageMaker: { stopGraceSeconds: 1 },
  });
  try {
    const executionArn = await startExecution(runtime, { study: 'bad' });
    const { status, error, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    return { status, error, cause, trials: await trialsOf(runtime, 'bad') };
  } finally {
    await runtime.close();
  }
}

const states = (trials: TrialRecord[]) => trials.map(({ state, failureClass }) => `${state} ${failureClass}`);

test('a program that prints nothing: its trials fail, and the message says what to add where', async () => {
  const { status, error, cause, trials } = await run({ program: '' });

  expect([status, error]).toEqual(['FAILED', 'StudyFailed']);
  expect(cause).toMatch(/no trial has a result: all 2 trials have ended/);
  expect(states(trials)).toEqual(['FAILED noMetric', 'FAILED noMetric']);
  expect(trials[0].message).toMatch(/ended without reporting "quality"; call report\(step, quality=...\)/);
});

test('a program that exits with 1: its trials fail with the end of what it wrote to stderr', async () => {
  const { status, trials } = await run({ program: "throw new Error('no such data set')" });

  expect(status).toBe('FAILED');
  expect(states(trials)).toEqual(['FAILED userCode', 'FAILED userCode']);
  expect(trials[0].message).toMatch(/AlgorithmError: .*no such data set/s);
});

test.each(['success', 'failure'] as const)(
  'a program that hangs is stopped at its maximum runtime, where a stopped job is a %s of its task',
  async (stoppedIs) => {
    const { status, trials } = await run(
      { program: 'setInterval(() => {}, 1000);', maxRuntime: Duration.seconds(2) },
      stoppedIs,
    );

    expect(status).toBe('FAILED');
    expect(states(trials)).toEqual(['FAILED timeOut', 'FAILED timeOut']);
    expect(trials[0].message).toMatch(/reached its maximum runtime; raise maxRuntime/);
  },
);

test('a program that hangs after a report and ignores SIGTERM is killed, and keeps what it reported', async () => {
  const program = `
    import { report } from './cdk-hpo.mjs';
    process.on('SIGTERM', () => console.log('not me'));
    await report(1, { quality: 0.5 });
    setInterval(() => {}, 1000);
  `;
  const { status, trials } = await run({ program, maxRuntime: Duration.seconds(4) });

  expect(status).toBe('SUCCEEDED');
  expect(states(trials)).toEqual(['STOPPED timeOut', 'STOPPED timeOut']);
  expect(trials.map(({ value }) => value)).toEqual([0.5, 0.5]);
});

test("a program that can't be started: its trials fail and name it", async () => {
  class MissingProgram extends TrainingProgram {
    public bind(): TrainingProgramConfig {
      return { entrypoint: ['/no/such/program'] };
    }
  }
  const { status, trials } = await run({ trainingProgram: new MissingProgram() });

  expect(status).toBe('FAILED');
  expect(states(trials)).toEqual(['FAILED badRequest', 'FAILED badRequest']);
  expect(trials[0].message).toContain('/no/such/program');
});

test('a program that always fails ends the study early: five trials that fail the same way are enough', async () => {
  const { status, cause, trials } = await run({ program: 'process.exit(3)', tuner: { maxTrials: 30 } });

  expect(status).toBe('FAILED');
  expect(cause).toMatch(/the first \d trials all failed the same way \(userCode\).*exit code/);
  expect(trials.length).toBeLessThanOrEqual(7);
});

test('a program whose objective is not a number is told to stop, and its trials are recorded as diverged', async () => {
  const program = `
    import { report } from './cdk-hpo.mjs';
    for (let epoch = 1; epoch < 50; epoch++) await report(epoch, { quality: epoch < 3 ? epoch : NaN });
    process.exit(1);
  `;
  const { trials } = await run({ program });

  expect(states(trials)).toEqual(['FAILED diverged', 'FAILED diverged']);
  expect(trials[0]).toMatchObject({ lastResource: 3, message: 'the objective was NaN at resource 3' });
});

test('a bad input fails the execution by name, before anything is started', async () => {
  const runtime = await LocalRuntime.start({ assembly: synthesizeSmallStudy(), folder: temporaryFolder() });
  try {
    const end = async (input: object) => {
      const { status, error, cause } = await runtime.stepFunctions.waitForExecution(
        await startExecution(runtime, input),
      );
      return [status, error, JSON.parse(cause!).errorMessage];
    };
    expect(await end({ maxTrails: 3 })).toEqual([
      'FAILED',
      'InvalidStudyInput',
      expect.stringMatching(/unknown field "maxTrails"; allowed are study, seed, maxTrials/),
    ]);
    expect(await end({ study: 'x', maxParallelTrials: 0 })).toEqual([
      'FAILED',
      'InvalidStudyInput',
      "maxParallelTrials of the study's input must be an integer from 1 to 1000, got 0",
    ]);
    expect(await trialsOf(runtime, 'x')).toEqual([]);
  } finally {
    await runtime.close();
  }
});
