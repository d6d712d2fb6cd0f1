import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Scheduler } from '../../lib';
import { newStack, newTuner, ReadableTemplate, Statement } from '../support/lib-stack';

const KEY = '${Key.Arn}';
const HERE = '${AWS::Region}:${AWS::AccountId}';

function withKey(): { stack: Stack; template: ReadableTemplate } {
  const stack = newStack();
  newTuner(stack, {
    encryptionKey: new kms.Key(stack, 'Key'),
    scheduler: Scheduler.populationBased({ populationSize: 4, interval: 1, maxResource: 9 }),
  });
  return { stack, template: new ReadableTemplate(stack) };
}

function keyStatements(statements: Statement[]): Statement[] {
  return statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('kms:')));
}

test('without a key, AWS has the keys', () => {
  const stack = newStack();
  newTuner(stack);
  expect(JSON.stringify(new ReadableTemplate(stack).resources)).not.toMatch(/kms/i);
});

test('one key encrypts table, bucket, logs, functions and the state machine', () => {
  const { template } = withKey();
  expect(template.properties('Tuner/StudyTable').SSESpecification).toEqual({
    SSEEnabled: true,
    SSEType: 'KMS',
    KMSMasterKeyId: KEY,
  });
  expect(template.properties('Tuner/Bucket').BucketEncryption).toEqual({
    ServerSideEncryptionConfiguration: [
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
      },
    ],
  });
  for (const { Properties } of Object.values(template.ofType('AWS::Logs::LogGroup'))) {
    expect(Properties.KmsKeyId).toBe(KEY);
  }
  for (const { Properties } of Object.values(template.ofType('AWS::Lambda::Function'))) {
    expect(Properties.KmsKeyArn).toBe(KEY);
  }
  expect(template.properties('Tuner/StateMachine').EncryptionConfiguration).toMatchObject({
    Type: 'CUSTOMER_MANAGED_KMS_KEY',
    KmsKeyId: KEY,
  });
});

test('functions and training jobs may use the key for what they do, without wildcards', () => {
  const { template } = withKey();
  expect(keyStatements(template.statementsOf('Tuner/PlanRound/Role'))).toContainEqual({
    Effect: 'Allow',
    Action: [
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
    Resource: KEY,
  });
  expect(keyStatements(template.statementsOf('Tuner/TrialRunner/TrainingRole'))).toEqual([
    { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], Resource: KEY },
  ]);
  const all = Object.values(template.ofType('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    keyStatements((Properties.PolicyDocument as { Statement: Statement[] }).Statement),
  );
  for (const { Action, Resource } of all) {
    expect([Action].flat().filter((action) => action.includes('*'))).toEqual([]);
    expect(Resource).toBe(KEY);
  }
});

test('the state machine may use the key for its own data only', () => {
  const { template } = withKey();
  const statements = keyStatements(template.statementsOf('Tuner/StateMachineRole'));
  expect(statements).toContainEqual({
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: KEY,
    Condition: {
      ArnLike: {
        'kms:EncryptionContext:aws:states:stateMachineArn': `arn:\${AWS::Partition}:states:${HERE}:stateMachine:*`,
      },
    },
  });
  for (const { Condition } of statements) expect(JSON.stringify(Condition)).toMatch(/kms:EncryptionContext:/);
});

test('CloudWatch Logs may use the key for log groups of this account', () => {
  const { template } = withKey();
  const { Statement: statements } = template.properties('Key').KeyPolicy as { Statement: Statement[] };
  expect(statements).toContainEqual({
    Effect: 'Allow',
    Principal: { Service: 'logs.${AWS::Region}.${AWS::URLSuffix}' },
    Action: [
      'kms:Encrypt',
      'kms:Decrypt',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyPair',
      'kms:GenerateDataKeyPairWithoutPlaintext',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:DescribeKey',
    ],
    Resource: '*',
    Condition: {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:\${AWS::Partition}:logs:${HERE}:*` },
    },
  });
});

test('a key whose policy belongs to someone else is used, and what it must allow is said', () => {
  const stack = newStack();
  const arn = 'arn:aws:kms:us-east-1:111111111111:key/12345678-1234-1234-1234-123456789012';
  newTuner(stack, { encryptionKey: kms.Key.fromKeyArn(stack, 'Key', arn) });
  Annotations.fromStack(stack).hasWarning('/Stack/Tuner', Match.stringLikeRegexp('cdk-hpo:keyPolicy'));
  expect(new ReadableTemplate(stack).properties('Tuner/StudyTable').SSESpecification).toMatchObject({
    KMSMasterKeyId: arn,
  });
});

test("accesses of the bucket are logged where the user says, under the tuner's own prefix", () => {
  const stack = newStack();
  newTuner(stack, { serverAccessLogsBucket: s3.Bucket.fromBucketName(stack, 'AccessLogs', 'access-logs') });
  expect(new ReadableTemplate(stack).properties('Tuner/Bucket').LoggingConfiguration).toEqual({
    DestinationBucketName: 'access-logs',
    LogFilePrefix: expect.stringMatching(/^[0-9a-z]{8}\/$/),
  });
});
