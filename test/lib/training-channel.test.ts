import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lazy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as fsx from 'aws-cdk-lib/aws-fsx';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { DataDistribution, InputMode, S3ChannelOptions, TrainingChannel, TrainingChannelConfig } from '../../lib';
import { unknownFields } from '../support/lib-request-shape';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  Statement,
  trainingRequestOf,
} from '../support/lib-stack';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-channel-'));
  writeFileSync(join(folder, 'data.csv'), '1,2,3\n');
});

afterAll(() => rmSync(folder, { recursive: true }));

function bind(stack: Stack, channel: TrainingChannel): { channel: unknown; template: ReadableTemplate } {
  newTuner(stack, { trialRunner: sageMakerTraining({ channels: { train: channel } }) });
  const template = new ReadableTemplate(stack);
  const { InputDataConfig } = trainingRequestOf(template);
  expect(InputDataConfig).toHaveLength(1);
  return { channel: (InputDataConfig as unknown[])[0], template };
}

function channelAt(uri: string): object {
  return {
    ChannelName: 'train',
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: uri, S3DataDistributionType: 'FullyReplicated' } },
  };
}

test('a prefix of a bucket may be read, and no other', () => {
  const stack = newStack();
  const bucket = s3.Bucket.fromBucketName(stack, 'Data', 'data');
  const { channel, template } = bind(stack, TrainingChannel.fromBucket(bucket, 'digits/train'));
  expect(channel).toEqual(channelAt('s3://data/digits/train'));
  expect(template.statementsOf('Tuner/TrialRunner/TrainingRole')).toEqual(
    expect.arrayContaining([
      { Action: 's3:GetObject', Effect: 'Allow', Resource: 'arn:${AWS::Partition}:s3:::data/digits/train*' },
      {
        Action: 's3:ListBucket',
        Effect: 'Allow',
        Resource: 'arn:${AWS::Partition}:s3:::data',
        Condition: { StringLike: { 's3:prefix': 'digits/train*' } },
      },
    ]),
  );
});

test('a whole bucket may be read', () => {
  const stack = newStack();
  const bucket = s3.Bucket.fromBucketName(stack, 'Data', 'data');
  const { channel, template } = bind(stack, TrainingChannel.fromBucket(bucket));
  expect(channel).toEqual(channelAt('s3://data'));
  expect(template.statementsOf('Tuner/TrialRunner/TrainingRole')).toEqual(
    expect.arrayContaining([
      { Action: 's3:GetObject', Effect: 'Allow', Resource: 'arn:${AWS::Partition}:s3:::data/*' },
      { Action: 's3:ListBucket', Effect: 'Allow', Resource: 'arn:${AWS::Partition}:s3:::data' },
    ]),
  );
});

test('the data of an encrypted bucket may be decrypted', () => {
  const stack = newStack();
  const encryptionKey = new kms.Key(stack, 'Key');
  const { template } = bind(stack, TrainingChannel.fromBucket(new s3.Bucket(stack, 'Data', { encryptionKey })));
  expect(template.statementsOf('Tuner/TrialRunner/TrainingRole')).toContainEqual({
    Action: 'kms:Decrypt',
    Effect: 'Allow',
    Resource: '${Key.Arn}',
  });
});

test('a file is uploaded, and may be read', () => {
  const { channel, template } = bind(newStack(), TrainingChannel.fromFile(join(folder, 'data.csv')));
  const bucket = 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}';
  const [uri] = /s3:[^"]*\.csv/.exec(JSON.stringify(channel)) ?? [];
  expect(channel).toEqual(channelAt(uri!));
  expect(uri).toMatch(/^s3:\/\/cdk-hnb659fds-assets-\$\{AWS::AccountId\}-\$\{AWS::Region\}\/[0-9a-f]{64}\.csv$/);
  const key = uri!.split('/').at(-1);
  expect(template.statementsOf('Tuner/TrialRunner/TrainingRole')).toContainEqual({
    Action: 's3:GetObject',
    Effect: 'Allow',
    Resource: `arn:\${AWS::Partition}:s3:::${bucket}/${key}*`,
  });
});

