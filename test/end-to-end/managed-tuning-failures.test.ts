import { PYTHON_PROGRAM, WayOptions, WayRun, expectAllOnce } from './ways';

const TRIALS = 6;

interface TuningJob {
  readonly HyperParameterTuningJobName: string;
  readonly HyperParameterTuningJobStatus: string;
  readonly HyperParameterTuningJobConfig: { readonly ResourceLimits: { readonly MaxNumberOfTrainingJobs: number } };
  readonly WarmStartConfig?: object;
}

let run: WayRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

async function start(options: WayOptions = {}): Promise<WayRun> {
  run = await WayRun.start('managed tuning', {
    program: PYTHON_PROGRAM(300),
    tuner: { maxTrials: TRIALS },
    ...options,
  });
  return run;
}

/** The tuning jobs of the study, as SageMaker describes them, the first one first. */
async function tuningJobs({ runtime }: WayRun): Promise<TuningJob[]> {
  const { HyperParameterTuningJobSummaries: found } = (await runtime.sageMaker.handle('ListHyperParameterTuningJobs', {
    SortBy: 'CreationTime',
    SortOrder: 'Ascending',
  })) as { HyperParameterTuningJobSummaries: TuningJob[] };
  return Promise.all(
    found.map(
      ({ HyperParameterTuningJobName }) =>
        runtime.sageMaker.handle('DescribeHyperParameterTuningJob', {
          HyperParameterTuningJobName,
        }) as Promise<TuningJob>,
    ),
  );
}

/** Names of the tuning job's training jobs with this status. */
async function children({ runtime }: WayRun, name: string, StatusEquals: string): Promise<string[]> {
  const { TrainingJobSummaries } = (await runtime.sageMaker.handle('ListTrainingJobsForHyperParameterTuningJob', {
    HyperParameterTuningJobName: name,
    StatusEquals,
    MaxResults: 100,
  })) as { TrainingJobSummaries: { TrainingJobName: string }[] };
  return TrainingJobSummaries.map(({ TrainingJobName }) => TrainingJobName);
}

test('the tuning job fails: the study ends with what there is, and a resume by the same name goes on with it', async () => {
  const managed = await start({ runtime: { faults: [{ name: 'tuning-job-failed' }] } });
  const first = await managed.end(await managed.begin());
  expect(managed.runtime.unusedFaults()).toEqual([]);
  const before = await managed.trials();
  const [job] = (await managed.study()).jobs!;
  expect(job.outcome).toMatchObject({
    status: 'Failed',
    failureReason: expect.stringContaining('InternalServerError'),
  });
  // a study without any result fails, one with some doesn't.
  expect(before.length).toBeLessThan(TRIALS);
  const results = before.filter(({ state, value }) => state !== 'FAILED' && value !== undefined);
  expect(first.status).toBe(results.length > 0 ? 'SUCCEEDED' : 'FAILED');
  expect(first.cause ?? first.result!.reason).toContain('InternalServerError');

  const result = await managed.succeed();
  const trials = await managed.trials();
  expect(result.trials).toMatchObject({ total: TRIALS, unfinished: 0 });
  expect(trials.slice(0, before.length)).toEqual(before);
  const jobs = await tuningJobs(managed);
  expect(jobs.map(({ HyperParameterTuningJobStatus }) => HyperParameterTuningJobStatus)).toEqual([
    'Failed',
    'Completed',
  ]);
}, 240_000);

test('a training job of the tuning job fails: its trial fails, the others count', async () => {
  const managed = await start({ runtime: { faults: [{ name: 'program-error', call: 2 }] } });
  const result = await managed.succeed();
  expect(managed.runtime.unusedFaults()).toEqual([]);
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS - 1, stoppedEarly: 0, failed: 1, unfinished: 0 });
  expect(result.failures!.byClass).toEqual({ userCode: 1 });
  const trials = await managed.trials();
  const failed = trials.filter(({ state }) => state === 'FAILED');
  expect(failed.map(({ trial }) => trial)).toEqual([2]);
  expect(failed[0].message).toContain('AlgorithmError');
  const [{ HyperParameterTuningJobName: name }] = await tuningJobs(managed);
  expect(await children(managed, name, 'Failed')).toEqual([failed[0].attempts[0].jobName]);
}, 240_000);

test('the execution is stopped: the tuning job ends, and a resume by the same name begins with its results', async () => {
  const managed = await start();
  const execution = await managed.begin();
  await managed.until('two training jobs have ended', async () => {
    const [job] = await tuningJobs(managed);
    return job !== undefined && (await children(managed, job.HyperParameterTuningJobName, 'Completed')).length >= 2;
  });
  await managed.stop(execution);
  await managed.until('the tuning job has ended', async () => {
    const [{ HyperParameterTuningJobStatus }] = await tuningJobs(managed);
    return HyperParameterTuningJobStatus === 'Stopped';
  });
  const [first] = await tuningJobs(managed);
  expect(first.WarmStartConfig).toBeUndefined();
  const done = await children(managed, first.HyperParameterTuningJobName, 'Completed');

  const result = await managed.succeed();
  const trials = await managed.trials();
  const jobs = await tuningJobs(managed);
  expect(jobs.map(({ HyperParameterTuningJobStatus }) => HyperParameterTuningJobStatus)).toEqual([
    'Stopped',
    'Completed',
  ]);
  expect(jobs[1].WarmStartConfig).toEqual({
    WarmStartType: 'IdenticalDataAndAlgorithm',
    ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: first.HyperParameterTuningJobName }],
  });
  // each training job is one trial, whichever tuning job started it.
  expect(result.trials).toMatchObject({ total: TRIALS, failed: 0, unfinished: 0 });
  const started = trials.map(({ attempts }) => attempts[0].jobName);
  expect(new Set(started).size).toBe(TRIALS);
  const completed = trials.filter(({ state }) => state === 'COMPLETED').map(({ attempts }) => attempts[0].jobName);
  expect(completed).toEqual(expect.arrayContaining(done));
  expect(trials.map(({ trial }) => trial)).toEqual(Array.from({ length: TRIALS }, (_, i) => i + 1));
}, 240_000);

test('throttled at its start, the tuning job is created later', async () => {
  const managed = await start({ runtime: { faults: [{ name: 'tuning-create-throttled' }] } });
  const result = await managed.succeed();
  expect(managed.runtime.unusedFaults()).toEqual([]);
  expect(result.trials).toMatchObject({ total: TRIALS, completed: TRIALS });
  expectAllOnce(await managed.trials(), TRIALS);
}, 240_000);
