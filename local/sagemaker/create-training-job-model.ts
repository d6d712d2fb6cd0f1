import type { Constraint, StringConstraint, StructureConstraint } from './constraint';

/** SageMaker's `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` without its backtracking; the length is checked apart. */
export const JOB_NAME: StringConstraint = {
  type: 'string',
  min: 1,
  max: 63,
  pattern: '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?',
};

/** No training job lives longer, its waits included. */
const MAX_LIFE_DAYS = 30;

const ANY: Constraint = { type: 'any' };
const BOOLEAN: Constraint = { type: 'boolean' };
const KMS_KEY: StringConstraint = { type: 'string', max: 2048, pattern: '[a-zA-Z0-9:/_-]*' };
const S3_URI: StringConstraint = { type: 'string', max: 1024, pattern: '(?:https|s3)://[^/]+/?.*' };
const INSTANCE_TYPE: StringConstraint = { type: 'string', max: 64, pattern: 'ml\\.[a-z0-9-]+\\.[a-z0-9-]+' };
const INPUT_MODE: StringConstraint = { type: 'string', oneOf: ['Pipe', 'File', 'FastFile'] };
const EXPERIMENT_NAME: StringConstraint = {
  type: 'string',
  min: 1,
  max: 120,
  pattern: '[a-zA-Z0-9](?:-*[a-zA-Z0-9])*',
};
const COMMAND: Constraint = { type: 'list', min: 1, max: 100, member: { type: 'string', max: 256 } };

const ALGORITHM_SPECIFICATION: StructureConstraint = {
  type: 'structure',
  required: ['TrainingInputMode'],
  fields: {
    TrainingImage: { type: 'string', max: 255 },
    AlgorithmName: { type: 'string', min: 1, max: 170 },
    TrainingInputMode: INPUT_MODE,
    MetricDefinitions: {
      type: 'list',
      max: 40,
      member: {
        type: 'structure',
        required: ['Name', 'Regex'],
        fields: { Name: { type: 'string', min: 1, max: 255 }, Regex: { type: 'string', min: 1, max: 500 } },
      },
    },
    EnableSageMakerMetricsTimeSeries: BOOLEAN,
    ContainerEntrypoint: COMMAND,
    ContainerArguments: COMMAND,
    TrainingImageConfig: ANY,
  },
};

const CHANNEL: StructureConstraint = {
  type: 'structure',
  required: ['ChannelName', 'DataSource'],
  fields: {
    ChannelName: { type: 'string', min: 1, max: 64, pattern: '[A-Za-z0-9._-]+' },
    DataSource: {
      type: 'structure',
      fields: {
        S3DataSource: {
          type: 'structure',
          required: ['S3DataType', 'S3Uri'],
          fields: {
            S3DataType: { type: 'string', oneOf: ['ManifestFile', 'S3Prefix', 'AugmentedManifestFile', 'Converse'] },
            S3Uri: S3_URI,
            S3DataDistributionType: { type: 'string', oneOf: ['FullyReplicated', 'ShardedByS3Key'] },
            AttributeNames: { type: 'list', max: 16, member: { type: 'string', min: 1, max: 256 } },
            InstanceGroupNames: { type: 'list', max: 5, member: { type: 'string', min: 1, max: 64 } },
            ModelAccessConfig: ANY,
            HubAccessConfig: ANY,
          },
        },
        FileSystemDataSource: {
          type: 'structure',
          required: ['FileSystemId', 'FileSystemAccessMode', 'FileSystemType', 'DirectoryPath'],
          fields: {
            FileSystemId: { type: 'string', min: 11, max: 21 },
            FileSystemAccessMode: { type: 'string', oneOf: ['rw', 'ro'] },
            FileSystemType: { type: 'string', oneOf: ['EFS', 'FSxLustre'] },
            DirectoryPath: { type: 'string', max: 4096 },
          },
        },
        DatasetSource: ANY,
      },
    },
    ContentType: { type: 'string', max: 256 },
    CompressionType: { type: 'string', oneOf: ['None', 'Gzip'] },
    RecordWrapperType: { type: 'string', oneOf: ['None', 'RecordIO'] },
    InputMode: INPUT_MODE,
    ShuffleConfig: ANY,
  },
};

const RESOURCE_CONFIG: StructureConstraint = {
  type: 'structure',
  fields: {
    InstanceType: INSTANCE_TYPE,
    InstanceCount: { type: 'integer', min: 0 },
    VolumeSizeInGB: { type: 'integer', min: 0 },
    VolumeKmsKeyId: KMS_KEY,
    // the model says 21600, the documentation and the service 3600.
    KeepAlivePeriodInSeconds: { type: 'integer', min: 0, max: 3600 },
    InstanceGroups: {
      type: 'list',
      max: 5,
      member: {
        type: 'structure',
        required: ['InstanceType', 'InstanceCount', 'InstanceGroupName'],
        fields: {
          InstanceType: INSTANCE_TYPE,
          InstanceCount: { type: 'integer', min: 0 },
          InstanceGroupName: { type: 'string', min: 1, max: 64 },
        },
      },
    },
    TrainingPlanArn: { type: 'string', min: 50, max: 2048 },
    InstancePlacementConfig: ANY,
  },
};