test('a folder is refused where a file is needed', () => {
  const stack = newStack();
  expect(() =>
    newTuner(stack, { trialRunner: sageMakerTraining({ channels: { train: TrainingChannel.fromFile(folder) } }) }),
  ).toThrow(`TrainingChannel.fromFile needs a file, got the folder ${JSON.stringify(folder)}`);
});

test('a prefix with a slash at its start is refused', () => {
  const bucket = s3.Bucket.fromBucketName(newStack(), 'Data', 'data');
  expect(() => TrainingChannel.fromBucket(bucket, '/digits')).toThrow(
    /prefix of TrainingChannel.fromBucket must .*, got "\/digits"/,
  );
});

test('channels keep their order and names', () => {
  const stack = newStack();
  const bucket = s3.Bucket.fromBucketName(stack, 'Data', 'data');
  const channels = {
    train: TrainingChannel.fromBucket(bucket, 'a'),
    'validation.set-1_x': TrainingChannel.fromBucket(bucket, 'b'),
  };
  newTuner(stack, { trialRunner: sageMakerTraining({ channels }) });
  const { InputDataConfig } = trainingRequestOf(new ReadableTemplate(stack));
  expect((InputDataConfig as { ChannelName: string }[]).map(({ ChannelName }) => ChannelName)).toEqual([
    'train',
    'validation.set-1_x',
  ]);
});

/** Without a tuner: what the channel says of itself, and what its role may do. */
function bindAlone(stack: Stack, channel: TrainingChannel): { config: TrainingChannelConfig; statements: Statement[] } {
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
  const config = channel.bind(stack, role);
  expect(unknownFields({ InputDataConfig: [{ ChannelName: 'train', ...config.request }] })).toEqual([]);
  return { config, statements: new ReadableTemplate(stack).statementsOf('Role') };
}

function dataBucket(stack: Stack): s3.IBucket {
  return s3.Bucket.fromBucketName(stack, 'Data', 'data');
}

function mayRead(bucket: string, prefix: string): Statement[] {
  const arn = `arn:\${AWS::Partition}:s3:::${bucket}`;
  return [
    { Action: 's3:GetObject', Effect: 'Allow', Resource: `${arn}/${prefix}*` },
    {
      Action: 's3:ListBucket',
      Effect: 'Allow',
      Resource: arn,
      Condition: { StringLike: { 's3:prefix': `${prefix}*` } },
    },
  ];
}

