import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ProcessIdentity } from './process-identity';
import type { CreateTrainingJobRequest } from './training-job';

/** A training job as its launcher sees it. */
export interface LaunchedJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTrainingJobRequest;
}

export interface LaunchContext {
  readonly job: LaunchedJob;
  /** What is /opt/ml in a container; empty for a launcher that needs no files. */
  readonly baseFolder: string;
  /** Where the job's checkpoints lie in the local S3. */
  readonly checkpointFolder?: string;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
  /** Between SIGTERM and SIGKILL, for hosts that end because another one of their job has failed. */
  readonly stopGraceSeconds: number;
  /** Takes one line that the job printed. */
  readonly onLine: (line: string) => void;
  /** Takes the process, of the first host where there are several, so that a later runtime can find what this one left behind. */
  readonly onProcess: (identity: ProcessIdentity) => void;
}

/** How a job's program ended. */
export type JobExit =
  | {
      readonly exitCode: number;
      /** What the program wrote to output/failure. */
      readonly failure?: string;
    }
  /** It never ran, or ended by no fault of its own; the text is the job's FailureReason. */
  | { readonly failureReason: string };

export interface JobRun {
  readonly ended: Promise<JobExit>;
  /** SIGTERM. */
  terminate(): void;
  /** SIGKILL. */
  kill(): void;
  /** SIGSTOP for the last host, and SIGCONT after so many seconds; missing where there is no process of it here. */
  freezeLastHost?(seconds: number): void;
}

/** Where the programs of training jobs run. */
export interface JobLauncher {
  /** Whether the job's folders have to be laid out before and packed after. */
  readonly needsFiles: boolean;

  /** Seconds from the request until the program's data is loaded. */
  startupSeconds(job: LaunchedJob): number;

  launch(context: LaunchContext): JobRun;

  close(): Promise<void>;
}
