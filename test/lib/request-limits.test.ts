import { exceededLimits } from '../support/lib-request-limits';
import { unknownFields } from '../support/lib-request-shape';

/** The check of CreateTrainingJob requests that all tests of constructs rely on: each limit, on both sides of it. */

type Json = Record<string, unknown>;

const request = {
  TrainingJobName: 'hpo-1',
  RoleArn: 'arn:aws:iam::111111111111:role/training',
  AlgorithmSpecification: { TrainingImage: 'registry/image:1', TrainingInputMode: 'File' },
  OutputDataConfig: { S3OutputPath: 's3://bucket/output' },
  ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
  StoppingCondition: { MaxRuntimeInSeconds: 3600 },
};

const text = (length: number) => 'x'.repeat(length);
const many = <T>(count: number, item: (i: number) => T) => Array.from({ length: count }, (_, i) => item(i));
const entries = (count: number) => Object.fromEntries(many(count, (i) => [`E${i}`, 'x']));
const uri = (length: number) => `s3://bucket/${text(length - 12)}`;

const algorithm = (more: Json) => ({ AlgorithmSpecification: { ...request.AlgorithmSpecification, ...more } });
const resources = (more: Json) => ({ ResourceConfig: { ...request.ResourceConfig, ...more } });
const output = (more: Json) => ({ OutputDataConfig: { ...request.OutputDataConfig, ...more } });
const metrics = (more: Json) => algorithm({ MetricDefinitions: [{ Name: 'a', Regex: 'a=(.*)', ...more }] });
const channel = (more: Json, source: Json = {}) => ({
  InputDataConfig: [
    {
      ChannelName: 'train',
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri(20), ...source } },
      ...more,
    },
  ],
});
const files = (more: Json) => {
  const FileSystemDataSource = {
    FileSystemId: 'fs-01234567',
    FileSystemType: 'EFS',
    FileSystemAccessMode: 'ro',
    DirectoryPath: '/data',
    ...more,
  };
  return { InputDataConfig: [{ ChannelName: 'files', DataSource: { FileSystemDataSource } }] };
};
const channels = (count: number) => ({
  InputDataConfig: many(count, (i) => ({ ...channel({}).InputDataConfig[0], ChannelName: `c${i}` })),
});
const groups = (count: number, more: Json = {}) => ({
  ResourceConfig: {
    VolumeSizeInGB: 30,
    InstanceGroups: many(count, (i) => ({
      InstanceGroupName: `g${i}`,
      InstanceType: 'ml.m5.xlarge',
      InstanceCount: 1,
      ...more,
    })),
  },
});
const vpc = (securityGroups: number, subnets: number) => ({
  VpcConfig: { SecurityGroupIds: many(securityGroups, (i) => `sg-${i}`), Subnets: many(subnets, (i) => `subnet-${i}`) },
});
const stopping = (MaxRuntimeInSeconds: number, MaxWaitTimeInSeconds?: number) => ({
  StoppingCondition: { MaxRuntimeInSeconds, ...(MaxWaitTimeInSeconds !== undefined && { MaxWaitTimeInSeconds }) },
  ...(MaxWaitTimeInSeconds !== undefined && { EnableManagedSpotTraining: true }),
});
const tag = (Key: string, Value = 'x') => ({ Tags: [{ Key, Value }] });
const tags = (count: number) => ({ Tags: many(count, (i) => ({ Key: `key${i}`, Value: '' })) });
const experiment = (ExperimentName: string) => ({ ExperimentConfig: { ExperimentName } });
const DAY = 86_400;

