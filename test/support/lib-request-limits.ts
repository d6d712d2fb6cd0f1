import Ajv, { ErrorObject } from 'ajv';

/**
 * The limits of a CreateTrainingJob request, written down apart from those that the constructs check: first as its API
 * declares them, then what its documentation says about fields that depend on each other.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
 */

const text = (minLength: number, maxLength: number, pattern = '.*') => ({
  type: 'string',
  minLength,
  maxLength,
  pattern: `^(${pattern})$`,
});
const number = (minimum: number, maximum?: number) => ({
  type: 'integer',
  minimum,
  ...(maximum !== undefined && { maximum }),
});
const list = (minItems: number, maxItems: number, items: object) => ({ type: 'array', minItems, maxItems, items });
const one = (...values: string[]) => ({ enum: values });
const fields = (required: string[], properties: Record<string, object>, more: object = {}) => ({
  type: 'object',
  required,
  properties,
  ...more,
});
const map = (maxProperties: number, propertyNames: object, additionalProperties: object) => ({
  type: 'object',
  maxProperties,
  propertyNames,
  additionalProperties,
});

const S3_URI = text(0, 1024, '(https|s3)://([^/]+)/?(.*)');
const KMS_KEY = text(0, 2048, '[a-zA-Z0-9:/_-]*');
const INPUT_MODE = one('Pipe', 'File', 'FastFile');
const ENTITY_NAME = text(1, 120, '[a-zA-Z0-9](-*[a-zA-Z0-9])*');
const LOCAL_PATH = text(0, 4096);
const TAG_TEXT = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*';
const VPC_ID = text(1, 32, '[-0-9a-zA-Z]+');
const INSTANCE_TYPE = text(1, 64, 'ml\\.[a-z0-9-]+\\.[a-z0-9-]+');
// the API's model allows no instance at all, on which no job runs.
const INSTANCE_COUNT = number(1);

/** Instance types with NVMe storage of their own, which take no volume key. */
const LOCAL_STORAGE =
  '^ml\\.(g4dn|g5|g6|g6e|g7|g7e|p3dn|p4d|p4de|p5|p5e|p5en|p6-b200|p6-b300|p6e-gb200|r5d|trn1|trn1n|trn2)\\.';

const CHANNEL = fields(['ChannelName', 'DataSource'], {
  ChannelName: text(1, 64, '[A-Za-z0-9\\.\\-_]+'),
  DataSource: {
    oneOf: [
      fields(['S3DataSource'], {
        S3DataSource: fields(['S3DataType', 'S3Uri'], {
          S3DataType: one('ManifestFile', 'S3Prefix', 'AugmentedManifestFile', 'Converse'),
          S3Uri: S3_URI,
          S3DataDistributionType: one('FullyReplicated', 'ShardedByS3Key'),
          AttributeNames: list(0, 16, text(1, 256, '.+')),
          InstanceGroupNames: list(0, 5, text(1, 64, '.+')),
        }),
      }),
      fields(['FileSystemDataSource'], {
        FileSystemDataSource: fields(['FileSystemId', 'FileSystemAccessMode', 'FileSystemType', 'DirectoryPath'], {
          FileSystemId: text(11, 21, 'fs-[0-9a-f]{8,}'),
          FileSystemAccessMode: one('rw', 'ro'),
          FileSystemType: one('EFS', 'FSxLustre'),
          DirectoryPath: LOCAL_PATH,
        }),
      }),
    ],
  },
  ContentType: text(0, 256),
  CompressionType: one('None', 'Gzip'),
  RecordWrapperType: one('None', 'RecordIO'),
  InputMode: INPUT_MODE,
  ShuffleConfig: fields(['Seed'], { Seed: { type: 'integer' } }),
});

const ONE_TYPE = fields(['InstanceType', 'InstanceCount'], {}, { not: { required: ['InstanceGroups'] } });
const GROUPS = fields(
  ['InstanceGroups'],
  {},
  {
    not: {
      anyOf: ['InstanceType', 'InstanceCount', 'KeepAlivePeriodInSeconds'].map((field) => ({ required: [field] })),
    },
  },
);

const RESOURCES = fields(
  ['VolumeSizeInGB'],
  {
    InstanceType: INSTANCE_TYPE,
    InstanceCount: INSTANCE_COUNT,
    InstanceGroups: list(
      1,
      5,
      fields(['InstanceGroupName', 'InstanceType', 'InstanceCount'], {
        InstanceGroupName: text(1, 64, '.+'),
        InstanceType: INSTANCE_TYPE,
        InstanceCount: INSTANCE_COUNT,
      }),
    ),
    VolumeSizeInGB: number(1),
    VolumeKmsKeyId: KMS_KEY,
    // the model says 21,600, the guide to warm pools an hour.
    KeepAlivePeriodInSeconds: number(1, 3600),
  },
  {
    oneOf: [ONE_TYPE, GROUPS],
    if: { required: ['VolumeKmsKeyId'] },
    then: {
      properties: {
        InstanceType: { not: { pattern: LOCAL_STORAGE } },
        InstanceGroups: { items: { properties: { InstanceType: { not: { pattern: LOCAL_STORAGE } } } } },
      },
    },
  },
);