describe('options of channels from S3', () => {
  test.each<[S3ChannelOptions, object, object]>([
    [{ distribution: DataDistribution.SHARDED_BY_KEY }, { S3DataDistributionType: 'ShardedByS3Key' }, {}],
    [{ distribution: DataDistribution.FULLY_REPLICATED }, { S3DataDistributionType: 'FullyReplicated' }, {}],
    [{ inputMode: InputMode.FILE }, {}, { InputMode: 'File' }],
    [{ inputMode: InputMode.FAST_FILE }, {}, { InputMode: 'FastFile' }],
    [{ inputMode: InputMode.PIPE }, {}, { InputMode: 'Pipe' }],
    [{ contentType: 'text/csv' }, {}, { ContentType: 'text/csv' }],
    [{ inputMode: InputMode.PIPE, gzip: true }, {}, { InputMode: 'Pipe', CompressionType: 'Gzip' }],
    [{ inputMode: InputMode.PIPE, recordIo: true }, {}, { InputMode: 'Pipe', RecordWrapperType: 'RecordIO' }],
    [{ gzip: false, recordIo: false }, {}, {}],
    [{ shuffleSeed: 0 }, {}, { ShuffleConfig: { Seed: 0 } }],
    [{ shuffleSeed: -7 }, {}, { ShuffleConfig: { Seed: -7 } }],
    [{ instanceGroups: ['gpu', 'cpu'] }, { InstanceGroupNames: ['gpu', 'cpu'] }, {}],
  ])('%j are fields of the channel', (options, source, channel) => {
    const stack = newStack();
    const { config } = bindAlone(stack, TrainingChannel.fromBucket(dataBucket(stack), 'digits', options));
    expect(config).toEqual({
      request: {
        DataSource: {
          S3DataSource: {
            S3DataType: 'S3Prefix',
            S3Uri: 's3://data/digits',
            S3DataDistributionType: 'FullyReplicated',
            ...source,
          },
        },
        ...channel,
      },
      needsVpc: false,
    });
  });

  test('files and manifests have them too', () => {
    const stack = newStack();
    const options = { inputMode: InputMode.PIPE, contentType: 'text/csv', gzip: true, shuffleSeed: 3 };
    const fields = { InputMode: 'Pipe', ContentType: 'text/csv', CompressionType: 'Gzip', ShuffleConfig: { Seed: 3 } };
    const bucket = dataBucket(stack);
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') });
    for (const channel of [
      TrainingChannel.fromFile(join(folder, 'data.csv'), options),
      TrainingChannel.fromManifest(bucket, 'train.manifest', options),
      TrainingChannel.fromAugmentedManifest(bucket, 'train.manifest', { ...options, attributeNames: ['label'] }),
    ]) {
      expect(channel.bind(new Stack(), role).request).toMatchObject(fields);
    }
  });

  test.each<[string, S3ChannelOptions]>([
    ['content type of 256 characters', { contentType: 'c'.repeat(256) }],
    ['1 instance group', { instanceGroups: ['g'] }],
    ['5 instance groups', { instanceGroups: ['a', 'b', 'c', 'd', 'e'] }],
    ['instance group with a name of 64 characters', { instanceGroups: ['g'.repeat(64)] }],
    ['largest seed', { shuffleSeed: Number.MAX_SAFE_INTEGER }],
    ['content type that is known at deployment only', { contentType: Lazy.string({ produce: () => 'text/csv' }) }],
    ['instance groups that are known at deployment only', { instanceGroups: Lazy.list({ produce: () => ['g'] }) }],
  ])('a channel with a %s is fine', (_what, options) => {
    const bucket = dataBucket(newStack());
    expect(() => TrainingChannel.fromBucket(bucket, 'digits', options)).not.toThrow();
  });

  test.each<[S3ChannelOptions, string]>([
    [{ contentType: 'c'.repeat(257) }, 'contentType of FACTORY must have at most 256 characters, got 257'],
    [{ contentType: '{% $next %}' }, 'contentType of FACTORY must not start with "{%", got "{% $next %}"'],
    [{ instanceGroups: [] }, 'number of instanceGroups of FACTORY must be an integer from 1 to 5, got 0'],
    [{ instanceGroups: [...'abcdef'] }, 'number of instanceGroups of FACTORY must be an integer from 1 to 5, got 6'],
    [{ instanceGroups: [''] }, 'instanceGroups of FACTORY must be names of 1 to 64 characters, got ""'],
    [{ instanceGroups: ['g'.repeat(65)] }, 'instanceGroups of FACTORY must be names of 1 to 64 characters, got "ggg'],
    [{ instanceGroups: ['{% 1 %}'] }, 'instanceGroups of FACTORY must not start with "{%", got "{% 1 %}"'],
    [{ shuffleSeed: 1.5 }, 'shuffleSeed of FACTORY must be a whole number, got 1.5'],
    [{ shuffleSeed: 2 ** 53 }, 'shuffleSeed of FACTORY must be a whole number, got 9007199254740992'],
    [{ gzip: true }, 'gzip of FACTORY needs inputMode InputMode.PIPE, got none; set inputMode, or leave gzip out'],
    [
      { recordIo: true, inputMode: InputMode.FILE },
      'recordIo of FACTORY needs inputMode InputMode.PIPE, got InputMode.FILE; set inputMode, or leave recordIo out',
    ],
    [
      { gzip: true, inputMode: InputMode.FILE },
      'gzip of FACTORY needs inputMode InputMode.PIPE, got InputMode.FILE; set inputMode, or leave gzip out',
    ],
  ])('%j are refused', (options, message) => {
    const bucket = dataBucket(newStack());
    const said = (factory: string) => message.replace('FACTORY', `TrainingChannel.${factory}`);
    expect(() => TrainingChannel.fromBucket(bucket, '', options)).toThrow(said('fromBucket'));
    expect(() => TrainingChannel.fromFile('data.csv', options)).toThrow(said('fromFile'));
    expect(() => TrainingChannel.fromManifest(bucket, 'm', options)).toThrow(said('fromManifest'));
  });
});

