import { CfnParameter, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TunerProps } from '../../lib';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../support/lib-stack';

function synthesize(props: Partial<TunerProps> = {}): ReadableTemplate {
  const stack = newStack();
  newTuner(stack, props);
  return new ReadableTemplate(stack);
}

test('tells the steps its completion criteria and parallel trials, with defaults', () => {
  const definition = tunerDefinition({});
  expect(definition).toMatchObject({ maxTrials: 50, maxParallelTrials: 4 });
  expect(definition).not.toHaveProperty('maxDurationSeconds');
  expect(definition).not.toHaveProperty('maxTrialsWithoutImprovement');
});

test('tells the steps the completion criteria and parallel trials that are asked for', () => {
  const props = {
    maxTrials: 100_000,
    maxParallelTrials: 1000,
    maxDuration: Duration.days(365),
    maxTrialsWithoutImprovement: 10,
  };
  expect(tunerDefinition(props)).toMatchObject({
    maxTrials: 100_000,
    maxParallelTrials: 1000,
    maxDurationSeconds: 31_536_000,
    maxTrialsWithoutImprovement: 10,
  });
});

test('takes limits that are only known at deployment', () => {
  const stack = newStack();
  const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
  newTuner(stack, {
    maxTrials: number('Trials'),
    maxParallelTrials: number('Parallel'),
    maxDuration: Duration.seconds(number('Duration')),
    maxTrialsWithoutImprovement: number('Patience'),
  });
  const values = { Trials: 7, Parallel: 2, Duration: 60, Patience: 3 };
  expect(tunerDefinitionOf(new ReadableTemplate(stack, values))).toMatchObject({
    maxTrials: 7,
    maxParallelTrials: 2,
    maxDurationSeconds: 60,
    maxTrialsWithoutImprovement: 3,
  });
});

test.each<[Partial<TunerProps>, string]>([
  [{ maxTrials: 0 }, 'maxTrials must be an integer from 1 to 100000, got 0'],
  [{ maxTrials: 100_001 }, 'maxTrials must be an integer from 1 to 100000, got 100001'],
  [{ maxTrials: 1.5 }, 'maxTrials must be an integer from 1 to 100000, got 1.5'],
  [{ maxTrials: '5' as unknown as number }, 'maxTrials must be an integer from 1 to 100000, got "5"'],
  [{ maxParallelTrials: 0 }, 'maxParallelTrials must be an integer from 1 to 1000, got 0'],
  [{ maxParallelTrials: 1001 }, 'maxParallelTrials must be an integer from 1 to 1000, got 1001'],
  [{ maxTrialsWithoutImprovement: 0 }, 'maxTrialsWithoutImprovement must be an integer from 1 to 100000, got 0'],
  [{ maxDuration: Duration.seconds(0) }, 'maxDuration in seconds must be an integer from 1 to 31536000, got 0'],
  [{ maxDuration: Duration.days(366) }, 'maxDuration in seconds must be an integer from 1 to 31536000, got 31622400'],
])('refuses %p', (props, message) => {
  expect(() => newTuner(newStack(), props)).toThrow(message);
});

test('names maxDuration where it is no whole number of seconds', () => {
  expect(() => newTuner(newStack(), { maxDuration: Duration.millis(1500) })).toThrow(/maxDuration/);
});

test('keeps studies in a table that pays by request and can be restored', () => {
  expect(synthesize().properties('Tuner/StudyTable')).toMatchObject({
    KeySchema: [
      { AttributeName: 'study', KeyType: 'HASH' },
      { AttributeName: 'item', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

test('keeps models and checkpoints in a bucket that is private, encrypted and only open to TLS', () => {
  const template = synthesize();
  expect(template.properties('Tuner/Bucket')).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
  });
  expect(JSON.stringify(template.properties('Tuner/Bucket/Policy'))).toContain('"aws:SecureTransport":"false"');
});

test.each<[RemovalPolicy | undefined, string]>([
  [undefined, 'Retain'],
  [RemovalPolicy.DESTROY, 'Delete'],
])('with removal policy %p, table and bucket have %p', (removalPolicy, expected) => {
  const template = synthesize({ removalPolicy });
  expect(template.resources['Tuner/StudyTable']!.DeletionPolicy).toBe(expected);
  expect(template.resources['Tuner/Bucket']!.DeletionPolicy).toBe(expected);
});

test.each<[logs.RetentionDays | undefined, number]>([
  [undefined, 90],
  [logs.RetentionDays.ONE_WEEK, 7],
])('with log retention %p, all logs are kept %p days and go with the tuner', (logRetention, days) => {
  const groups = Object.values(synthesize({ logRetention }).ofType('AWS::Logs::LogGroup'));
  expect(groups).toHaveLength(9);
  expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual(groups.map(() => days));
  expect(groups.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(groups.map(() => 'Delete'));
});

test('runs its steps on one bundle each, traced, told of the table', () => {
  const functions = synthesize().ofType('AWS::Lambda::Function');
  expect(Object.keys(functions).sort()).toEqual(
    ['FinishStudy', 'NextTrial', 'OpenStudy', 'PlanRound', 'RecordTrial', 'Report', 'ReviewRound', 'StopStudy'].map(
      (id) => `Tuner/${id}`,
    ),
  );
  for (const [id, { Properties }] of Object.entries(functions)) {
    expect(Properties).toMatchObject({
      Runtime: expect.stringMatching(/^nodejs2[24]\.x$/),
      Architectures: ['arm64'],
      Handler: 'index.handler',
      // stopping jobs takes its time: at most one a second.
      Timeout: /(Open|Review|Stop)/.test(id) ? 900 : 60,
      TracingConfig: { Mode: 'Active' },
      Environment: { Variables: { STUDY_TABLE: '${Tuner/StudyTable}' } },
    });
  }
  const bundles = Object.values(functions).map(({ Properties }) => (Properties.Code as { S3Key: string }).S3Key);
  expect(new Set(bundles).size).toBe(8);
});

test('logs and traces all that its state machine does', () => {
  expect(synthesize().properties('Tuner/StateMachine')).toMatchObject({
    LoggingConfiguration: {
      Level: 'ALL',
      Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: '${Tuner/LogGroup.Arn}' } }],
    },
    TracingConfiguration: { Enabled: true },
  });
});

test('shows what it is made of', () => {
  const stack = newStack();
  const tuner = newTuner(stack);
  expect(stack.resolve(tuner.reportFunction.functionName)).toEqual({ Ref: expect.stringMatching(/^TunerReport/) });
  expect(stack.resolve(tuner.studyTable.tableName)).toEqual({ Ref: expect.stringMatching(/^TunerStudyTable/) });
  expect(stack.resolve(tuner.trainingRole.roleArn)).toEqual({
    'Fn::GetAtt': [expect.stringMatching(/^TunerTrialRunnerTrainingRole/), 'Arn'],
  });
});

test('its training jobs can be granted what they need', () => {
  const stack = newStack();
  const data = s3.Bucket.fromBucketName(stack, 'Data', 'data');
  data.grantRead(newTuner(stack));
  expect(new ReadableTemplate(stack).statementsOf('Tuner/TrialRunner/TrainingRole')).toContainEqual({
    Action: ['s3:GetObject*', 's3:GetBucket*', 's3:List*'],
    Effect: 'Allow',
    Resource: ['arn:${AWS::Partition}:s3:::data', 'arn:${AWS::Partition}:s3:::data/*'],
  });
});
