import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { BatchTrainingProps, TrainingImage, TrialRunner } from '../../lib';
import { StudyResult } from '../../lib/contract/calls';
import { JobDetail, SimulatedBatchLauncher } from '../../local/batch';
import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { reportQuality } from './simulated-study';
import { startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

const image = TrainingImage.fromUri('123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1');
const STUDY = 'waiting';
const MINUTE = 60_000;

/** A study of ten-minute trials in two slots, on the virtual clock. */
async function simulate(props: Partial<BatchTrainingProps>, maxTrials: number) {
  const clock = new VirtualClock();
  const began = clock.now();
  const jobs = new Map<string, JobDetail>();
  const notices: string[] = [];
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy({
      trialRunner: (stack, program) => TrialRunner.batch({ image, program, vpc: new Vpc(stack, 'Vpc'), ...props }),
      tuner: { maxTrials },
    }),
    folder: temporaryFolder(),
    clock,
    batchLauncher: new SimulatedBatchLauncher({
      clock,
      program: async ({ container }, jobClock, { signal }) => {
        await jobClock.sleep(10 * MINUTE, signal);
        const environment = Object.fromEntries(container.environment.map(({ name, value }) => [name, value]));
        await reportQuality(runtime, environment, 1, 0.5);
        return 0;
      },
    }),
    inMemory: true,
    onNotice: (text) => notices.push(text),
    batch: { onStatus: (job) => jobs.set(job.jobId, job) },
  });
  try {
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(
      await startExecution(runtime, { study: STUDY }),
    );
    return {
      status,
      cause,
      result: output === undefined ? undefined : (JSON.parse(output) as StudyResult),
      trials: await trialsOf(runtime, STUDY),
      jobs: [...jobs.values()],
      notices,
      hours: (clock.now() - began) / 3.6e6,
    };
  } finally {
    await runtime.close();
  }
}

test.each<[string, Partial<BatchTrainingProps>, string]>([
  ['more than any of its instances has', { vcpus: 8, instanceTypes: ['c6i.xlarge'] }, 'JOB_RESOURCE_REQUIREMENT'],
  ['more than all of them together', { vcpus: 8, maxVcpus: 4 }, 'COMPUTE_ENVIRONMENT_MAX_RESOURCE'],
])('trials ask for %s: they fail, and the study ends and says what to change', async (_, props, reason) => {
  const { status, cause, trials, jobs, notices, hours } = await simulate(props, 20);
  expect(status).toBe('FAILED');
  expect(cause).toContain(reason);
  expect(cause).toContain('lower vcpus, memory or gpus, or allow larger instanceTypes and more maxVcpus');
  const failed = trials.filter(({ state }) => state === 'FAILED');
  // ten minutes each, one after another.
  expect(failed.length).toBeGreaterThanOrEqual(5);
  expect(hours).toBeLessThan(3);
  for (const trial of failed) {
    expect(trial).toMatchObject({ failureClass: 'badRequest', attempts: [{ failureClass: 'badRequest' }] });
  }
  expect(notices[0]).toContain('after which its queue cancels it');
  // none is left in the queue, and none has cost anything.
  expect(new Set(jobs.map((job) => job.status))).toEqual(new Set(['FAILED']));
  expect(jobs.every((job) => job.startedAt === undefined)).toBe(true);
});

test('trials for which there is no room at present wait, however long', async () => {
  const { status, result, hours } = await simulate({ vcpus: 4, maxVcpus: 4, instanceTypes: ['c6i.xlarge'] }, 6);
  expect(status).toBe('SUCCEEDED');
  expect(result!.trials).toMatchObject({ total: 6, completed: 6, failed: 0 });
  // two slots, and room for one job: the other waits for more than the ten minutes that a hopeless job has.
  expect(hours).toBeGreaterThan(1);
});