describe('URIs', () => {
  test('have at most 1024 characters', () => {
    const bucket = dataBucket(newStack());
    const room = 1024 - 's3://data/'.length;
    expect(() => TrainingChannel.fromBucket(bucket, 'p'.repeat(room))).not.toThrow();
    expect(() => TrainingChannel.fromBucket(bucket, 'p'.repeat(room + 1))).toThrow(
      'S3 URI of TrainingChannel.fromBucket must have at most 1024 characters, got 1025 in "s3://data/ppp',
    );
    expect(() => TrainingChannel.fromManifest(bucket, 'p'.repeat(room))).not.toThrow();
    expect(() => TrainingChannel.fromManifest(bucket, 'p'.repeat(room + 1))).toThrow(
      'S3 URI of TrainingChannel.fromManifest must have at most 1024 characters, got 1025',
    );
  });

  test('whose bucket is known at deployment only are checked by their prefix', () => {
    const bucket = new s3.Bucket(newStack(), 'Data');
    expect(() => TrainingChannel.fromBucket(bucket, 'p'.repeat(1024))).not.toThrow();
    expect(() => TrainingChannel.fromBucket(bucket, 'p'.repeat(1025))).toThrow(
      'prefix of TrainingChannel.fromBucket must have at most 1024 characters, got 1025',
    );
    expect(() => TrainingChannel.fromBucket(bucket, Lazy.string({ produce: () => '/digits' }))).not.toThrow();
  });
});

describe('manifest', () => {
  test('its own folder may be read, and nothing else', () => {
    const stack = newStack();
    const channel = TrainingChannel.fromManifest(dataBucket(stack), 'digits/lists/train.manifest');
    const { config, statements } = bindAlone(stack, channel);
    expect(config).toEqual({
      request: {
        DataSource: {
          S3DataSource: {
            S3DataType: 'ManifestFile',
            S3Uri: 's3://data/digits/lists/train.manifest',
            S3DataDistributionType: 'FullyReplicated',
          },
        },
        InputMode: 'File',
      },
      needsVpc: false,
    });
    expect(statements).toEqual(mayRead('data', 'digits/lists/'));
  });

  test('the prefix of its data may be read where that is said', () => {
    const stack = newStack();
    const channel = TrainingChannel.fromManifest(dataBucket(stack), 'lists/train.manifest', { dataPrefix: 'images/' });
    const { statements } = bindAlone(stack, channel);
    expect(statements).toEqual([...mayRead('data', 'lists/train.manifest'), ...mayRead('data', 'images/')]);
  });

  test('its data may lie in another bucket, encrypted by another key', () => {
    const stack = newStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    const channel = TrainingChannel.fromManifest(
      new s3.Bucket(stack, 'Lists', { encryptionKey: new kms.Key(stack, 'ListKey') }),
      'lists/train.manifest',
      { dataBucket: new s3.Bucket(stack, 'Data', { encryptionKey }), dataPrefix: 'images/' },
    );
    const { statements } = bindAlone(stack, channel);
    const arns = (action: string) =>
      statements.filter(({ Action }) => Action === action).flatMap(({ Resource }) => Resource);
    expect(arns('s3:GetObject')).toEqual(['${Lists.Arn}/lists/train.manifest*', '${Data.Arn}/images/*']);
    expect(arns('s3:ListBucket')).toEqual(['${Lists.Arn}', '${Data.Arn}']);
    expect(arns('kms:Decrypt')).toEqual(['${ListKey.Arn}', '${Key.Arn}']);
    expect(statements).toHaveLength(6);
  });

  test('outside of any folder the whole bucket may be read', () => {
    const stack = newStack();
    const { statements } = bindAlone(stack, TrainingChannel.fromManifest(dataBucket(stack), 'train.manifest'));
    expect(statements).toEqual([
      { Action: 's3:GetObject', Effect: 'Allow', Resource: 'arn:${AWS::Partition}:s3:::data/*' },
      { Action: 's3:ListBucket', Effect: 'Allow', Resource: 'arn:${AWS::Partition}:s3:::data' },
    ]);
  });

  test('whose key is known at deployment only needs the prefix of its data', () => {
    const stack = newStack();
    const key = Lazy.string({ produce: () => 'lists/train.manifest' });
    expect(() => TrainingChannel.fromManifest(dataBucket(stack), key)).toThrow(
      'TrainingChannel.fromManifest needs dataPrefix, since the key of the manifest is only known at deployment; ' +
        'set it to the prefix of the objects that the manifest lists',
    );
    const bucket = s3.Bucket.fromBucketName(stack, 'Other', 'other');
    const { statements } = bindAlone(stack, TrainingChannel.fromManifest(bucket, key, { dataPrefix: 'lists/' }));
    expect(statements).toEqual([...mayRead('other', 'lists/train.manifest'), ...mayRead('other', 'lists/')]);
  });

  test.each(['', '/train.manifest', 'lists/'])('the key %p is refused', (key) => {
    expect(() => TrainingChannel.fromManifest(dataBucket(newStack()), key)).toThrow(
      `key of TrainingChannel.fromManifest must be the key of an object, without a slash at either end, got "${key}"`,
    );
  });

  test('a prefix of its data with a slash at its start is refused', () => {
    expect(() => TrainingChannel.fromManifest(dataBucket(newStack()), 'm', { dataPrefix: '/images' })).toThrow(
      'dataPrefix of TrainingChannel.fromManifest must be a prefix without a slash at its start, got "/images"',
    );
  });

  test('fast file mode does not read it', () => {
    const bucket = dataBucket(newStack());
    expect(() => TrainingChannel.fromManifest(bucket, 'm', { inputMode: InputMode.FAST_FILE })).toThrow(
      'inputMode of TrainingChannel.fromManifest must be InputMode.FILE or InputMode.PIPE, got InputMode.FAST_FILE',
    );
  });
});

