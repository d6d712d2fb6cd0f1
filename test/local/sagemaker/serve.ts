import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock, VirtualClock } from '../../../local/clock';
import { FaultInjector } from '../../../local/faults';
import type { FaultPlan } from '../../../local/faults';
import { ObjectStore } from '../../../local/s3';
import { ProcessJobLauncher, SageMakerService, SimulatedJobLauncher } from '../../../local/sagemaker';
import type {
  DescribeTrainingJobAnswer,
  SageMakerServiceOptions,
  SimulatedJobLauncherOptions,
  SimulatedProgram,
} from '../../../local/sagemaker';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-sagemaker-'));
  folders.push(folder);
  return folder;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** When the virtual clock begins. */
export const BEGIN = Date.UTC(2026, 0, 1);

export const START_UP_SECONDS = 120;

/** Sleeps for ten minutes and prints a metric. */
export const TEN_MINUTES: SimulatedProgram = async (_job, clock, { log, signal }) => {
  await clock.sleep(10 * MINUTE, signal);
  log('accuracy=0.9');
  return 0;
};

export interface ServeOptions extends Partial<SageMakerServiceOptions> {
  readonly program?: SimulatedProgram;
  readonly launcherOptions?: Partial<SimulatedJobLauncherOptions>;
  readonly plans?: readonly FaultPlan[];
}

/** Simulated jobs on a virtual clock. */
export function serveSimulated({ program = TEN_MINUTES, launcherOptions, plans, ...more }: ServeOptions = {}) {
  const clock = new VirtualClock(BEGIN);
  const launcher = new SimulatedJobLauncher({ clock, program, startupSeconds: START_UP_SECONDS, ...launcherOptions });
  const faults = new FaultInjector(plans);
  const objectStore = new ObjectStore(temporaryFolder());
  return {
    clock,
    faults,
    objectStore,
    service: new SageMakerService({ clock, launcher, faults, objectStore, ...more }),
  };
}

/** Jobs that are processes of this machine. */
export function serveProcesses(plans: readonly FaultPlan[], more: Partial<SageMakerServiceOptions> = {}) {
  const folder = temporaryFolder();
  const objectStore = new ObjectStore(join(folder, 's3'));
  const service = new SageMakerService({
    clock: new RealClock(),
    launcher: new ProcessJobLauncher(),
    folder: join(folder, 'jobs'),
    objectStore,
    stopGraceSeconds: 0.3,
    faults: new FaultInjector(plans),
    ...more,
  });
  return { service, objectStore };
}

/** What the job went through, in order. */
export function passed(job: DescribeTrainingJobAnswer): string[] {
  return (job.SecondaryStatusTransitions as { Status: string }[]).map(({ Status }) => Status);
}

/** The AWS name of the error that a call throws; undefined when it is answered. */
export function errorCode(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
}

export const WITH_METRIC = {
  AlgorithmSpecification: {
    TrainingImage: 'image',
    TrainingInputMode: 'File',
    MetricDefinitions: [{ Name: 'accuracy', Regex: 'accuracy=([0-9.]+)' }],
  },
  StoppingCondition: { MaxRuntimeInSeconds: 3600 },
};

/** A job on managed spot. */
export const ON_SPOT = {
  ...WITH_METRIC,
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: 3600, MaxWaitTimeInSeconds: 7200 },
};