const SPOT = { required: ['EnableManagedSpotTraining'], properties: { EnableManagedSpotTraining: { const: true } } };
const WAITS = {
  required: ['StoppingCondition'],
  properties: { StoppingCondition: { required: ['MaxWaitTimeInSeconds'] } },
};
const KEEPS_ALIVE = {
  required: ['ResourceConfig'],
  properties: { ResourceConfig: { required: ['KeepAlivePeriodInSeconds'] } },
};

const REQUEST = fields(
  ['TrainingJobName', 'RoleArn', 'AlgorithmSpecification', 'OutputDataConfig', 'ResourceConfig', 'StoppingCondition'],
  {
    // `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` counts letters and digits; the length is a limit of its own.
    TrainingJobName: text(1, 63, '[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}'),
    RoleArn: text(20, 2048, 'arn:aws[a-z\\-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'),
    HyperParameters: map(100, text(0, 256), text(0, 2500)),
    AlgorithmSpecification: fields(['TrainingImage', 'TrainingInputMode'], {
      TrainingImage: text(1, 255),
      TrainingInputMode: INPUT_MODE,
      MetricDefinitions: list(
        0,
        40,
        fields(['Name', 'Regex'], { Name: text(1, 255, '.+'), Regex: text(1, 500, '.+') }),
      ),
      ContainerEntrypoint: list(1, 100, text(0, 256)),
      ContainerArguments: list(1, 100, text(0, 256)),
    }),
    InputDataConfig: list(1, 20, CHANNEL),
    OutputDataConfig: fields(['S3OutputPath'], {
      S3OutputPath: S3_URI,
      KmsKeyId: KMS_KEY,
      CompressionType: one('GZIP', 'NONE'),
    }),
    CheckpointConfig: fields(['S3Uri'], { S3Uri: S3_URI, LocalPath: LOCAL_PATH }),
    ResourceConfig: RESOURCES,
    StoppingCondition: fields(['MaxRuntimeInSeconds'], {
      MaxRuntimeInSeconds: number(1, 28 * 86_400),
      MaxWaitTimeInSeconds: { ...number(1, 30 * 86_400), minimum: { $data: '1/MaxRuntimeInSeconds' } },
    }),
    VpcConfig: fields(['SecurityGroupIds', 'Subnets'], {
      SecurityGroupIds: list(1, 5, VPC_ID),
      Subnets: list(1, 16, VPC_ID),
    }),
    // Step Functions adds a tag of its own.
    Tags: {
      ...list(
        0,
        49,
        fields(['Key', 'Value'], { Key: text(1, 128, `(?!aws:)${TAG_TEXT}`), Value: text(0, 256, TAG_TEXT) }),
      ),
      uniqueKeys: true,
    },
    Environment: map(100, text(1, 512, '[a-zA-Z_][a-zA-Z0-9_]*'), text(0, 512, '[\\S\\s]*')),
    RetryStrategy: fields(['MaximumRetryAttempts'], { MaximumRetryAttempts: number(1, 30) }),
    ExperimentConfig: fields([], {
      ExperimentName: ENTITY_NAME,
      TrialName: ENTITY_NAME,
      TrialComponentDisplayName: ENTITY_NAME,
      RunName: ENTITY_NAME,
    }),
    TensorBoardOutputConfig: fields(['S3OutputPath'], { S3OutputPath: S3_URI, LocalPath: LOCAL_PATH }),
    DebugRuleConfigurations: { type: 'array', maxItems: 20 },
    EnableManagedSpotTraining: { type: 'boolean' },
    EnableNetworkIsolation: { type: 'boolean' },
    EnableInterContainerTrafficEncryption: { type: 'boolean' },
  },
  {
    // how long to wait belongs to spot, and warm pools don't.
    if: SPOT,
    then: { allOf: [WAITS, { not: KEEPS_ALIVE }] },
    else: { not: WAITS },
  },
);

const ajv = new Ajv({ allErrors: true, $data: true, strict: false });
ajv.addKeyword({
  keyword: 'uniqueKeys',
  type: 'array',
  validate: (_: boolean, tags: { Key: string }[]) => new Set(tags.map(({ Key }) => Key)).size === tags.length,
});
const validate = ajv.compile(REQUEST);

/** What CreateTrainingJob would refuse in a request whose expressions have been evaluated: `path: limit`. */
export function exceededLimits(request: unknown): string[] {
  validate(request);
  return (validate.errors ?? []).map(({ instancePath, message }: ErrorObject) => `${instancePath}: ${message}`);
}
