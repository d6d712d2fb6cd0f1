import type { ServiceEndpoints } from '../lambda/endpoints';
import type { ProcessIdentity } from '../sagemaker/process-identity';
import type { JobContainer } from './batch-job';

/** One attempt of a job as its launcher sees it. */
export interface LaunchedContainer {
  readonly jobId: string;
  readonly jobName: string;
  /** The queue's name. */
  readonly jobQueue: string;
  /** From 1. */
  readonly attempt: number;
  readonly container: JobContainer;
}

export interface ContainerContext {
  readonly job: LaunchedContainer;
  /** The working folder, a fresh one for each attempt; empty for a launcher that needs no files. */
  readonly folder: string;
  readonly endpoints: ServiceEndpoints;
  readonly region: string;
  /** Takes one line that the container printed. */
  readonly onLine: (line: string) => void;
  /** Takes the process, so that a later runtime can find what this one left behind. */
  readonly onProcess: (identity: ProcessIdentity) => void;
}

/** How a container ended. */
export type ContainerExit =
  | {
      readonly exitCode: number;
      /** What the container's `reason` says, such as OutOfMemoryError: ... */
      readonly reason?: string;
    }
  /** It never ran, and the container's `reason` says why. */
  | { readonly notStarted: string };

export interface ContainerRun {
  readonly ended: Promise<ContainerExit>;
  /** SIGTERM. */
  terminate(): void;
  /** SIGKILL. */
  kill(): void;
}

/** Where the containers of jobs run. */
export interface BatchLauncher {
  /** Whether a container works in a folder and in real time. */
  readonly needsFiles: boolean;

  launch(context: ContainerContext): ContainerRun;

  close(): Promise<void>;
}