/** What is at a limit, and what is beyond it. */
const LIMITS: [string, Json[], Json[]][] = [
  [
    'TrainingJobName',
    [{ TrainingJobName: 'a' }, { TrainingJobName: text(63) }, { TrainingJobName: 'a--b' }],
    [{ TrainingJobName: '' }, { TrainingJobName: text(64) }, { TrainingJobName: 'a-' }, { TrainingJobName: 'a_b' }],
  ],
  [
    'RoleArn',
    [{ RoleArn: 'arn:aws-cn:iam::111111111111:role/a/b' }],
    [{ RoleArn: 'arn:aws:iam::1:role/training' }, { RoleArn: `${request.RoleArn}${text(2048)}` }],
  ],
  ['number of HyperParameters', [{ HyperParameters: entries(100) }], [{ HyperParameters: entries(101) }]],
  [
    'names and values of HyperParameters',
    [{ HyperParameters: { [text(256)]: text(2500) } }, { HyperParameters: { a: '' } }],
    [
      { HyperParameters: { [text(257)]: 'x' } },
      { HyperParameters: { a: text(2501) } },
      { HyperParameters: { a: 'x\ny' } },
      { HyperParameters: { a: 1 } },
    ],
  ],
  ['TrainingImage', [algorithm({ TrainingImage: text(255) })], [algorithm({ TrainingImage: text(256) })]],
  [
    'TrainingInputMode',
    ['Pipe', 'File', 'FastFile'].map((TrainingInputMode) => algorithm({ TrainingInputMode })),
    [algorithm({ TrainingInputMode: 'FILE' })],
  ],
  [
    'MetricDefinitions',
    [
      algorithm({ MetricDefinitions: many(40, (i) => ({ Name: `m${i}`, Regex: 'x' })) }),
      metrics({ Name: text(255) }),
      metrics({ Regex: text(500) }),
    ],
    [
      algorithm({ MetricDefinitions: many(41, (i) => ({ Name: `m${i}`, Regex: 'x' })) }),
      metrics({ Name: '' }),
      metrics({ Name: text(256) }),
      metrics({ Regex: '' }),
      metrics({ Regex: text(501) }),
    ],
  ],
  ...['ContainerEntrypoint', 'ContainerArguments'].map((field): [string, Json[], Json[]] => [
    field,
    [algorithm({ [field]: many(100, () => text(256)) }), algorithm({ [field]: [''] })],
    [
      algorithm({ [field]: [] }),
      algorithm({ [field]: many(101, () => 'x') }),
      algorithm({ [field]: [text(257)] }),
      algorithm({ [field]: ['a\nb'] }),
    ],
  ]),
  ['number of channels', [channels(1), channels(20)], [channels(0), channels(21)]],
  [
    'ChannelName',
    [channel({ ChannelName: text(64) }), channel({ ChannelName: 'a.b-c_d' })],
    [channel({ ChannelName: '' }), channel({ ChannelName: text(65) }), channel({ ChannelName: 'a b' })],
  ],
  [
    'S3DataSource',
    [
      channel({}, { S3Uri: uri(1024) }),
      channel({}, { S3Uri: 'https://s3.eu-west-1.amazonaws.com/bucket' }),
      channel({}, { S3DataType: 'ManifestFile' }),
      channel({}, { S3DataType: 'AugmentedManifestFile', AttributeNames: many(16, () => text(256)) }),
      channel({}, { S3DataDistributionType: 'ShardedByS3Key' }),
      channel({}, { InstanceGroupNames: many(5, () => text(64)) }),
    ],
    [
      channel({}, { S3Uri: uri(1025) }),
      channel({}, { S3Uri: 'bucket/prefix' }),
      channel({}, { S3DataType: 'Prefix' }),
      channel({}, { AttributeNames: many(17, () => 'x') }),
      channel({}, { AttributeNames: [text(257)] }),
      channel({}, { S3DataDistributionType: 'Sharded' }),
      channel({}, { InstanceGroupNames: many(6, () => 'x') }),
      channel({}, { InstanceGroupNames: [text(65)] }),
    ],
  ],
  [
    'FileSystemDataSource',
    [
      files({ FileSystemId: `fs-${'0'.repeat(18)}` }),
      files({ FileSystemType: 'FSxLustre', FileSystemAccessMode: 'rw' }),
      files({ DirectoryPath: `/${text(4095)}` }),
    ],
    [
      files({ FileSystemId: 'fs-0123456' }),
      files({ FileSystemId: `fs-${'0'.repeat(19)}` }),
      files({ FileSystemType: 'FSx' }),
      files({ FileSystemAccessMode: 'r' }),
      files({ DirectoryPath: `/${text(4096)}` }),
    ],
  ],
  [
    'details of channels',
    [
      channel({ ContentType: text(256) }),
      channel({ CompressionType: 'Gzip' }),
      channel({ RecordWrapperType: 'RecordIO' }),
      channel({ InputMode: 'Pipe' }),
      channel({ ShuffleConfig: { Seed: -1 } }),
    ],
    [
      channel({ ContentType: text(257) }),
      channel({ CompressionType: 'Zip' }),
      channel({ RecordWrapperType: 'TFRecord' }),
      channel({ InputMode: 'Fast' }),
      channel({ ShuffleConfig: { Seed: 0.5 } }),
    ],
  ],
  [
    'OutputDataConfig',
    [output({ S3OutputPath: uri(1024) }), output({ KmsKeyId: text(2048) }), output({ CompressionType: 'NONE' })],
    [
      output({ S3OutputPath: uri(1025) }),
      output({ S3OutputPath: 'bucket' }),
      output({ KmsKeyId: text(2049) }),
      output({ KmsKeyId: 'a b' }),
      output({ CompressionType: 'Gzip' }),
    ],
  ],
  [
    'instances',
    [resources({ InstanceCount: 1 }), resources({ InstanceType: 'ml.p6e-gb200.36xlarge' })],
    [
      resources({ InstanceCount: 0 }),
      resources({ InstanceCount: 1.5 }),
      resources({ InstanceCount: '1' }),
      resources({ InstanceType: 'm5.xlarge' }),
      { ResourceConfig: { VolumeSizeInGB: 30, InstanceType: 'ml.m5.xlarge' } },
    ],
  ],
  [
    'volume',
    [resources({ VolumeSizeInGB: 1 })],
    [resources({ VolumeSizeInGB: 0 }), resources({ VolumeSizeInGB: 1.5 })],
  ],
  [
    'key of the volume',
    [resources({ VolumeKmsKeyId: text(2048) }), resources({ VolumeKmsKeyId: 'key', InstanceType: 'ml.c5n.xlarge' })],
    [
      resources({ VolumeKmsKeyId: text(2049) }),
      ...['g4dn', 'g5', 'p3dn', 'p4d', 'p5en', 'p6-b200', 'r5d', 'trn1'].map((family) =>
        resources({ VolumeKmsKeyId: 'key', InstanceType: `ml.${family}.xlarge` }),
      ),
      { ResourceConfig: { ...groups(1, { InstanceType: 'ml.g5.xlarge' }).ResourceConfig, VolumeKmsKeyId: 'key' } },
    ],
  ],
  [
    'warm pools',
    [resources({ KeepAlivePeriodInSeconds: 1 }), resources({ KeepAlivePeriodInSeconds: 3600 })],
    [
      resources({ KeepAlivePeriodInSeconds: 0 }),
      resources({ KeepAlivePeriodInSeconds: 3601 }),
      { ...stopping(1, 1), ...resources({ KeepAlivePeriodInSeconds: 1 }) },
      { ResourceConfig: { ...groups(1).ResourceConfig, KeepAlivePeriodInSeconds: 1 } },
    ],
  ],
  [
    'instance groups',
    [groups(1), groups(5), groups(1, { InstanceGroupName: text(64) })],
    [
      groups(0),
      groups(6),
      groups(1, { InstanceGroupName: '' }),
      groups(1, { InstanceGroupName: text(65) }),
      groups(1, { InstanceType: 'm5.xlarge' }),
      groups(1, { InstanceCount: 0 }),
      resources({ InstanceGroups: groups(1).ResourceConfig.InstanceGroups }),
    ],
  ],
  ['VPC', [vpc(1, 1), vpc(5, 16)], [vpc(0, 1), vpc(6, 1), vpc(1, 0), vpc(1, 17)]],
  [
    'times',
    [stopping(1), stopping(28 * DAY), stopping(1, 1), stopping(28 * DAY, 30 * DAY)],
    [
      stopping(0),
      stopping(28 * DAY + 1),
      stopping(2, 1),
      stopping(1, 30 * DAY + 1),
      // how long to wait belongs to spot.
      { ...stopping(1, 1), EnableManagedSpotTraining: undefined },
      { ...stopping(1), EnableManagedSpotTraining: true },
    ],
  ],
  [
    'tags',
    // one of the 50 is set by Step Functions.
    [tags(49), tag(text(128)), tag('a', text(256)), tag('équipe_.:/=+-@ 1', ''), tag('cdk-hpo:study')],
    [tags(50), tag(''), tag(text(129)), tag('a', text(257)), tag('a!'), tag('a', '{}'), tag('aws:a')],
  ],
  [
    'keys of tags',
    [{ Tags: ['a', 'A'].map((Key) => ({ Key, Value: '' })) }],
    [{ Tags: ['a', 'a'].map((Key) => ({ Key, Value: '' })) }],
  ],
  ['number of variables', [{ Environment: entries(100) }], [{ Environment: entries(101) }]],
  [
    'variables',
    [{ Environment: { [text(512)]: text(512) } }, { Environment: { _A1: 'two\nlines' } }],
    [
      { Environment: { [text(513)]: 'x' } },
      { Environment: { A: text(513) } },
      { Environment: { '1A': 'x' } },
      { Environment: { 'A-B': 'x' } },
      { Environment: { A: 1 } },
    ],
  ],
  [
    'RetryStrategy',
    [1, 30].map((MaximumRetryAttempts) => ({ RetryStrategy: { MaximumRetryAttempts } })),
    [0, 31].map((MaximumRetryAttempts) => ({ RetryStrategy: { MaximumRetryAttempts } })),
  ],
  [
    'CheckpointConfig',
    [{ CheckpointConfig: { S3Uri: uri(1024), LocalPath: text(4096) } }],
    [
      { CheckpointConfig: { LocalPath: '/a' } },
      { CheckpointConfig: { S3Uri: uri(1025) } },
      { CheckpointConfig: { S3Uri: uri(20), LocalPath: text(4097) } },
    ],
  ],
  [
    'ExperimentConfig',
    [experiment('a'), experiment(text(120)), experiment('a--1')],
    [experiment(''), experiment(text(121)), experiment('a_b'), experiment('a-')],
  ],
  [
    'TensorBoardOutputConfig',
    [{ TensorBoardOutputConfig: { S3OutputPath: uri(1024), LocalPath: text(4096) } }],
    [{ TensorBoardOutputConfig: { LocalPath: '/a' } }, { TensorBoardOutputConfig: { S3OutputPath: uri(1025) } }],
  ],
  [
    'DebugRuleConfigurations',
    [{ DebugRuleConfigurations: many(20, () => ({})) }],
    [{ DebugRuleConfigurations: many(21, () => ({})) }],
  ],
];