describe('augmented manifest', () => {
  const attributeNames = ['image-ref', 'label'];

  test('is streamed, with the attributes in their order', () => {
    const stack = newStack();
    const channel = TrainingChannel.fromAugmentedManifest(dataBucket(stack), 'lists/train.manifest', {
      attributeNames,
      contentType: 'application/x-recordio',
      recordIo: true,
      dataPrefix: 'images/',
    });
    const { config, statements } = bindAlone(stack, channel);
    expect(config).toEqual({
      request: {
        DataSource: {
          S3DataSource: {
            S3DataType: 'AugmentedManifestFile',
            S3Uri: 's3://data/lists/train.manifest',
            S3DataDistributionType: 'FullyReplicated',
            AttributeNames: ['image-ref', 'label'],
          },
        },
        InputMode: 'Pipe',
        ContentType: 'application/x-recordio',
        RecordWrapperType: 'RecordIO',
      },
      needsVpc: false,
    });
    expect(statements).toEqual([...mayRead('data', 'lists/train.manifest'), ...mayRead('data', 'images/')]);
  });

  test.each([InputMode.FILE, InputMode.FAST_FILE])('%s mode does not read it', (inputMode) => {
    const bucket = dataBucket(newStack());
    expect(() => TrainingChannel.fromAugmentedManifest(bucket, 'm', { attributeNames, inputMode })).toThrow(
      /^inputMode of TrainingChannel.fromAugmentedManifest must be InputMode.PIPE, got InputMode\.(FILE|FAST_FILE)$/,
    );
  });

  test.each<[string, string[]]>([
    ['1 attribute', ['a']],
    ['16 attributes', [...'abcdefghijklmnop']],
    ['attribute of 256 characters', ['a'.repeat(256)]],
    ['list that is known at deployment only', Lazy.list({ produce: () => ['a'] })],
  ])('%s is fine', (_what, names) => {
    const bucket = dataBucket(newStack());
    expect(() => TrainingChannel.fromAugmentedManifest(bucket, 'm', { attributeNames: names })).not.toThrow();
  });

  test.each<[string[], string]>([
    [[], 'number of attributeNames of FACTORY must be an integer from 1 to 16, got 0'],
    [[...'abcdefghijklmnopq'], 'number of attributeNames of FACTORY must be an integer from 1 to 16, got 17'],
    [['a', ''], 'attributeNames of FACTORY must be names that are not empty, got ""'],
    [['a'.repeat(257)], 'attributeNames of FACTORY must have at most 256 characters, got 257'],
    [['{% 1 %}'], 'attributeNames of FACTORY must not start with "{%", got "{% 1 %}"'],
  ])('the attributes %j are refused', (names, message) => {
    const bucket = dataBucket(newStack());
    expect(() => TrainingChannel.fromAugmentedManifest(bucket, 'm', { attributeNames: names })).toThrow(
      message.replace('FACTORY', 'TrainingChannel.fromAugmentedManifest'),
    );
  });
});

