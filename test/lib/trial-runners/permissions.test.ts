import { join } from 'node:path';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as efs from 'aws-cdk-lib/aws-efs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { InputMode, Parameter, QuotaCheck, TrainingChannel, TrainingProgram } from '../../../lib';
import { RunnerProps, Statement, templateOf } from '../../support/lib-stack';

const TRAINING = 'Tuner/TrialRunner/TrainingRole';
const STATE_MACHINE = 'Tuner/StateMachineRole';

/** What a role may do with these props and may not do by default, and the other way round. */
function changes(props: RunnerProps, role = TRAINING): { more: Statement[]; less: Statement[] } {
  const [before, after] = [{}, props].map((each) => templateOf(each).statementsOf(role));
  return { more: without(after!, before!), less: without(before!, after!) };
}

function without(statements: Statement[], others: Statement[]): Statement[] {
  const known = new Set(others.map((statement) => JSON.stringify(statement)));
  return statements.filter((statement) => !known.has(JSON.stringify(statement)));
}

function allow(Action: string | string[], Resource: string | string[], Condition?: Statement['Condition']): Statement {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

const write = (objects: string) => allow(['s3:PutObject', 's3:AbortMultipartUpload'], objects);
/** Parts of large objects are decrypted when they are put together, so writing needs both. */
const useOf = (key: string) => allow(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], key);
const sync = (bucket: string, prefix: string) => [
  allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], `${bucket}/${prefix}/*`),
  allow('s3:ListBucket', bucket, { StringLike: { 's3:prefix': `${prefix}/*` } }),
];

const OWN = '${Tuner/Bucket.Arn}';
const named = (name: string) => `arn:\${AWS::Partition}:s3:::${name}`;
const bucket = (stack: Stack, name: string) => s3.Bucket.fromBucketName(stack, `Bucket-${name}`, name);
const encrypted = (stack: Stack) => new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'Key') });

