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
      readonly AttributeNames?: readonly string[];
      readonly InstanceGroupNames?: readonly string[];
    };
    readonly FileSystemDataSource?: {
      readonly FileSystemId: string;
      readonly FileSystemType: string;
      readonly DirectoryPath: string;
    };
  };
  readonly ContentType?: string;
  readonly InputMode?: string;
}

export interface InstanceGroup {
  readonly InstanceType: string;
  readonly InstanceCount: number;
  readonly InstanceGroupName?: string;
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
    readonly VolumeSizeInGB?: number;
    readonly VolumeKmsKeyId?: string;
    readonly KeepAlivePeriodInSeconds?: number;
  };
  readonly VpcConfig?: { readonly SecurityGroupIds: readonly string[]; readonly Subnets: readonly string[] };
  readonly StoppingCondition?: { readonly MaxRuntimeInSeconds?: number; readonly MaxWaitTimeInSeconds?: number };
  readonly CheckpointConfig?: { readonly S3Uri: string; readonly LocalPath?: string };
  readonly Environment?: Readonly<Record<string, string>>;
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly RetryStrategy?: { readonly MaximumRetryAttempts: number };
  readonly EnableManagedSpotTraining?: boolean;
  readonly EnableNetworkIsolation?: boolean;
  readonly EnableInterContainerTrafficEncryption?: boolean;
}

export type TrainingJobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

export type SecondaryStatus =
  | 'Starting'
  | 'Downloading'
  | 'Training'
  | 'Interrupted'
  | 'Restarting'
  | 'Uploading'
  | 'Stopping'
  | 'Stopped'
  | 'MaxRuntimeExceeded'
  | 'MaxWaitTimeExceeded'
  | 'Completed'
  | 'Failed';

/** Times are milliseconds since the epoch. */
export interface StatusTransition {
  readonly status: SecondaryStatus;
  /** The job's own status at the time; older files have none. */
  readonly jobStatus?: TrainingJobStatus;
  readonly startTime: number;
  endTime?: number;
  readonly message: string;
}

export interface FinalMetric {
  readonly name: string;
  readonly value: number;
  readonly time: number;
}

/** The instances that a job has kept for the next one. */
export interface WarmPool {
  readonly availableSince: number;
  readonly availableUntil: number;
  /** When the first job of the chain that the pool went through took its instances. */
  readonly chainStartTime: number;
  reusedAt?: number;
  reusedByJob?: string;
}

/** All that is known of a training job; kept on disk as it stands here. */
export interface TrainingJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTrainingJobRequest;
  /** Of the tuning job that launched it. */
  readonly tuningJobArn?: string;
  status: TrainingJobStatus;
  secondaryStatus: SecondaryStatus;
  transitions: StatusTransition[];
  readonly creationTime: number;
  lastModifiedTime: number;
  trainingStartTime?: number;
  trainingEndTime?: number;
  /** Begin of the run that is under way; a job has several when its instances are taken away. */
  runStartTime?: number;
  /** Training time of the runs that have ended. */
  trainedMilliseconds?: number;
  billableSeconds?: number;
  /** When the instances of a warm pool that this job took over were first taken. */
  poolChainStartTime?: number;
  warmPool?: WarmPool;
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