describe('EFS', () => {
  function fileSystem(stack: Stack, fileSystemId = 'fs-0123456789abcdef0'): efs.IFileSystem {
    const securityGroup = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    return efs.FileSystem.fromFileSystemAttributes(stack, 'Files', { fileSystemId, securityGroup });
  }
  const arn =
    'arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:file-system/fs-0123456789abcdef0';

  test('a folder is mounted for reading', () => {
    const stack = newStack();
    const files = fileSystem(stack);
    const { config, statements } = bindAlone(stack, TrainingChannel.fromEfs(files, '/digits/train'));
    expect(config.request).toEqual({
      DataSource: {
        FileSystemDataSource: {
          FileSystemId: 'fs-0123456789abcdef0',
          FileSystemType: 'EFS',
          FileSystemAccessMode: 'ro',
          DirectoryPath: '/digits/train',
        },
      },
      InputMode: 'File',
    });
    expect(config.needsVpc).toBe(true);
    expect(config.connectable).toBe(files);
    expect(statements).toEqual([{ Action: 'elasticfilesystem:ClientMount', Effect: 'Allow', Resource: arn }]);
  });

  test('a folder is mounted for writing', () => {
    const stack = newStack();
    const channel = TrainingChannel.fromEfs(fileSystem(stack), '/', { readOnly: false, contentType: 'text/csv' });
    const { config, statements } = bindAlone(stack, channel);
    expect(config.request).toMatchObject({
      DataSource: { FileSystemDataSource: { FileSystemAccessMode: 'rw', DirectoryPath: '/' } },
      ContentType: 'text/csv',
    });
    expect(statements).toEqual([
      {
        Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
        Effect: 'Allow',
        Resource: arn,
      },
    ]);
  });

  test('a file system of the stack keeps its own policy', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0 });
    const channel = TrainingChannel.fromEfs(new efs.FileSystem(stack, 'Files', { vpc }), '/train');
    const { config } = bindAlone(stack, channel);
    expect(stack.resolve(config.request)).toMatchObject({
      DataSource: { FileSystemDataSource: { FileSystemId: { Ref: expect.stringMatching(/^Files/) as string } } },
    });
    expect(new ReadableTemplate(stack).properties('Files')).not.toHaveProperty('FileSystemPolicy');
  });

  test.each(['fs-12345678', `fs-${'0'.repeat(18)}`])('the id %s is fine', (id) => {
    expect(() => TrainingChannel.fromEfs(fileSystem(newStack(), id), '/')).not.toThrow();
  });

  test.each(['fs-1234567', `fs-${'0'.repeat(19)}`, '12345678'])('the id %s is refused', (id) => {
    expect(() => TrainingChannel.fromEfs(fileSystem(newStack(), id), '/')).toThrow(
      `fileSystemId of TrainingChannel.fromEfs must be an id such as fs-0123456789abcdef0, got "${id}"`,
    );
  });

  test('folders have a slash at their start and at most 4096 characters', () => {
    const files = fileSystem(newStack());
    expect(() => TrainingChannel.fromEfs(files, `/${'d'.repeat(4095)}`)).not.toThrow();
    expect(() => TrainingChannel.fromEfs(files, `/${'d'.repeat(4096)}`)).toThrow(
      'directory of TrainingChannel.fromEfs must have at most 4096 characters, got 4097',
    );
    expect(() => TrainingChannel.fromEfs(files, 'train')).toThrow(
      'path of TrainingChannel.fromEfs must be a path with a slash at its start, got "train"',
    );
    expect(() => TrainingChannel.fromEfs(files, Lazy.string({ produce: () => '/train' }))).not.toThrow();
  });

  test('a content type has at most 256 characters', () => {
    const files = fileSystem(newStack());
    expect(() => TrainingChannel.fromEfs(files, '/', { contentType: 'c'.repeat(256) })).not.toThrow();
    expect(() => TrainingChannel.fromEfs(files, '/', { contentType: 'c'.repeat(257) })).toThrow(
      'contentType of TrainingChannel.fromEfs must have at most 256 characters, got 257',
    );
  });
});

