import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { TrialRecord, currentAttempt } from '../../lambda/core/store/records';
import { RESUMING_PROGRAM, WayOptions, WayRun, expectAllOnce, expectNoGaps } from './ways';

const TRIALS = 8;
const EPOCHS = 4;

let run: WayRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

/** A study of eight trials of four epochs in two hosts of two slots. */
async function start(options: WayOptions = {}): Promise<WayRun> {
  run = await WayRun.start('training cluster', {
    program: RESUMING_PROGRAM(EPOCHS, 400),
    ...options,
    tuner: { maxTrials: TRIALS, ...options.tuner },
  });
  return run;
}

/** The jobs of the study's rounds, once all of them have ended. */
async function jobsOf(cluster: WayRun, statuses: string[]): Promise<void> {
  const listed = async () => {
    const { TrainingJobSummaries: jobs } = (await cluster.runtime.sageMaker.handle('ListTrainingJobs', {
      MaxResults: 100,
      SortBy: 'CreationTime',
      SortOrder: 'Ascending',
    })) as { TrainingJobSummaries: { TrainingJobStatus: string }[] };
    return jobs.map(({ TrainingJobStatus }) => TrainingJobStatus);
  };
  await cluster.until('the jobs have ended', async () =>
    (await listed()).every((status) => status !== 'Stopping' && status !== 'InProgress'),
  );
  expect(await listed()).toEqual(statuses);
}

/** The worker of one host: its own process, with the host's folder in its command. */
function workerProcess({ folder }: WayRun, host: string): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const file = path.join('/proc', pid, 'cmdline');
    try {
      const words = readFileSync(file, 'utf8').split('\0');
      const isOurs = words.some((word) => word.includes(folder) && word.includes(`/${host}/`));
      if (isOurs && words.includes('worker')) return Number(pid);
    } catch {
      // it has just ended.
    }
  }
  return undefined;
}

/** The process that a trial's last attempt has printed. */
function processOf(cluster: WayRun, trial: TrialRecord): number | undefined {
  const printed = cluster.printedBy(trial).flatMap((line) => /^process ([0-9]+)$/.exec(line)?.[1] ?? []);
  return printed.length === 0 ? undefined : Number(printed.at(-1));
}

test('one worker is killed: its job fails, and the next cluster goes on with all that it ran', async () => {
  const cluster = await start();
  const execution = await cluster.begin();
  await cluster.untilInTheMiddle();
  const workers = (await cluster.workers()).filter(({ host }) => host.endsWith('/algo-2'));
  const lost = (await cluster.trials()).filter(
    (trial) => trial.state === 'RUNNING' && workers.some(({ worker }) => worker === currentAttempt(trial).worker),
  );
  process.kill(workerProcess(cluster, 'algo-2')!, 'SIGKILL');
  await cluster.until('the processes of its trials have ended as well', () =>
    lost.flatMap((trial) => processOf(cluster, trial) ?? []).every((pid) => !existsSync(`/proc/${pid}`)),
  );
  const result = await cluster.succeed(execution);
  const trials = await cluster.trials();
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  expectAllOnce(trials, TRIALS);
  expectNoGaps(cluster, trials, EPOCHS);
  await jobsOf(cluster, ['Failed', 'Completed']);
  const [first] = (await cluster.study()).jobs!;
  expect(first.outcome).toMatchObject({ status: 'Failed', failureReason: expect.stringContaining('137') });
  expect(trials.some(({ attempts }) => attempts.length > 1)).toBe(true);
}, 240_000);

test("SageMaker loses the cluster's job: the next cluster goes on", async () => {
  const cluster = await start({
    // twelve seconds of training: by then it has begun, and has not ended.
    program: RESUMING_PROGRAM(EPOCHS, 1500),
    runtime: { faults: [{ name: 'internal-error', afterSeconds: 6 }] },
  });
  const result = await cluster.succeed();
  expect(cluster.runtime.unusedFaults()).toEqual([]);
  const trials = await cluster.trials();
  expect(result.trials).toMatchObject({ total: TRIALS, completed: TRIALS, failed: 0 });
  expectAllOnce(trials, TRIALS);
  expectNoGaps(cluster, trials, EPOCHS);
  const [first] = (await cluster.study()).jobs!;
  expect(first.outcome).toMatchObject({
    status: 'Failed',
    failureReason: expect.stringMatching(/^InternalServerError/),
  });
}, 240_000);

