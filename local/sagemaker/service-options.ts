import type { Clock } from '../clock';
import type { FaultInjector } from '../faults';
import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ObjectStore } from '../s3/object-store';
import type { AssetLookup } from '../template/description';
import type { InstanceQuota } from './instance-quota';
import type { JobLauncher } from './job-launcher';
import type { TuningQuota } from './tuning';

export interface SageMakerServiceOptions {
  readonly clock: Clock;
  readonly launcher: JobLauncher;
  /** Keeps the jobs' state, output and files. @default - in memory, for launchers that need no files */
  readonly folder?: string;
  /** The local S3; needed by a launcher that needs files. */
  readonly objectStore?: ObjectStore;
  /** Finds the app's assets behind input channels. */
  readonly assets?: AssetLookup;
  /** Read whenever a job starts, so that it may be filled once the servers listen. */
  readonly endpoints?: ServiceEndpoints;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 123456789012 */
  readonly accountId?: string;
  /** Instances of jobs on demand, and of warm pools beside them. @default - no limit */
  readonly instanceQuota?: InstanceQuota;
  /** Instances of jobs on managed spot. @default - no limit */
  readonly spotInstanceQuota?: InstanceQuota;
  /** Instances of jobs with a KeepAlivePeriodInSeconds, and of their warm pools; 0 in a new account. @default - no limit */
  readonly warmPoolQuota?: InstanceQuota;
  /** How large a tuning job may be. @default - no limit */
  readonly tuningQuota?: TuningQuota;
  /** How long the instances of an ended job still count in the quotas. @default 0 */
  readonly quotaReleaseSeconds?: number;
  /** CreateTrainingJob requests a second; 1 on AWS. @default - no limit */
  readonly createRatePerSecond?: number;
  /** StopTrainingJob requests a second; 1 on AWS. @default - no limit */
  readonly stopRatePerSecond?: number;
  /** DescribeTrainingJob requests a second; 5 on AWS. @default - no limit */
  readonly describeRatePerSecond?: number;
  /** ListTrainingJobs requests a second; 2 on AWS. @default - no limit */
  readonly listRatePerSecond?: number;
  /** A change of a job's status is seen by Describe and List only so much later. @default 0 */
  readonly describeLagSeconds?: number;
  /** Share of the training time that managed spot saves; AWS says up to 0.9. @default 0.7 */
  readonly spotDiscount?: number;
  /** Start-up on the instances of a warm pool, where the launcher's own start-up is longer. @default 20 */
  readonly warmPoolStartupSeconds?: number;
  /** What goes wrong. @default - nothing */
  readonly faults?: FaultInjector;
  /** Between SIGTERM and SIGKILL. @default 120 */
  readonly stopGraceSeconds?: number;
  /** Takes each line that a job prints. */
  readonly onLine?: (jobName: string, line: string) => void;
}

/** How the account behaves: all but what a runtime wires up by itself. */
export type SageMakerAccountOptions = Omit<
  SageMakerServiceOptions,
  'clock' | 'launcher' | 'folder' | 'objectStore' | 'assets' | 'endpoints' | 'region' | 'accountId' | 'faults'
>;

export const DEFAULT_STOP_GRACE_SECONDS = 120;
export const DEFAULT_SPOT_DISCOUNT = 0.7;
export const DEFAULT_WARM_POOL_STARTUP_SECONDS = 20;

/** Throws an error that names the option that no account has. */
export function checkOptions(options: SageMakerServiceOptions): void {
  const { spotDiscount = DEFAULT_SPOT_DISCOUNT } = options;
  if (!(spotDiscount >= 0 && spotDiscount < 1)) {
    throw new Error(`SageMakerService: spotDiscount is ${spotDiscount}; give a share from 0 to below 1.`);
  }
  for (const name of [
    'createRatePerSecond',
    'stopRatePerSecond',
    'describeRatePerSecond',
    'listRatePerSecond',
  ] as const) {
    const rate = options[name];
    if (rate !== undefined && !(rate > 0)) {
      throw new Error(`SageMakerService: ${name} is ${rate}; give a number above 0, or leave it out for no limit.`);
    }
  }
}