test('a plain request is fine', () => {
  expect(exceededLimits(request)).toEqual([]);
});

test.each(Object.keys(request))('%s must be there', (field) => {
  expect(exceededLimits({ ...request, [field]: undefined })).not.toEqual([]);
});

test.each(LIMITS)('%s: what is within the limits is fine, what is beyond is found', (_, within, beyond) => {
  for (const fields of within) {
    expect([fields, exceededLimits({ ...request, ...fields })]).toEqual([fields, []]);
    expect(unknownFields({ ...request, ...fields })).toEqual([]);
  }
  for (const fields of beyond) {
    expect([fields, exceededLimits({ ...request, ...fields })]).not.toEqual([fields, []]);
  }
});

test('problems name the field and its limit', () => {
  expect(exceededLimits({ ...request, ...stopping(1), ...resources({ VolumeSizeInGB: 0 }) })).toEqual([
    '/ResourceConfig/VolumeSizeInGB: must be >= 1',
  ]);
});

test('fields that CreateTrainingJob does not know are found', () => {
  const wrong = {
    TrainingJobNam: 'x',
    ResourceConfig: { InstanceCount: 1, InstanceTyp: 'x' },
    InputDataConfig: [{ Channel: 'x' }],
    Environment: { anything: 'goes' },
    StoppingCondition: 5,
    AlgorithmSpecification: { ContainerEntrypoint: 'python3' },
  };
  expect(unknownFields(wrong)).toEqual([
    'request.TrainingJobNam is unknown',
    'request.ResourceConfig.InstanceTyp is unknown',
    'request.InputDataConfig[0].Channel is unknown',
    'request.StoppingCondition has another structure',
    'request.AlgorithmSpecification.ContainerEntrypoint has another structure',
  ]);
});
