import { JobDetail } from '../../local/batch/describe-job';
import { RESUMING_PROGRAM, WayOptions, WayRun, expectAllOnce, expectNoGaps } from './ways';

const TRIALS = 4;
const EPOCHS = 4;

let run: WayRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

/** Jobs by their status, as they come. */
let jobs: Map<string, JobDetail>;

async function start({ runtime, ...options }: WayOptions = {}): Promise<WayRun> {
  jobs = new Map();
  run = await WayRun.start('batch', {
    program: RESUMING_PROGRAM(EPOCHS, 400),
    tuner: { maxTrials: TRIALS },
    ...options,
    runtime: { ...runtime, batch: { onStatus: (job) => jobs.set(job.jobId, job) } },
  });
  return run;
}

function statuses(): string[] {
  return [...jobs.values()].map(({ status }) => status).sort();
}

test('the host of a job is lost: Batch runs it again, and it goes on from the newest checkpoint', async () => {
  const batch = await start({
    // six seconds of training: by then it has begun, and has not ended.
    program: RESUMING_PROGRAM(EPOCHS, 1500),
    runtime: { faults: [{ name: 'host-lost', afterSeconds: 4 }] },
  });
  const result = await batch.succeed();
  expect(batch.runtime.unusedFaults()).toEqual([]);
  expect(result.failures).toBeUndefined();
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  const trials = await batch.trials();
  expectAllOnce(trials, TRIALS);
  expectNoGaps(batch, trials, EPOCHS);
  // Batch itself runs such a job again: for the study it is one attempt.
  expect(trials.every(({ attempts }) => attempts.length === 1)).toBe(true);
  const attempts = [...jobs.values()].map((job) => job.attempts as { statusReason: string }[]);
  const lost = attempts.flatMap((ofJob) => ofJob.slice(0, -1));
  expect(lost.length).toBeGreaterThan(0);
  for (const { statusReason } of lost) expect(statusReason).toMatch(/^Host EC2/);
}, 240_000);

test('a person terminates a job: what its trial has reported counts, and it is not tried again', async () => {
  const batch = await start();
  const execution = await batch.begin();
  await batch.until('trial 1 has a report', async () => (await batch.trials())[0]?.lastResource !== undefined);
  const [first] = await batch.trials();
  const job = [...jobs.values()].find(({ jobName }) => jobName.startsWith(first.attempts[0].jobName))!;
  await batch.runtime.batch.handle('terminatejob', { jobId: job.jobId, reason: 'too expensive' });
  const result = await batch.succeed(execution);
  const trials = await batch.trials();
  expect(result.trials).toMatchObject({ total: TRIALS, completed: TRIALS - 1, unfinished: 0 });
  expect(trials[0].attempts).toHaveLength(1);
  expect(trials[0]).toMatchObject({ state: 'STOPPED', failureClass: 'stoppedByPerson' });
  expect(trials[0].value).toBeDefined();
  expect(statuses()).toEqual(['FAILED', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
}, 240_000);

test('the execution is stopped: its jobs end, and another one with the same study name goes on', async () => {
  const batch = await start();
  const execution = await batch.begin();
  await batch.until('a trial has a report', async () =>
    (await batch.trials()).some(({ state, lastResource = 0 }) => state === 'RUNNING' && lastResource >= 2),
  );
  await batch.stop(execution);
  await batch.until('all jobs have ended', () => statuses().every((status) => /FAILED|SUCCEEDED/.test(status)));
  const before = await batch.trials();
  expect(before.some(({ state }) => state === 'QUEUED')).toBe(true);
  expect(before.every(({ state }) => state === 'QUEUED' || state === 'COMPLETED')).toBe(true);

  const result = await batch.succeed();
  const trials = await batch.trials();
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  expectAllOnce(trials, TRIALS);
  expectNoGaps(batch, trials, EPOCHS);
  for (const trial of trials.filter(({ attempts }) => attempts.length > 1)) {
    // a job that is asked to stop uploads its last checkpoint.
    expect(batch.historyOf(trial).continued).toHaveLength(trial.attempts.length - 1);
  }
}, 400_000);

test('SubmitJob is throttled: the trials start later, and none fails', async () => {
  const batch = await start({ runtime: { faults: [{ name: 'batch-submit-throttled', times: 3 }] } });
  const result = await batch.succeed();
  expect(batch.runtime.unusedFaults()).toEqual([]);
  expect(result.trials).toEqual({ total: TRIALS, completed: TRIALS, stoppedEarly: 0, failed: 0, unfinished: 0 });
  expectAllOnce(await batch.trials(), TRIALS);
  expect(statuses()).toEqual(Array<string>(TRIALS).fill('SUCCEEDED'));
}, 240_000);