describe('training jobs may do more, or something else, with', () => {
  test('outputPrefix: write there, and not at the default place', () => {
    expect(changes({ outputPrefix: 'team/models' })).toEqual({
      more: [write(`${OWN}/team/models/*`)],
      less: [write(`${OWN}/output/*`)],
    });
  });

  test('outputBucket', () => {
    expect(changes((stack) => ({ outputBucket: bucket(stack, 'models') }))).toEqual({
      more: [write(`${named('models')}/output/*`)],
      less: [write(`${OWN}/output/*`)],
    });
  });

  test('outputBucket with a key of its own: use it', () => {
    expect(changes((stack) => ({ outputBucket: encrypted(stack) })).more).toEqual([
      write('${Data.Arn}/output/*'),
      useOf('${Key.Arn}'),
    ]);
  });

  test('outputKey', () => {
    expect(changes((stack) => ({ outputKey: new kms.Key(stack, 'Key') }))).toEqual({
      more: [useOf('${Key.Arn}')],
      less: [],
    });
  });

  test('volumeKey: lend it to the volumes', () => {
    expect(changes((stack) => ({ volumeKey: new kms.Key(stack, 'Key') }))).toEqual({
      more: [allow('kms:CreateGrant', '${Key.Arn}')],
      less: [],
    });
  });

  test('checkpointPrefix', () => {
    expect(changes({ checkpointPrefix: 'mine' })).toEqual({
      more: sync(OWN, 'mine'),
      less: sync(OWN, 'checkpoints'),
    });
  });

  test('checkpointBucket', () => {
    expect(changes((stack) => ({ checkpointBucket: bucket(stack, 'kept') }))).toEqual({
      more: sync(named('kept'), 'checkpoints'),
      less: sync(OWN, 'checkpoints'),
    });
  });

  test('checkpointBucket with a key of its own: use it', () => {
    expect(changes((stack) => ({ checkpointBucket: encrypted(stack) })).more).toEqual([
      ...sync('${Data.Arn}', 'checkpoints'),
      useOf('${Key.Arn}'),
    ]);
  });

  test('vpc: be connected to it, whatever its security groups', () => {
    const interfaces = allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:CreateNetworkInterfacePermission',
        'ec2:DeleteNetworkInterface',
        'ec2:DeleteNetworkInterfacePermission',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      '*',
    );
    expect(changes((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') }))).toEqual({ more: [interfaces], less: [] });
    const given = changes((stack) => ({
      vpc: new ec2.Vpc(stack, 'Vpc'),
      securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')],
    }));
    expect(given).toEqual({ more: [interfaces], less: [] });
  });

  test('channels: read their data', () => {
    expect(changes((stack) => ({ channels: { a: TrainingChannel.fromBucket(bucket(stack, 'data'), 'a/') } }))).toEqual({
      more: [
        allow('s3:GetObject', `${named('data')}/a/*`),
        allow('s3:ListBucket', named('data'), { StringLike: { 's3:prefix': 'a/*' } }),
      ],
      less: [],
    });
  });

  test('a channel of EFS: mount it', () => {
    const { more } = changes((stack) => {
      const vpc = new ec2.Vpc(stack, 'Vpc');
      return { vpc, channels: { a: TrainingChannel.fromEfs(new efs.FileSystem(stack, 'Files', { vpc }), '/a') } };
    });
    // the other one is the VPC's.
    expect(more.filter(({ Resource }) => Resource !== '*')).toEqual([
      allow('elasticfilesystem:ClientMount', '${Files.Arn}'),
    ]);
  });

  test('a program in script mode: read its three files', () => {
    const program = TrainingProgram.fromScript(join(__dirname, '../../../examples/digits'), 'train.py');
    const { more, less } = changes({ program });
    expect(more.map(({ Action }) => Action)).toEqual(
      Array(more.length / 2)
        .fill(['s3:GetObject', 's3:ListBucket'])
        .flat(),
    );
    for (const { Resource } of more) {
      expect(Resource).toMatch(/^arn:\$\{AWS::Partition\}:s3:::cdk-hnb659fds-assets-[^/]*(\/[0-9a-f]{64}\.\w+\*)?$/);
    }
    expect(less).toEqual([]);
  });
});

/** All other properties, each with a value that isn't its default. */
const OTHERS: [string, RunnerProps][] = Object.entries<RunnerProps>({
  spot: { spot: true, maxWait: Duration.days(2) },
  keepAlivePeriod: { keepAlivePeriod: Duration.minutes(10) },
  instanceType: { instanceType: 'ml.g5.xlarge' },
  fallbackInstanceTypes: { fallbackInstanceTypes: ['ml.g5.xlarge'] },
  instanceCount: { instanceCount: 2 },
  instanceGroups: { instanceGroups: [{ name: 'all', instanceType: 'ml.m5.xlarge', instanceCount: 2 }] },
  retryAttempts: { retryAttempts: 3 },
  inputMode: { inputMode: InputMode.FAST_FILE },
  volumeSize: { volumeSize: Size.gibibytes(100) },
  maxRuntime: { maxRuntime: Duration.hours(1) },
  hyperparameters: { hyperparameters: { epochs: '8' } },
  environment: { environment: { A: 'b' } },
  tags: { tags: { team: 'vision' } },
  compressOutput: { compressOutput: false },
  checkpointLocalPath: { checkpointLocalPath: '/opt/checkpoints' },
  encryptInterContainerTraffic: { encryptInterContainerTraffic: true },
  networkIsolation: { networkIsolation: true },
  experimentName: { experimentName: 'digits' },
  tensorBoardLocalPath: { tensorBoardLocalPath: '/opt/logs' },
  entrypoint: { entrypoint: ['python3'], entrypointArguments: ['main.py'] },
  requestFields: { requestFields: { ProfilerConfig: { DisableProfiler: true } } },
  prices: { pricesPerInstanceHour: { 'ml.m5.xlarge': 1 } },
  quotaCheck: { quotaCheck: QuotaCheck.FAIL },
  logReports: { logReports: {} },
});

test.each(OTHERS)('%s changes nothing of what training jobs may do', (_, props) => {
  expect(changes(props)).toEqual({ more: [], less: [] });
});

test('instances of the search space change nothing of what training jobs may do', () => {
  const searchSpace = {
    machine: Parameter.categorical(['ml.m5.xlarge', 'ml.m5.2xlarge']),
    machines: Parameter.integer({ min: 1, max: 4 }),
  };
  const tuner = { searchSpace };
  const searched = templateOf({ instanceTypeParameter: 'machine', instanceCountParameter: 'machines' }, tuner);
  expect(searched.statementsOf(TRAINING)).toEqual(templateOf({}, tuner).statementsOf(TRAINING));
});

const KEYS_AND_NETWORK: [string, RunnerProps][] = [
  ['keys', (stack) => ({ volumeKey: new kms.Key(stack, 'Volume'), outputKey: new kms.Key(stack, 'Output') })],
  ['a VPC', (stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') })],
  ['buckets', (stack) => ({ outputBucket: encrypted(stack), checkpointBucket: bucket(stack, 'kept') })],
];

test.each([...OTHERS, ...KEYS_AND_NETWORK])('the state machine may do with %s what it always may', (_, props) => {
  expect(changes(props, STATE_MACHINE)).toEqual({ more: [], less: [] });
});
