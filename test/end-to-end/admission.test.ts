import { StudyResult } from '../../lib/contract/calls';
import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { SimulatedJobLauncher } from '../../local/sagemaker';
import { SmallStudyOptions, startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

const QUOTA = 60;
const START_UP_SECONDS = 120;

/** About a minute alone; the emulated database is what takes it. */
const TIMEOUT_MS = 400_000;

interface Job {
  readonly from: number;
  to: number;
}

/** A study in an account that starts one job a second and has instances for 60, of trials that take 10 to 20 minutes. */
async function inSmallAccount(options: SmallStudyOptions) {
  const clock = new VirtualClock();
  const jobs: Job[] = [];
  const launcher = new SimulatedJobLauncher({
    clock,
    startupSeconds: START_UP_SECONDS,
    program: async ({ request }, jobClock, api) => {
      const job = { from: jobClock.now() - START_UP_SECONDS * 1000, to: 0 };
      jobs.push(job);
      const trial = Number(request.Environment!.CDK_HPO_TRIAL);
      await jobClock.sleep((600 + ((trial * 37) % 600)) * 1000, api.signal);
      api.log(`quality=${Number(request.HyperParameters!.learning_rate)}`);
      job.to = jobClock.now();
      return 0;
    },
  });
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy(options),
    folder: temporaryFolder(),
    clock,
    launcher,
    inMemory: true,
    sageMaker: { instanceQuota: QUOTA, createRatePerSecond: 1 },
  });
  const errors: string[] = [];
  runtime.stepFunctions.onEvent(({ event }) => {
    if (event.type === 'TaskFailed') errors.push(JSON.stringify(event));
  });
  try {
    const executionArn = await startExecution(runtime, { study: 'crowded' });
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    const end = clock.now();
    return {
      result: JSON.parse(output!) as StudyResult,
      trials: await trialsOf(runtime, 'crowded'),
      jobs,
      errors,
      end,
    };
  } finally {
    await runtime.close();
  }
}

/** Share of the instances' time with a job, from when all could have one until the last trial begins. */
function busyShare(jobs: readonly Job[]): number {
  const starts = jobs.map(({ from }) => from).sort((a, b) => a - b);
  const [from, to] = [starts[QUOTA - 1], starts.at(-1)!];
  const used = jobs.reduce((sum, job) => sum + Math.max(Math.min(job.to, to) - Math.max(job.from, from), 0), 0);
  return used / ((to - from) * QUOTA);
}

function throttled(errors: readonly string[]): string[] {
  return errors.filter((error) => /Throttling|Rate exceeded/.test(error));
}

test(
  '500 trials in 100 slots keep the 60 instances busy that the quota allows, and nothing is throttled',
  async () => {
    const { result, trials, jobs, errors, end } = await inSmallAccount({
      tuner: { maxTrials: 500, maxParallelTrials: 100 },
    });

    expect(result.trials).toMatchObject({ total: 500, completed: 500, failed: 0 });
    // should one be throttled, what else went wrong may be the reason.
    if (throttled(errors).length > 0) console.log(errors.filter((error) => !/ResourceLimitExceeded/.test(error)));
    expect(throttled(errors)).toEqual([]);
    expect(busyShare(jobs)).toBeGreaterThanOrEqual(0.95);
    // each trial has run once, and those that wait don't hold up the study's end.
    expect(trials.every(({ attempts }) => attempts.length === 1)).toBe(true);
    expect(jobs).toHaveLength(500);
    expect(end - Math.max(...jobs.map(({ to }) => to))).toBeLessThan(11 * 60_000);
  },
  TIMEOUT_MS,
);

test(
  'a spending cap is never passed, however many slots there are',
  async () => {
    const { result, jobs, errors } = await inSmallAccount({
      tuner: { maxTrials: 500, maxParallelTrials: 20, maxSpendUsd: 3 },
    });

    expect(throttled(errors)).toEqual([]);
    expect(result.reason).toMatch(/maxSpendUsd/);
    expect(result.cost.usd).toBeLessThanOrEqual(3);
    // most of the money buys trials.
    expect(result.cost.usd).toBeGreaterThan(2.7);
    expect(result.trials.total).toBe(jobs.length);
  },
  TIMEOUT_MS,
);
