import type { Constraint, StringConstraint, StructureConstraint } from '../constraint';
import { CREATE_TRAINING_JOB } from '../create-training-job-model';

/** SageMaker's `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}` without its backtracking; the length is checked apart. */
export const TUNING_JOB_NAME: StringConstraint = {
  type: 'string',
  min: 1,
  max: 32,
  pattern: '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?',
};

const PARAMETER_NAME: StringConstraint = { type: 'string', max: 256 };
const PARAMETER_VALUE: StringConstraint = { type: 'string', max: 256 };
const METRIC_NAME: StringConstraint = { type: 'string', min: 1, max: 255 };

const NUMBER_RANGES: Constraint = {
  type: 'list',
  max: 30,
  member: {
    type: 'structure',
    required: ['Name', 'MinValue', 'MaxValue'],
    fields: {
      Name: PARAMETER_NAME,
      MinValue: PARAMETER_VALUE,
      MaxValue: PARAMETER_VALUE,
      ScalingType: { type: 'string', oneOf: ['Auto', 'Linear', 'Logarithmic', 'ReverseLogarithmic'] },
    },
  },
};

const PARAMETER_RANGES: StructureConstraint = {
  type: 'structure',
  fields: {
    IntegerParameterRanges: NUMBER_RANGES,
    ContinuousParameterRanges: NUMBER_RANGES,
    CategoricalParameterRanges: {
      type: 'list',
      max: 30,
      member: {
        type: 'structure',
        required: ['Name', 'Values'],
        fields: { Name: PARAMETER_NAME, Values: { type: 'list', min: 1, max: 30, member: PARAMETER_VALUE } },
      },
    },
    AutoParameters: {
      type: 'list',
      max: 100,
      member: {
        type: 'structure',
        required: ['Name', 'ValueHint'],
        fields: { Name: PARAMETER_NAME, ValueHint: PARAMETER_VALUE },
      },
    },
  },
};

const OBJECTIVE: StructureConstraint = {
  type: 'structure',
  required: ['Type', 'MetricName'],
  fields: { Type: { type: 'string', oneOf: ['Maximize', 'Minimize'] }, MetricName: METRIC_NAME },
};

const TUNING_JOB_CONFIG: StructureConstraint = {
  type: 'structure',
  required: ['Strategy', 'ResourceLimits'],
  fields: {
    Strategy: { type: 'string', oneOf: ['Bayesian', 'Random', 'Hyperband', 'Grid'] },
    StrategyConfig: {
      type: 'structure',
      fields: {
        HyperbandStrategyConfig: {
          type: 'structure',
          fields: {
            MinResource: { type: 'integer', min: 1 },
            MaxResource: { type: 'integer', min: 1, max: 20_000 },
          },
        },
      },
    },
    HyperParameterTuningJobObjective: OBJECTIVE,
    ResourceLimits: {
      type: 'structure',
      required: ['MaxParallelTrainingJobs'],
      fields: {
        MaxNumberOfTrainingJobs: { type: 'integer', min: 1 },
        MaxParallelTrainingJobs: { type: 'integer', min: 1 },
        MaxRuntimeInSeconds: { type: 'integer', min: 120, max: 15_768_000 },
      },
    },
    ParameterRanges: PARAMETER_RANGES,
    TrainingJobEarlyStoppingType: { type: 'string', oneOf: ['Off', 'Auto'] },
    TuningJobCompletionCriteria: {
      type: 'structure',
      fields: {
        TargetObjectiveMetricValue: { type: 'number' },
        BestObjectiveNotImproving: {
          type: 'structure',
          fields: { MaxNumberOfTrainingJobsNotImproving: { type: 'integer', min: 3 } },
        },
        ConvergenceDetected: {
          type: 'structure',
          fields: { CompleteOnConvergence: { type: 'string', oneOf: ['Disabled', 'Enabled'] } },
        },
      },
    },
    RandomSeed: { type: 'integer', min: 0 },
  },
};

const INSTANCES = CREATE_TRAINING_JOB.fields.ResourceConfig as StructureConstraint;
const ALGORITHM = CREATE_TRAINING_JOB.fields.AlgorithmSpecification as StructureConstraint;
const { InstanceType, VolumeKmsKeyId } = INSTANCES.fields;
const INSTANCE_COUNT: Constraint = { type: 'integer', min: 0 };

