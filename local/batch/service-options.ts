import type { Clock } from '../clock';
import type { FaultInjector } from '../faults';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type {
  ComputeEnvironmentDescription,
  JobDefinitionDescription,
  JobQueueDescription,
} from '../template/description';
import type { BatchLauncher } from './batch-launcher';
import type { JobDetail } from './describe-job';

export interface BatchServiceOptions {
  readonly clock: Clock;
  readonly launcher: BatchLauncher;
  readonly jobQueues: readonly JobQueueDescription[];
  readonly computeEnvironments: readonly ComputeEnvironmentDescription[];
  readonly jobDefinitions: readonly JobDefinitionDescription[];
  /** Keeps the jobs' state, output and files. @default - in memory, for launchers that need no files */
  readonly folder?: string;
  /** Read whenever a container starts, so that it may be filled once the servers listen. */
  readonly endpoints?: ServiceEndpoints;
  /** @default us-east-1 */
  readonly region?: string;
  /** From the launch of an instance until it takes jobs. @default 120 for simulated jobs, 0 for processes */
  readonly instanceStartSeconds?: number;
  /** How long an instance without a job is kept. @default 300 */
  readonly idleSeconds?: number;
  /** GPUs of each compute environment. @default - no limit */
  readonly maxGpus?: number;
  /** Between SIGTERM and SIGKILL. @default 30 */
  readonly stopGraceSeconds?: number;
  /** SubmitJob requests a second; 50 on AWS. @default - no limit */
  readonly submitRatePerSecond?: number;
  /** What goes wrong. @default - nothing */
  readonly faults?: FaultInjector;
  /** Takes each line that a container prints. */
  readonly onLine?: (jobName: string, line: string) => void;
  /** Told of every change of a job's status. */
  readonly onStatus?: (job: JobDetail) => void;
  /** Told of jobs that wait for what can never be. */
  readonly onNotice?: (text: string) => void;
}

/** How the account behaves: all but what a runtime wires up by itself. */
export type BatchAccountOptions = Pick<
  BatchServiceOptions,
  | 'instanceStartSeconds'
  | 'idleSeconds'
  | 'maxGpus'
  | 'stopGraceSeconds'
  | 'submitRatePerSecond'
  | 'onLine'
  | 'onStatus'
>;

export const DEFAULT_IDLE_SECONDS = 300;
export const DEFAULT_STOP_GRACE_SECONDS = 30;
export const SIMULATED_START_SECONDS = 120;

/** Throws an error that names the option that no account has. */
export function checkOptions(options: BatchServiceOptions): void {
  for (const name of ['instanceStartSeconds', 'idleSeconds', 'maxGpus', 'stopGraceSeconds'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) {
      throw new Error(`BatchService: ${name} is ${value}; give a number of at least 0, or leave it out.`);
    }
  }
  const { submitRatePerSecond: rate } = options;
  if (rate !== undefined && !(rate > 0)) {
    throw new Error(
      `BatchService: submitRatePerSecond is ${rate}; give a number above 0, or leave it out for no limit.`,
    );
  }
}