/** The request of CreateTrainingJob, after the model that botocore carries. */
export const CREATE_TRAINING_JOB: StructureConstraint = {
  type: 'structure',
  required: ['TrainingJobName', 'AlgorithmSpecification', 'RoleArn', 'OutputDataConfig', 'ResourceConfig'],
  fields: {
    TrainingJobName: JOB_NAME,
    HyperParameters: {
      type: 'map',
      max: 100,
      key: { type: 'string', max: 256 },
      value: { type: 'string', max: 2500 },
    },
    AlgorithmSpecification: ALGORITHM_SPECIFICATION,
    RoleArn: { type: 'string', min: 20, max: 2048, pattern: 'arn:aws[a-z-]*:iam::\\d{12}:role/?[a-zA-Z0-9+=,.@_/-]+' },
    InputDataConfig: { type: 'list', min: 1, max: 20, member: CHANNEL },
    OutputDataConfig: {
      type: 'structure',
      required: ['S3OutputPath'],
      fields: {
        S3OutputPath: S3_URI,
        KmsKeyId: KMS_KEY,
        CompressionType: { type: 'string', oneOf: ['GZIP', 'NONE'] },
      },
    },
    ResourceConfig: RESOURCE_CONFIG,
    VpcConfig: {
      type: 'structure',
      required: ['SecurityGroupIds', 'Subnets'],
      fields: {
        SecurityGroupIds: { type: 'list', min: 1, max: 5, member: { type: 'string', max: 32 } },
        Subnets: { type: 'list', min: 1, max: 16, member: { type: 'string', max: 32 } },
      },
    },
    StoppingCondition: {
      type: 'structure',
      fields: {
        MaxRuntimeInSeconds: { type: 'integer', min: 1, max: 28 * 86_400 },
        MaxWaitTimeInSeconds: { type: 'integer', min: 1, max: MAX_LIFE_DAYS * 86_400 },
        MaxPendingTimeInSeconds: { type: 'integer', min: 7200, max: 2_419_200 },
      },
    },
    Tags: {
      type: 'list',
      max: 50,
      member: {
        type: 'structure',
        required: ['Key', 'Value'],
        fields: { Key: { type: 'string', min: 1, max: 128 }, Value: { type: 'string', max: 256 } },
      },
    },
    EnableNetworkIsolation: BOOLEAN,
    EnableInterContainerTrafficEncryption: BOOLEAN,
    EnableManagedSpotTraining: BOOLEAN,
    CheckpointConfig: {
      type: 'structure',
      required: ['S3Uri'],
      fields: { S3Uri: S3_URI, LocalPath: { type: 'string', max: 4096 } },
    },
    DebugHookConfig: {
      type: 'structure',
      required: ['S3OutputPath'],
      fields: {
        S3OutputPath: S3_URI,
        LocalPath: { type: 'string', max: 4096 },
        HookParameters: ANY,
        CollectionConfigurations: ANY,
      },
    },
    DebugRuleConfigurations: { type: 'list', max: 20, member: ANY },
    TensorBoardOutputConfig: {
      type: 'structure',
      required: ['S3OutputPath'],
      fields: { S3OutputPath: S3_URI, LocalPath: { type: 'string', max: 4096 } },
    },
    ExperimentConfig: {
      type: 'structure',
      fields: {
        ExperimentName: EXPERIMENT_NAME,
        TrialName: EXPERIMENT_NAME,
        TrialComponentDisplayName: EXPERIMENT_NAME,
        RunName: EXPERIMENT_NAME,
      },
    },
    ProfilerConfig: ANY,
    ProfilerRuleConfigurations: { type: 'list', max: 20, member: ANY },
    Environment: {
      type: 'map',
      max: 100,
      key: { type: 'string', max: 512, pattern: '[a-zA-Z_][a-zA-Z0-9_]*' },
      value: { type: 'string', max: 512 },
    },
    RetryStrategy: {
      type: 'structure',
      required: ['MaximumRetryAttempts'],
      fields: { MaximumRetryAttempts: { type: 'integer', min: 1, max: 30 } },
    },
    RemoteDebugConfig: ANY,
    InfraCheckConfig: ANY,
    SessionChainingConfig: ANY,
    ServerlessJobConfig: ANY,
    MlflowConfig: ANY,
    ModelPackageConfig: ANY,
  },
};