const TUNING_RESOURCE_CONFIG: StructureConstraint = {
  type: 'structure',
  fields: {
    InstanceType,
    InstanceCount: INSTANCE_COUNT,
    VolumeSizeInGB: { type: 'integer', min: 0 },
    VolumeKmsKeyId,
    AllocationStrategy: { type: 'string', oneOf: ['Prioritized'] },
    InstanceConfigs: {
      type: 'list',
      min: 1,
      max: 6,
      member: {
        type: 'structure',
        required: ['InstanceType', 'InstanceCount', 'VolumeSizeInGB'],
        fields: { InstanceType, InstanceCount: INSTANCE_COUNT, VolumeSizeInGB: { type: 'integer', min: 1 } },
      },
    },
  },
};

const TRAINING_JOB_DEFINITION: StructureConstraint = {
  type: 'structure',
  required: ['AlgorithmSpecification', 'RoleArn', 'OutputDataConfig', 'StoppingCondition'],
  fields: {
    DefinitionName: { ...TUNING_JOB_NAME, max: 64 },
    TuningObjective: OBJECTIVE,
    HyperParameterRanges: PARAMETER_RANGES,
    StaticHyperParameters: CREATE_TRAINING_JOB.fields.HyperParameters,
    AlgorithmSpecification: {
      type: 'structure',
      required: ['TrainingInputMode'],
      // no ContainerEntrypoint and no ContainerArguments: the program of the image runs.
      fields: {
        TrainingImage: ALGORITHM.fields.TrainingImage,
        AlgorithmName: ALGORITHM.fields.AlgorithmName,
        TrainingInputMode: ALGORITHM.fields.TrainingInputMode,
        MetricDefinitions: ALGORITHM.fields.MetricDefinitions,
      },
    },
    RoleArn: CREATE_TRAINING_JOB.fields.RoleArn,
    InputDataConfig: CREATE_TRAINING_JOB.fields.InputDataConfig,
    VpcConfig: CREATE_TRAINING_JOB.fields.VpcConfig,
    OutputDataConfig: CREATE_TRAINING_JOB.fields.OutputDataConfig,
    ResourceConfig: INSTANCES,
    HyperParameterTuningResourceConfig: TUNING_RESOURCE_CONFIG,
    StoppingCondition: CREATE_TRAINING_JOB.fields.StoppingCondition,
    EnableNetworkIsolation: { type: 'boolean' },
    EnableInterContainerTrafficEncryption: { type: 'boolean' },
    EnableManagedSpotTraining: { type: 'boolean' },
    CheckpointConfig: CREATE_TRAINING_JOB.fields.CheckpointConfig,
    RetryStrategy: CREATE_TRAINING_JOB.fields.RetryStrategy,
    Environment: {
      type: 'map',
      max: 48,
      key: { type: 'string', max: 512, pattern: '[a-zA-Z_][a-zA-Z0-9_]*' },
      value: { type: 'string', max: 512 },
    },
  },
};

/** The request of CreateHyperParameterTuningJob, after the model that botocore carries. */
export const CREATE_TUNING_JOB: StructureConstraint = {
  type: 'structure',
  required: ['HyperParameterTuningJobName', 'HyperParameterTuningJobConfig'],
  fields: {
    HyperParameterTuningJobName: TUNING_JOB_NAME,
    HyperParameterTuningJobConfig: TUNING_JOB_CONFIG,
    TrainingJobDefinition: TRAINING_JOB_DEFINITION,
    TrainingJobDefinitions: { type: 'list', min: 1, max: 10, member: TRAINING_JOB_DEFINITION },
    WarmStartConfig: {
      type: 'structure',
      required: ['ParentHyperParameterTuningJobs', 'WarmStartType'],
      fields: {
        ParentHyperParameterTuningJobs: {
          type: 'list',
          min: 1,
          max: 5,
          member: {
            type: 'structure',
            required: ['HyperParameterTuningJobName'],
            fields: { HyperParameterTuningJobName: TUNING_JOB_NAME },
          },
        },
        WarmStartType: { type: 'string', oneOf: ['IdenticalDataAndAlgorithm', 'TransferLearning'] },
      },
    },
    Tags: CREATE_TRAINING_JOB.fields.Tags,
    Autotune: {
      type: 'structure',
      required: ['Mode'],
      fields: { Mode: { type: 'string', oneOf: ['Enabled'] } },
    },
  },
};
