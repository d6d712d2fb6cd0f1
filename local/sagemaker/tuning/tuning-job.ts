import type { CreateTrainingJobRequest } from '../training-job';

export type StrategyName = 'Bayesian' | 'Random' | 'Grid' | 'Hyperband';
export type ScalingType = 'Auto' | 'Linear' | 'Logarithmic' | 'ReverseLogarithmic';

export interface NumberRange {
  readonly Name: string;
  readonly MinValue: string;
  readonly MaxValue: string;
  readonly ScalingType?: ScalingType;
}

export interface CategoricalRange {
  readonly Name: string;
  readonly Values: readonly string[];
}

export interface ParameterRanges {
  readonly IntegerParameterRanges?: readonly NumberRange[];
  readonly ContinuousParameterRanges?: readonly NumberRange[];
  readonly CategoricalParameterRanges?: readonly CategoricalRange[];
  readonly AutoParameters?: readonly { readonly Name: string; readonly ValueHint: string }[];
}

export interface TuningObjective {
  readonly Type: 'Maximize' | 'Minimize';
  readonly MetricName: string;
}

export interface InstanceConfig {
  readonly InstanceType: string;
  readonly InstanceCount: number;
  readonly VolumeSizeInGB?: number;
}

export interface TuningResourceConfig extends Partial<InstanceConfig> {
  readonly VolumeKmsKeyId?: string;
  readonly AllocationStrategy?: 'Prioritized';
  readonly InstanceConfigs?: readonly InstanceConfig[];
}

/** What a tuning job's training jobs have in common; what AMT has no name for goes to CreateTrainingJob as it is. */
export interface TrainingJobDefinition extends Omit<
  CreateTrainingJobRequest,
  'TrainingJobName' | 'HyperParameters' | 'ResourceConfig' | 'Tags'
> {
  readonly DefinitionName?: string;
  readonly TuningObjective?: TuningObjective;
  readonly HyperParameterRanges?: ParameterRanges;
  readonly StaticHyperParameters?: Readonly<Record<string, string>>;
  readonly ResourceConfig?: CreateTrainingJobRequest['ResourceConfig'];
  readonly HyperParameterTuningResourceConfig?: TuningResourceConfig;
}

export interface TuningJobConfig {
  readonly Strategy: StrategyName;
  readonly StrategyConfig?: {
    readonly HyperbandStrategyConfig?: { readonly MinResource?: number; readonly MaxResource?: number };
  };
  readonly HyperParameterTuningJobObjective?: TuningObjective;
  readonly ResourceLimits: {
    readonly MaxParallelTrainingJobs: number;
    readonly MaxNumberOfTrainingJobs?: number;
    readonly MaxRuntimeInSeconds?: number;
  };
  readonly ParameterRanges?: ParameterRanges;
  readonly TrainingJobEarlyStoppingType?: 'Off' | 'Auto';
  readonly TuningJobCompletionCriteria?: {
    readonly TargetObjectiveMetricValue?: number;
    readonly BestObjectiveNotImproving?: { readonly MaxNumberOfTrainingJobsNotImproving?: number };
    readonly ConvergenceDetected?: { readonly CompleteOnConvergence?: 'Disabled' | 'Enabled' };
  };
  readonly RandomSeed?: number;
}

/** A request of CreateHyperParameterTuningJob that has been validated. */
export interface CreateTuningJobRequest {
  readonly HyperParameterTuningJobName: string;
  readonly HyperParameterTuningJobConfig: TuningJobConfig;
  readonly TrainingJobDefinition?: TrainingJobDefinition;
  readonly TrainingJobDefinitions?: readonly TrainingJobDefinition[];
  readonly WarmStartConfig?: {
    readonly ParentHyperParameterTuningJobs: readonly { readonly HyperParameterTuningJobName: string }[];
    readonly WarmStartType: 'IdenticalDataAndAlgorithm' | 'TransferLearning';
  };
  readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  readonly Autotune?: { readonly Mode: 'Enabled' };
}

export type TuningJobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** A training job that a tuning job has launched; what became of it is known by its name. */
export interface TuningChild {
  readonly name: string;
  /** Place of its definition. */
  readonly definition: number;
  readonly tuned: Readonly<Record<string, string>>;
  /** It found no capacity, and another one on other instances took its place: no result for the search. */
  replaced?: true;
}

/** All that is known of a tuning job; kept on disk as it stands here. Times are milliseconds since the epoch. */
export interface TuningJob {
  readonly name: string;
  readonly arn: string;
  readonly request: CreateTuningJobRequest;
  status: TuningJobStatus;
  readonly creationTime: number;
  lastModifiedTime: number;
  endTime?: number;
  failureReason?: string;
  convergenceTime?: number;
  readonly children: TuningChild[];
}

export function hasTuningEnded({ status }: TuningJob): boolean {
  return status !== 'InProgress' && status !== 'Stopping';
}

export function definitionsOf(request: CreateTuningJobRequest): readonly TrainingJobDefinition[] {
  // a validated request has exactly one of the two.
  return request.TrainingJobDefinitions ?? [request.TrainingJobDefinition!];
}

/** What the training jobs of a definition are measured by: its own, or that of the tuning job. */
export function objectiveOf(request: CreateTuningJobRequest, definition: TrainingJobDefinition): TuningObjective {
  return definition.TuningObjective ?? request.HyperParameterTuningJobConfig.HyperParameterTuningJobObjective!;
}

/** What is searched for the training jobs of a definition: its own ranges, or those of the tuning job. */
export function rangesOf(request: CreateTuningJobRequest, definition: TrainingJobDefinition): ParameterRanges {
  return definition.HyperParameterRanges ?? request.HyperParameterTuningJobConfig.ParameterRanges ?? {};
}

/** The instances to try, the preferred ones first; undefined for a definition that has a ResourceConfig. */
export function instanceConfigsOf({
  HyperParameterTuningResourceConfig: config,
}: TrainingJobDefinition): readonly InstanceConfig[] | undefined {
  if (config === undefined) return undefined;
  if (config.InstanceConfigs !== undefined) return config.InstanceConfigs;
  const { InstanceType, InstanceCount, VolumeSizeInGB } = config;
  return [{ InstanceType: InstanceType!, InstanceCount: InstanceCount!, VolumeSizeInGB }];
}
