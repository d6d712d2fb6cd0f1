import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TrainingChannel } from '../../lib';
import { newStack, newTuner, ReadableTemplate, sageMakerTraining, trainingRequestOf } from '../support/lib-stack';

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
