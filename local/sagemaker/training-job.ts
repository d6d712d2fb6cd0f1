import type { ProcessIdentity } from './process-identity';

export interface MetricDefinition {
  readonly Name: string;
  readonly Regex: string;
}

export interface Channel {
  readonly ChannelName: string;
  readonly DataSource: {
    readonly S3DataSource?: {
      readonly S3DataType: string;
      readonly S3Uri: string;
      readonly S3DataDistributionType?: string;
    };
    readonly FileSystemDataSource?: unknown;
  };
  readonly ContentType?: string;
  readonly InputMode?: string;
}

export interface InstanceGroup {
  readonly InstanceType: string;
  readonly InstanceCount: number;
}

/** A request of CreateTrainingJob that has been validated; fields that nobody reads here are kept as they came. */
export interface CreateTrainingJobRequest {
  readonly TrainingJobName: string;
  readonly HyperParameters?: Readonly<Record<string, string>>;
  readonly AlgorithmSpecification: {
    readonly TrainingImage?: string;
    readonly AlgorithmName?: string;
    readonly TrainingInputMode: string;
    readonly MetricDefinitions?: readonly MetricDefinition[];
    readonly ContainerEntrypoint?: readonly string[];
    readonly ContainerArguments?: readonly string[];
  };
  readonly RoleArn: string;
  readonly InputDataConfig?: readonly Channel[];
  readonly OutputDataConfig: { readonly S3OutputPath: string; readonly CompressionType?: string };
  readonly ResourceConfig: {
    readonly InstanceType?: string;
    readonly InstanceCount?: number;
    readonly InstanceGroups?: readonly InstanceGroup[];
  };
  readonly StoppingCondition?: { readonly MaxRuntimeInSeconds?: number; readonly MaxWaitTimeInSeconds?: number };
  readonly CheckpointConfig?: { readonly S3Uri: string; readonly LocalPath?: string };
  readonly Environment?: Readonly<Record<string, string>>;
  readonly EnableManagedSpotTraining?: boolean;
}

export type TrainingJobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

export type SecondaryStatus =
  | 'Starting'
  | 'Downloading'
  | 'Training'
  | 'Uploading'
  | 'Stopping'
  | 'Stopped'
  | 'MaxRuntimeExceeded'
  | 'Completed'
  | 'Failed';

/** Times are milliseconds since the epoch. */
export interface StatusTransition {
  readonly status: SecondaryStatus;
  readonly startTime: number;
  endTime?: number;
  readonly message: string;
}

export interface FinalMetric {
  readonly name: string;
  readonly value: number;
  readonly time: number;
}

/** All that is known of a training job; kept on disk as it stands here. */
export interface TrainingJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTrainingJobRequest;
  status: TrainingJobStatus;
  secondaryStatus: SecondaryStatus;
  transitions: StatusTransition[];
  readonly creationTime: number;
  lastModifiedTime: number;
  trainingStartTime?: number;
  trainingEndTime?: number;
  failureReason?: string;
  finalMetrics: FinalMetric[];
  modelArtifacts?: string;
  process?: ProcessIdentity;
}

export const DEFAULT_MAX_RUNTIME_SECONDS = 86_400;

export function hasEnded(job: TrainingJob): boolean {
  return job.status !== 'InProgress' && job.status !== 'Stopping';
}

/** The instances that a job takes, by type. */
export function instancesOf({ ResourceConfig }: CreateTrainingJobRequest): InstanceGroup[] {
  if (ResourceConfig.InstanceGroups !== undefined) return [...ResourceConfig.InstanceGroups];
  return [{ InstanceType: ResourceConfig.InstanceType ?? '', InstanceCount: ResourceConfig.InstanceCount ?? 1 }];
}