test('the spot instances are reclaimed: SageMaker starts the same job again, whose workers replace the earlier ones', async () => {
  const cluster = await start({
    // sixteen seconds of training, so that its workers have begun by the interruption, and have not ended.
    program: RESUMING_PROGRAM(EPOCHS, 2000),
    // of a cheap job in so short a time no tenth of a cent is saved.
    cluster: { spot: true, pricePerInstanceHour: 100 },
    runtime: { faults: [{ name: 'spot-interrupted', afterSeconds: 10 }] },
  });
  const result = await cluster.succeed();
  expect(cluster.runtime.unusedFaults()).toEqual([]);
  const trials = await cluster.trials();
  expect(result.trials).toMatchObject({ total: TRIALS, completed: TRIALS, failed: 0 });
  expectAllOnce(trials, TRIALS);
  expectNoGaps(cluster, trials, EPOCHS);
  await jobsOf(cluster, ['Completed']);
  const gone = (await cluster.workers()).map((worker) => worker.gone);
  expect(gone.slice(0, 2)).toEqual(['its worker was restarted', 'its worker was restarted']);
  expect(result.cost.savedBySpotUsd).toBeGreaterThan(0);
}, 240_000);

test("a trial's own process is killed: this trial fails for want of memory, the others go on", async () => {
  const cluster = await start();
  const execution = await cluster.begin();
  let victim: number | undefined;
  await cluster.until('trial 2 runs', async () => {
    const trial = (await cluster.trials())[1];
    if (trial?.lastResource === undefined) return false;
    victim = processOf(cluster, trial);
    return victim !== undefined;
  });
  process.kill(victim!, 'SIGKILL');
  const result = await cluster.succeed(execution);
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS - 1, stoppedEarly: 0, failed: 1, unfinished: 0 });
  expect(result.failures!.byClass).toEqual({ outOfMemory: 1 });
  const trials = await cluster.trials();
  expect(trials[1]).toMatchObject({ state: 'FAILED', failureClass: 'outOfMemory' });
  expect(trials[1].attempts).toHaveLength(1);
  expect(trials[1].message).toContain('exit code: 137');
  await jobsOf(cluster, ['Completed']);
}, 240_000);

test('the execution is stopped: its job ends, and another one with the same study name goes on', async () => {
  const cluster = await start();
  const execution = await cluster.begin();
  await cluster.untilInTheMiddle();
  await cluster.stop(execution);
  await cluster.until('no trial runs', async () => (await cluster.trials()).every(({ state }) => state !== 'RUNNING'));
  await jobsOf(cluster, ['Stopped']);
  const before = await cluster.trials();
  expect(before.some(({ state }) => state === 'QUEUED')).toBe(true);

  const result = await cluster.succeed();
  const trials = await cluster.trials();
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  expectAllOnce(trials, TRIALS);
  expectNoGaps(cluster, trials, EPOCHS);
  // what had ended is untouched.
  for (const trial of before.filter(({ state }) => state === 'COMPLETED'))
    expect(trials[trial.trial - 1]).toEqual(trial);
  await jobsOf(cluster, ['Stopped', 'Completed']);
}, 240_000);

test('the cluster may run for less than the study: what it has not finished goes on in the next one', async () => {
  const trialsInAll = 3;
  const epochs = 24;
  const cluster = await start({
    program: RESUMING_PROGRAM(epochs, 500),
    tuner: { maxTrials: trialsInAll },
    cluster: { instanceCount: 1, trialsPerInstance: 2, maxRuntime: Duration.seconds(20) },
  });
  const result = await cluster.succeed();
  const trials = await cluster.trials();
  expect(result.trials).toMatchObject({ total: trialsInAll, completed: trialsInAll, failed: 0 });
  expectAllOnce(trials, trialsInAll);
  for (const trial of trials) {
    // what is handed back has saved its last checkpoint: no epoch is trained again.
    const { trained, continued } = cluster.historyOf(trial);
    expect([...new Set(trained)]).toHaveLength(epochs);
    for (const after of continued) expect(trained).toContain(after);
  }
  const handedBack = trials.flatMap(({ attempts }) => attempts.slice(0, -1));
  expect(handedBack.length).toBeGreaterThan(0);
  const { jobs } = await cluster.study();
  expect(jobs!.length).toBeGreaterThan(1);
  expect(jobs!.map(({ outcome }) => outcome?.status)).toEqual(jobs!.map(() => 'Completed'));
  expect(cluster.log()).toContain('its time is over, hands back what it runs');
}, 300_000);