describe('FSx for Lustre', () => {
  function fileSystem(stack: Stack): fsx.IFileSystem {
    return fsx.LustreFileSystem.fromLustreFileSystemAttributes(stack, 'Files', {
      fileSystemId: 'fs-0123456789abcdef0',
      dnsName: 'files.example',
      securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
    });
  }

  test.each<[boolean | undefined, string]>([
    [undefined, 'ro'],
    [true, 'ro'],
    [false, 'rw'],
  ])(
    'a folder is mounted below the mount name; with readOnly %p it is %s, and the role needs nothing',
    (readOnly, mode) => {
      const stack = newStack();
      const files = fileSystem(stack);
      const channel = TrainingChannel.fromFsxLustre(files, '1234abcd', '/digits/train', { readOnly });
      const { config, statements } = bindAlone(stack, channel);
      expect(config).toEqual({
        request: {
          DataSource: {
            FileSystemDataSource: {
              FileSystemId: 'fs-0123456789abcdef0',
              FileSystemType: 'FSxLustre',
              FileSystemAccessMode: mode,
              DirectoryPath: '/1234abcd/digits/train',
            },
          },
          InputMode: 'File',
        },
        needsVpc: true,
        connectable: files,
      });
      expect(statements).toEqual([]);
    },
  );

  test('a file system of the stack knows its mount name', () => {
    const stack = newStack();
    const vpc = new ec2.Vpc(stack, 'Vpc', { natGateways: 0 });
    const files = new fsx.LustreFileSystem(stack, 'Files', {
      vpc,
      vpcSubnet: vpc.isolatedSubnets[0]!,
      storageCapacityGiB: 1200,
      lustreConfiguration: { deploymentType: fsx.LustreDeploymentType.SCRATCH_2 },
    });
    const { config } = bindAlone(stack, TrainingChannel.fromFsxLustre(files, files.mountName, '/train'));
    expect(stack.resolve(config.request)).toMatchObject({
      DataSource: {
        FileSystemDataSource: {
          DirectoryPath: {
            'Fn::Join': ['', ['/', { 'Fn::GetAtt': [expect.any(String), 'LustreMountName'] }, '/train']],
          },
        },
      },
    });
  });

  test('mount names have 1 to 8 characters', () => {
    const files = fileSystem(newStack());
    expect(() => TrainingChannel.fromFsxLustre(files, 'f', '/')).not.toThrow();
    expect(() => TrainingChannel.fromFsxLustre(files, '1234_a-d', '/')).not.toThrow();
    for (const name of ['', '123456789', '/fsx']) {
      expect(() => TrainingChannel.fromFsxLustre(files, name, '/')).toThrow(
        `mountName of TrainingChannel.fromFsxLustre must be 1 to 8 letters, digits and _ -, got "${name}"`,
      );
    }
  });

  test('folders have a slash at their start and with the mount name at most 4096 characters', () => {
    const files = fileSystem(newStack());
    const room = 4096 - '/fsx/'.length;
    expect(() => TrainingChannel.fromFsxLustre(files, 'fsx', `/${'d'.repeat(room)}`)).not.toThrow();
    expect(() => TrainingChannel.fromFsxLustre(files, 'fsx', `/${'d'.repeat(room + 1)}`)).toThrow(
      'directory of TrainingChannel.fromFsxLustre must have at most 4096 characters, got 4097',
    );
    expect(() => TrainingChannel.fromFsxLustre(files, 'fsx', 'train')).toThrow(
      'path of TrainingChannel.fromFsxLustre must be a path with a slash at its start, got "train"',
    );
  });
});
