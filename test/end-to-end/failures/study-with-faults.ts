import { Duration } from 'aws-cdk-lib';
import { StudyResult } from '../../../lib/contract/calls';
import { StudyInput } from '../../../lib/contract/study-input';
import { SageMakerTrainingProps, TrainingProgram, TunerProps } from '../../../lib';
import { StudyRecord, TrialRecord } from '../../../lambda/core/store/records';
import { VirtualClock } from '../../../local/clock';
import type { FaultPlan } from '../../../local/faults';
import { LocalRuntime, LocalRuntimeOptions } from '../../../local/runtime';
import { SimulatedJobLauncher } from '../../../local/sagemaker';
import { reportQuality } from '../simulated-study';
import { startExecution, storeOf, synthesizeSmallStudy, temporaryFolder, trialsOf } from '../small-study';

export const STUDY = 'faulty';
const EPOCHS = 3;
const SECONDS_PER_EPOCH = 600;
const START_UP_SECONDS = 120;

/** How a simulated training program behaves, beside what faults do to it. */
export interface ProgramBehaviour {
  /** Whether it has a client. @default true */
  readonly reports?: boolean;
  /** What it prints after each epoch. @default nothing while it reports, else `quality=` */
  readonly prints?: (epoch: number, quality: number) => string;
  /** Whether it goes on whatever it is told. @default false */
  readonly isDeaf?: boolean;
  /** By trial and epoch. */
  readonly quality?: (trial: number, epoch: number) => number;
}

export interface FaultyStudyOptions {
  readonly faults?: readonly FaultPlan[];
  readonly program?: ProgramBehaviour;
  readonly tuner?: Partial<TunerProps>;
  readonly runner?: Partial<SageMakerTrainingProps>;
  readonly runtime?: Partial<LocalRuntimeOptions>;
  readonly input?: StudyInput;
  /** Called with the runtime once the study has begun, on the virtual clock. */
  readonly meanwhile?: (runtime: LocalRuntime, executionArn: string) => Promise<void>;
}

/** A training job as SageMaker describes it. */
export interface JobDescription {
  readonly TrainingJobName: string;
  readonly TrainingJobStatus: string;
  readonly SecondaryStatus: string;
  readonly BillableTimeInSeconds?: number;
  readonly CreationTime: number;
  readonly TrainingStartTime?: number;
  readonly TrainingEndTime?: number;
  readonly ResourceConfig: { readonly InstanceType: string };
}

export interface FaultyStudy {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  readonly result?: StudyResult;
  readonly study: StudyRecord;
  readonly trials: TrialRecord[];
  readonly jobs: JobDescription[];
  /** Each epoch that was trained, as `trial/epoch`, in order. */
  readonly trained: string[];
  /** Faults that never struck. */
  readonly unused: readonly FaultPlan[];
}

/** A study of four trials in two slots on the virtual clock, of three epochs of ten minutes with checkpoints. */
export async function runFaultyStudy(options: FaultyStudyOptions): Promise<FaultyStudy> {
  const clock = new VirtualClock();
  const trained: string[] = [];
  const launcher = new SimulatedJobLauncher({
    clock,
    startupSeconds: START_UP_SECONDS,
    program: async ({ request }, jobClock, api) => {
      const { reports = true, isDeaf = false, prints, quality } = options.program ?? {};
      const environment = request.Environment!;
      const trial = Number(environment.CDK_HPO_TRIAL);
      const checkpoint = `${request.CheckpointConfig!.S3Uri}state.json`;
      const store = runtime.objectStore;
      const began = store.exists(checkpoint) ? Number(store.get(checkpoint).toString()) : 0;
      const limit = Math.min(EPOCHS, Number(environment.CDK_HPO_MAX_RESOURCE ?? EPOCHS));
      for (let epoch = began + 1; epoch <= limit; epoch++) {
        await jobClock.sleep(SECONDS_PER_EPOCH * 1000, api.signal);
        trained.push(`${trial}/${epoch}`);
        store.put(checkpoint, String(epoch));
        const rate = Number(request.HyperParameters!.learning_rate);
        const value = quality?.(trial, epoch) ?? -Math.abs(Math.log10(rate) + 2) - 1 / epoch;
        if (prints !== undefined || !reports) api.log((prints ?? ((_, q) => `quality=${q}`))(epoch, value));
        if (!reports) continue;
        const decision = await reportQuality(runtime, environment, epoch, value);
        if (decision !== 'continue' && !isDeaf) return 0;
      }
      return 0;
    },
  });
  const runtime = await LocalRuntime.start({
    ...options.runtime,
    assembly: synthesizeSmallStudy({
      trainingProgram: TrainingProgram.fromImage(),
      maxRuntime: Duration.hours(2),
      tuner: options.tuner,
      runner: options.runner,
    }),
    folder: temporaryFolder(),
    clock,
    launcher,
    inMemory: true,
    faults: options.faults,
  });
  try {
    const executionArn = await startExecution(runtime, { study: STUDY, ...options.input }, 'first');
    const ended = runtime.stepFunctions.waitForExecution(executionArn);
    await options.meanwhile?.(runtime, executionArn);
    const { status, error, cause, output } = await ended;
    // what a rule does once the execution has ended.
    await settled(runtime);
    return {
      status,
      error,
      cause,
      result: output === undefined ? undefined : (JSON.parse(output) as StudyResult),
      study: (await storeOf(runtime).getStudy(STUDY))!,
      trials: await trialsOf(runtime, STUDY),
      jobs: await jobsOf(runtime),
      trained,
      unused: runtime.unusedFaults(),
    };
  } finally {
    await runtime.close();
  }
}

/** Lets the clock run until nothing that has begun is left to do. */
export async function settled(runtime: LocalRuntime): Promise<void> {
  await runtime.clock.sleep(10 * 60_000);
}

async function jobsOf(runtime: LocalRuntime): Promise<JobDescription[]> {
  const { TrainingJobSummaries: summaries } = (await runtime.sageMaker.handle('ListTrainingJobs', {
    MaxResults: 100,
    SortBy: 'CreationTime',
    SortOrder: 'Ascending',
  })) as { TrainingJobSummaries: { TrainingJobName: string }[] };
  return summaries.map(({ TrainingJobName }) =>
    runtime.sageMaker.describe(TrainingJobName),
  ) as unknown as JobDescription[];
}
