import { StudyResult } from '../../lib/contract/calls';
import { TrialRecord } from '../../lambda/core/store/records';
import { VirtualClock } from '../../local/clock';
import { LocalRuntime } from '../../local/runtime';
import { SimulatedJobLauncher } from '../../local/sagemaker';
import { SmallStudyOptions, startExecution, synthesizeSmallStudy, temporaryFolder, trialsOf } from './small-study';

const NAME = 'simulated';

export interface SimulatedStudyOptions extends SmallStudyOptions {
  readonly epochs: number;
  readonly secondsPerEpoch: number;
  readonly startUpSeconds: number;
  /** Whether the program keeps checkpoints. @default true */
  readonly keepsCheckpoints?: boolean;
  /** Whether it reports on its way; if not, it prints its last quality. @default true */
  readonly reports?: boolean;
}

export interface SimulatedStudy {
  readonly result: StudyResult;
  readonly trials: TrialRecord[];
  /** Each epoch that was trained, as `trial/epoch`, in order. */
  readonly trained: string[];
  /** Share of the slots' time with a job, from when all have one until the last trial begins. */
  readonly busy: number;
}

/**
 * A study on the virtual clock, of trials that train epoch by epoch, keep checkpoints, obey the maximum resource and the
 * decisions, and continue where they paused.
 */
export async function simulateStudy(options: SimulatedStudyOptions): Promise<SimulatedStudy> {
  const clock = new VirtualClock();
  const trained: string[] = [];
  const jobs: SimulatedJob[] = [];
  const { epochs, secondsPerEpoch, startUpSeconds, keepsCheckpoints = true, reports = true } = options;
  const launcher = new SimulatedJobLauncher({
    clock,
    startupSeconds: startUpSeconds,
    program: async ({ request }, jobClock, api) => {
      const environment = request.Environment!;
      const trial = Number(environment.CDK_HPO_TRIAL);
      const checkpoint = `${request.CheckpointConfig!.S3Uri}state.json`;
      const store = runtime.objectStore;
      const began = store.exists(checkpoint) ? Number(store.get(checkpoint).toString()) : 0;
      const isFirst = environment.CDK_HPO_ATTEMPT === '1';
      const job = { from: jobClock.now() - startUpSeconds * 1000, to: 0, isFirst };
      jobs.push(job);
      const limit = Math.min(epochs, Number(environment.CDK_HPO_MAX_RESOURCE ?? epochs));
      let quality = NaN;
      for (let epoch = began + 1; epoch <= limit; epoch++) {
        await jobClock.sleep(secondsPerEpoch * 1000, api.signal);
        trained.push(`${trial}/${epoch}`);
        quality = -Math.abs(Math.log10(Number(request.HyperParameters!.learning_rate)) + 2) - 1 / epoch;
        if (keepsCheckpoints) store.put(checkpoint, String(epoch));
        if (!reports) continue;
        if ((await reportQuality(runtime, environment, epoch, quality)) !== 'continue') break;
      }
      if (!reports) api.log(`quality=${quality}`);
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
  });
  try {
    const executionArn = await startExecution(runtime, { study: NAME });
    const { status, output, cause } = await runtime.stepFunctions.waitForExecution(executionArn);
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    const result = JSON.parse(output!) as StudyResult;
    return { result, trials: await trialsOf(runtime, NAME), trained, busy: busyShare(jobs, options) };
  } finally {
    await runtime.close();
  }
}

/** Reports as the client of a training job does, by what its environment says. @returns the decision */
export async function reportQuality(
  runtime: LocalRuntime,
  environment: Record<string, string>,
  resource: number,
  quality: number,
): Promise<string> {
  const { payload } = await runtime.lambda.invoke(environment.CDK_HPO_REPORT_FUNCTION, {
    study: environment.CDK_HPO_STUDY,
    trial: Number(environment.CDK_HPO_TRIAL),
    attempt: Number(environment.CDK_HPO_ATTEMPT),
    token: environment.CDK_HPO_TOKEN,
    resource,
    // as a client writes what JSON has no number for.
    metrics: { quality: Number.isFinite(quality) ? quality : String(quality) },
  });
  return (payload as { decision: string }).decision;
}

interface SimulatedJob {
  readonly from: number;
  to: number;
  /** Of its trial. */
  readonly isFirst: boolean;
}

function busyShare(jobs: SimulatedJob[], { tuner }: SmallStudyOptions): number {
  const slots = tuner!.maxParallelTrials!;
  const starts = jobs.map(({ from }) => from).sort((a, b) => a - b);
  const from = starts[slots - 1];
  const to = Math.max(...jobs.filter(({ isFirst }) => isFirst).map((job) => job.from));
  const used = jobs.reduce((sum, job) => sum + Math.max(Math.min(job.to, to) - Math.max(job.from, from), 0), 0);
  return used / ((to - from) * slots);
}
