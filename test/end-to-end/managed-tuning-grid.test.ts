import { Parameter, TuningStrategy } from '../../lib';
import { PYTHON_PROGRAM, WayOptions, WayRun, expectAllOnce } from './ways';

const RATES = [0.001, 0.01, 0.1, 1];

let run: WayRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

/** A study of a grid of four combinations. */
async function start(options: WayOptions = {}): Promise<WayRun> {
  run = await WayRun.start('managed tuning', {
    program: PYTHON_PROGRAM(300),
    managed: { strategy: TuningStrategy.grid() },
    tuner: {
      searchSpace: { learning_rate: Parameter.categorical(RATES) },
      maxTrials: RATES.length,
      maxParallelTrials: 1,
    },
    ...options,
  });
  return run;
}

test('a grid is tried as a whole, each combination once', async () => {
  const grid = await start();
  const result = await grid.succeed();
  expect(result.trials).toMatchObject({ total: RATES.length, completed: RATES.length });
  const trials = await grid.trials();
  expectAllOnce(trials, RATES.length);
  expect(trials.map(({ configuration }) => configuration.learning_rate).sort()).toEqual(RATES);
  expect(result.best).toMatchObject({ hyperparameters: { learning_rate: 0.01 } });
}, 240_000);

test('stopped on its way, a grid keeps its results, and a resume says why there will be no more', async () => {
  const grid = await start();
  const execution = await grid.begin();
  await grid.until('a training job has ended', async () => {
    const { TrainingJobSummaries } = (await grid.runtime.sageMaker.handle('ListTrainingJobs', {
      StatusEquals: 'Completed',
    })) as { TrainingJobSummaries: object[] };
    return TrainingJobSummaries.length > 0;
  });
  await grid.stop(execution);
  const before = await grid.trials();
  expect(before.length).toBeLessThan(RATES.length);

  const result = await grid.succeed();
  const trials = await grid.trials();
  expect(result.reason).toMatch(
    new RegExp(`a grid of automatic model tuning can't go on: ${trials.length} of its ${RATES.length} combinations`),
  );
  expect(trials).toHaveLength(before.length);
  expect(trials[0]).toEqual(before[0]);
  expect(result.trials.completed).toBeGreaterThan(0);
}, 240_000);

test('an execution that asks for another number of trials starts nothing', async () => {
  const grid = await start();
  const { status, cause } = await grid.end(await grid.begin({ maxTrials: 3 }));
  expect(status).toBe('FAILED');
  expect(cause).toContain('maxTrials must be 4, the number of combinations');
  expect(await grid.runtime.sageMaker.handle('ListHyperParameterTuningJobs', {})).toMatchObject({
    HyperParameterTuningJobSummaries: [],
  });
}, 240_000);
