import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchService, ProcessBatchLauncher, SimulatedBatchLauncher } from '../../../local/batch';
import type { BatchServiceOptions, JobDetail, SimulatedContainer } from '../../../local/batch';
import { RealClock, VirtualClock } from '../../../local/clock';
import { FaultInjector } from '../../../local/faults';
import type { FaultPlan } from '../../../local/faults';
import type { ComputeEnvironmentDescription, JobDefinitionDescription } from '../../../local/template';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-batch-'));
  folders.push(folder);
  return folder;
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;

/** When the virtual clock begins. */
export const BEGIN = Date.UTC(2026, 0, 1);

const ARN = 'arn:aws:batch:us-east-1:123456789012:';

export const QUEUE = {
  ...{ stackName: 'Hpo', logicalId: 'Queue', name: 'queue', arn: `${ARN}job-queue/queue` },
  ...{ priority: 1, enabled: true, computeEnvironments: [`${ARN}compute-environment/machines`] },
};

export const ENVIRONMENT: ComputeEnvironmentDescription = {
  ...{ stackName: 'Hpo', logicalId: 'Machines', name: 'machines', arn: `${ARN}compute-environment/machines` },
  ...{ resources: 'SPOT', minVcpus: 0, maxVcpus: 8, instanceTypes: ['m5.xlarge'] },
};

/** Four vCPUs: one job fills an m5.xlarge. */
export const DEFINITION: JobDefinitionDescription = {
  ...{ stackName: 'Hpo', logicalId: 'Training', name: 'training', arn: `${ARN}job-definition/training:1` },
  container: {
    image: 'image:latest',
    command: ['node', '-e', ''],
    environment: [
      { name: 'KEPT', value: 'definition' },
      { name: 'CHANGED', value: 'definition' },
    ],
    resourceRequirements: [
      { type: 'VCPU', value: '4' },
      { type: 'MEMORY', value: '2048' },
    ],
  },
};

export interface ServeOptions extends Partial<BatchServiceOptions> {
  readonly program?: SimulatedContainer;
  readonly plans?: readonly FaultPlan[];
}

/** Sleeps for ten minutes. */
export const TEN_MINUTES: SimulatedContainer = async (_job, clock, { signal }) => {
  await clock.sleep(10 * MINUTE, signal);
  return 0;
};

/** What a job did, at how many seconds after the beginning. */
export type Passed = [name: string, status: string, second: number];

/** Simulated jobs on a virtual clock. */
export function serveSimulated({ program = TEN_MINUTES, plans, ...more }: ServeOptions = {}) {
  const clock = new VirtualClock(BEGIN);
  const passed: Passed[] = [];
  const notices: string[] = [];
  const faults = new FaultInjector(plans);
  const service = new BatchService({
    clock,
    launcher: new SimulatedBatchLauncher({ clock, program }),
    ...{ jobQueues: [QUEUE], computeEnvironments: [ENVIRONMENT], jobDefinitions: [DEFINITION] },
    faults,
    onStatus: ({ jobName, status }) => passed.push([jobName, status, (clock.now() - BEGIN) / SECOND]),
    onNotice: (text) => notices.push(text),
    ...more,
  });
  const submit = (name: string, request: Record<string, unknown> = {}) =>
    service.submitJob(jobRequest(name, request)).jobId;
  /** Submits a job and waits for its end. */
  const run = (name: string, request: Record<string, unknown> = {}) => service.waitForEnd(submit(name, request));
  return { clock, service, faults, passed, notices, submit, run };
}

/** Jobs that are processes of this machine. */
export function serveProcesses(more: Partial<BatchServiceOptions> = {}) {
  const lines: string[] = [];
  const service = new BatchService({
    clock: new RealClock(),
    launcher: new ProcessBatchLauncher(),
    ...{ jobQueues: [QUEUE], computeEnvironments: [ENVIRONMENT], jobDefinitions: [DEFINITION] },
    folder: join(temporaryFolder(), 'jobs'),
    stopGraceSeconds: 0.3,
    onLine: (_name, line) => lines.push(line),
    ...more,
  });
  const submit = (command: readonly string[], request: Record<string, unknown> = {}) =>
    service.submitJob(jobRequest('job', { containerOverrides: { command }, ...request })).jobId;
  const run = (command: readonly string[], request: Record<string, unknown> = {}) =>
    service.waitForEnd(submit(command, request));
  return { service, lines, submit, run };
}

/** A request of SubmitJob that is valid, with what a test changes. */
export function jobRequest(jobName: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { jobName, jobQueue: 'queue', jobDefinition: 'training', ...more };
}

export function vcpus(value: number, gpus?: number): Record<string, unknown> {
  const requirements = [{ type: 'VCPU', value: String(value) }];
  if (gpus !== undefined) requirements.push({ type: 'GPU', value: String(gpus) });
  return { containerOverrides: { resourceRequirements: requirements } };
}

/** The attempts of a job, as DescribeJobs has them. */
export function attemptsOf(job: JobDetail): {
  readonly container: { readonly exitCode?: number; readonly reason?: string; readonly logStreamName?: string };
  readonly startedAt?: number;
  readonly stoppedAt: number;
  readonly statusReason: string;
}[] {
  return job.attempts as never;
}
