import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { SimulatedJobLauncher } from '../../local/sagemaker';
import { StudyResult } from '../../lib/contract/calls';
import { Scheduler } from '../../lib';
import { reportQuality } from './simulated-study';
import { SmallStudyOptions, eventsOf, startExecution, synthesizeSmallStudy, temporaryFolder } from './small-study';

const START_UP_SECONDS = 120;
const EPOCHS = 5;

/** Runs a study of simulated ten-minute trials on the virtual clock. */
async function simulate(options: SmallStudyOptions) {
  const clock = new VirtualClock();
  const began = clock.now();
  const running = { now: 0, most: 0 };
  const launcher = new SimulatedJobLauncher({
    clock,
    startupSeconds: START_UP_SECONDS,
    program: async ({ request }, jobClock, api) => {
      running.most = Math.max(running.most, ++running.now);
      try {
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          await jobClock.sleep(120_000, api.signal);
          const quality = -Math.abs(Math.log10(Number(request.HyperParameters!.learning_rate)) + 2) - 1 / epoch;
          if ((await reportQuality(runtime, request.Environment!, epoch, quality)) === 'stop') return 0;
        }
        return 0;
      } finally {
        running.now--;
      }
    },
  });
  const runtime = await LocalRuntime.start({
    assembly: synthesizeSmallStudy(options),
    folder: temporaryFolder(),
    clock,
    launcher,
    inMemory: true,
  });
  try {
    const executionArn = await startExecution(runtime, { study: 'simulated' });
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    const hours = (clock.now() - began) / 3.6e6;
    const result = JSON.parse(output!) as StudyResult;
    return { result, hours, most: running.most, events: await eventsOf(runtime, executionArn) };
  } finally {
    await runtime.close();
  }
}

test('200 ten-minute trials in 20 slots run on the virtual clock, with at most 20 history events a trial', async () => {
  const { result, hours, most, events } = await simulate({ tuner: { maxTrials: 200, maxParallelTrials: 20 } });

  expect(result.trials).toMatchObject({ total: 200, completed: 200 });
  expect(most).toBe(20);
  // ten waves of twelve minutes; jobs start 1.1 s apart.
  expect(hours).toBeGreaterThan(2);
  expect(hours).toBeLessThan(2.2);
  expect(events.length / 200).toBeLessThanOrEqual(20);
  // billed is the time from download to upload, not the start-up.
  expect(result.cost.instanceSeconds).toBeGreaterThanOrEqual(200 * EPOCHS * 120);
  expect(result.cost.usd).toBeCloseTo((result.cost.instanceSeconds / 3600) * 0.23, 2);
});

test('median stopping saves instance time on the virtual clock and finds the same best region', async () => {
  const { result } = await simulate({
    tuner: { maxTrials: 40, maxParallelTrials: 4, scheduler: Scheduler.medianStopping() },
  });

  expect(result.trials.stoppedEarly).toBeGreaterThan(5);
  expect(result.trials.stoppedEarly + result.trials.completed).toBe(40);
  expect(result.cost.instanceSeconds).toBeLessThan(40 * EPOCHS * 120);
  expect(Math.abs(Math.log10(result.best!.hyperparameters.learning_rate as number) + 2)).toBeLessThan(0.5);
});

test('the same study replays exactly: same trials, same decisions, same result', async () => {
  const options = { tuner: { maxTrials: 12, maxParallelTrials: 3, scheduler: Scheduler.medianStopping() } };
  // job names hold the study's own id, which differs.
  const comparable = ({ result }: { result: StudyResult }) => ({
    ...result,
    best: { ...result.best, trainingJobName: '', modelArtifact: '' },
  });

  expect(comparable(await simulate(options))).toEqual(comparable(await simulate(options)));
});
