import type { ProcessIdentity } from '../sagemaker/process-identity';
import type { BatchKeyValue, BatchResourceRequirement, BatchRetryStrategy } from '../template/description';

export type JobStatus = 'SUBMITTED' | 'PENDING' | 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** The container of a job: what its definition says, with what SubmitJob overrides. */
export interface JobContainer {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: readonly BatchKeyValue[];
  readonly resourceRequirements: readonly BatchResourceRequirement[];
  readonly jobRoleArn?: string;
  readonly executionRoleArn?: string;
}

/** How one attempt ended. */
export interface JobAttempt {
  readonly container: { readonly exitCode?: number; readonly reason?: string; readonly logStreamName?: string };
  /** Undefined for one that could not start. */
  readonly startedAt?: number;
  readonly stoppedAt: number;
  readonly statusReason: string;
}

/** A job of AWS Batch; times in milliseconds. */
export interface BatchJob {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  /** Counts the jobs: those of one instant have an order as well. */
  readonly number: number;
  /** ARNs. */
  readonly jobQueue: string;
  readonly jobDefinition: string;
  readonly container: JobContainer;
  readonly retryStrategy: BatchRetryStrategy;
  readonly attemptDurationSeconds?: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Characters of what Batch gives ECS beside the job definition. */
  readonly overridesLength: number;
  readonly createdAt: number;
  status: JobStatus;
  statusReason?: string;
  startedAt?: number;
  stoppedAt?: number;
  logStreamName?: string;
  isCancelled: boolean;
  isTerminated: boolean;
  attempts: JobAttempt[];
  /** The process of the attempt that runs, for a later runtime to find. */
  process?: ProcessIdentity;
}

export function hasEnded({ status }: BatchJob): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/** What a job asks of a compute environment. */
export interface ResourceNeed {
  readonly vcpus: number;
  readonly gpus: number;
}

export function needOf({ container }: Pick<BatchJob, 'container'>): ResourceNeed {
  const amount = (type: string) =>
    container.resourceRequirements.find((requirement) => requirement.type === type)?.value;
  return { vcpus: Number(amount('VCPU') ?? 1), gpus: Number(amount('GPU') ?? 0) };
}
