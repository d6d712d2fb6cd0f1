import { CfnParameter, Duration, Lazy, Size } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Parameter } from '../../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  trainingRequest,
  trainingRequestOf,
  tunerDefinition,
  tunerDefinitionOf,
} from '../../support/lib-stack';

test('describes a training job with defaults that a careful person would have chosen', () => {
  const { HyperParameters, TrainingJobName, ...request } = trainingRequest({});
  expect(HyperParameters).toMatch(/^\{% .* %\}$/);
  expect(TrainingJobName).toMatch(/^\{% .* %\}$/);
  expect(request).toEqual({
    RoleArn: '${Tuner/TrialRunner/TrainingRole.Arn}',
    AlgorithmSpecification: {
      TrainingImage: 'registry/image:1',
      TrainingInputMode: 'File',
      MetricDefinitions: [{ Name: 'accuracy', Regex: expect.stringContaining('accuracy=(') }],
    },
    OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/output' },
    CheckpointConfig: { S3Uri: '{% $next.checkpointUri %}' },
    ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 86_400 },
    Environment: {
      CDK_HPO_STUDY: '{% $study %}',
      CDK_HPO_TRIAL: '{% $string($next.trial) %}',
      CDK_HPO_ATTEMPT: '{% $string($next.attempt) %}',
      CDK_HPO_TOKEN: '{% $next.token %}',
      CDK_HPO_REPORT_FUNCTION: '${Tuner/Report}',
      CDK_HPO_OBJECTIVE: 'accuracy',
    },
  });
});

test('describes a training job as it is asked for', () => {
  const stack = newStack();
  const models = s3.Bucket.fromBucketName(stack, 'Models', 'models');
  const checkpoints = s3.Bucket.fromBucketName(stack, 'Checkpoints', 'checkpoints');
  newTuner(stack, {
    trialRunner: sageMakerTraining({
      instanceType: 'ml.g5.xlarge',
      instanceCount: 2,
      volumeSize: Size.gibibytes(100),
      maxRuntime: Duration.hours(1),
      environment: { NCCL_DEBUG: 'INFO' },
      outputBucket: models,
      outputPrefix: 'team/models',
      checkpointBucket: checkpoints,
      checkpointPrefix: 'team',
      checkpointLocalPath: '/opt/checkpoints',
    }),
  });
  const template = new ReadableTemplate(stack);
  expect(trainingRequestOf(template)).toMatchObject({
    OutputDataConfig: { S3OutputPath: 's3://models/team/models' },
    CheckpointConfig: { S3Uri: '{% $next.checkpointUri %}', LocalPath: '/opt/checkpoints' },
    ResourceConfig: { InstanceType: 'ml.g5.xlarge', InstanceCount: 2, VolumeSizeInGB: 100 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    Environment: { NCCL_DEBUG: 'INFO', CDK_HPO_STUDY: '{% $study %}' },
  });
  expect(tunerDefinitionOf(template).compute).toEqual({
    jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-z]{8}$/),
    instanceType: 'ml.g5.xlarge',
    instanceCount: 2,
    pricePerInstanceHour: 1.408,
    checkpointRoot: 's3://checkpoints/team',
  });
});

test('the training role may write where models and checkpoints are asked to go, and nowhere else', () => {
  const stack = newStack();
  newTuner(stack, {
    trialRunner: sageMakerTraining({
      outputBucket: s3.Bucket.fromBucketName(stack, 'Models', 'models'),
      outputPrefix: 'team/models',
      checkpointPrefix: 'mine',
    }),
  });
  const writes = new ReadableTemplate(stack)
    .statementsOf('Tuner/TrialRunner/TrainingRole')
    .filter(({ Action }) => [Action].flat().includes('s3:PutObject'));
  expect(writes.map(({ Resource }) => Resource)).toEqual([
    '${Tuner/Bucket.Arn}/mine/*',
    'arn:${AWS::Partition}:s3:::models/team/models/*',
  ]);
});

test.each<[string, number | undefined, number | undefined]>([
  ['ml.m5.xlarge', undefined, 0.23],
  ['ml.m5.xlarge', 0, 0],
  ['ml.m5.xlarge', 0.1, 0.1],
  ['ml.trn9.48xlarge', undefined, undefined],
  ['ml.trn9.48xlarge', 40, 40],
])('an hour of %s costs, where %p is given, %p', (instanceType, pricePerInstanceHour, expected) => {
  const trialRunner = sageMakerTraining({ instanceType, pricePerInstanceHour });
  expect(tunerDefinition({ trialRunner }).compute.pricePerInstanceHour).toBe(expected);
});

test('the training role may use the keys of the buckets', () => {
  const stack = newStack();
  const [models, checkpoints] = ['Models', 'Checkpoints'].map(
    (id) => new s3.Bucket(stack, id, { encryptionKey: new kms.Key(stack, `${id}Key`) }),
  );
  newTuner(stack, { trialRunner: sageMakerTraining({ outputBucket: models, checkpointBucket: checkpoints }) });
  const statements = new ReadableTemplate(stack).statementsOf('Tuner/TrialRunner/TrainingRole');
  expect(statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('kms:')))).toEqual([
    {
      Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
      Effect: 'Allow',
      Resource: '${CheckpointsKey.Arn}',
    },
    {
      Action: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
      Effect: 'Allow',
      Resource: '${ModelsKey.Arn}',
    },
  ]);
});

test('takes what is only known at deployment, without comparing it', () => {
  const stack = newStack();
  const text = (id: string) => new CfnParameter(stack, id).valueAsString;
  const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
  newTuner(stack, {
    trialRunner: sageMakerTraining({
      instanceType: text('InstanceType'),
      instanceCount: number('InstanceCount'),
      volumeSize: Size.gibibytes(number('Volume')),
      maxRuntime: Duration.seconds(number('MaxRuntime')),
      pricePerInstanceHour: number('Price'),
      environment: { MODE: text('Mode') },
      hyperparameters: { epochs: text('Epochs') },
      outputPrefix: text('Output'),
      checkpointPrefix: text('CheckpointPrefix'),
      checkpointLocalPath: text('LocalPath'),
    }),
  });
  const template = new ReadableTemplate(stack, { InstanceCount: 3, Volume: 50, MaxRuntime: 600, Price: 1.5 });
  expect(trainingRequestOf(template)).toMatchObject({
    OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/${Output}' },
    CheckpointConfig: { LocalPath: '${LocalPath}' },
    ResourceConfig: { InstanceType: '${InstanceType}', InstanceCount: 3, VolumeSizeInGB: 50 },
    StoppingCondition: { MaxRuntimeInSeconds: 600 },
    HyperParameters: expect.stringContaining('{"epochs":"${Epochs}"}'),
    Environment: { MODE: '${Mode}' },
  });
  expect(tunerDefinitionOf(template).compute).toMatchObject({
    instanceType: '${InstanceType}',
    instanceCount: 3,
    pricePerInstanceHour: 1.5,
    checkpointRoot: 's3://${Tuner/Bucket}/${CheckpointPrefix}',
  });
});

test('a static hyperparameter that is also searched is refused', () => {
  const searchSpace = { epochs: Parameter.integer({ min: 1, max: 9 }) };
  const trialRunner = sageMakerTraining({ hyperparameters: { seed: '1', epochs: '8' } });
  expect(() => newTuner(newStack(), { searchSpace, trialRunner })).toThrow(
    'hyperparameters must not hold parameters of the search space, got "epochs" in both; remove it from one',
  );
});

test('a static hyperparameter that differs from a searched one only in case is refused', () => {
  const searchSpace = { epochs: Parameter.integer({ min: 1, max: 9 }) };
  const trialRunner = sageMakerTraining({ hyperparameters: { EPOCHS: '8' } });
  expect(() => newTuner(newStack(), { searchSpace, trialRunner })).toThrow(/hyperparameters must .*"EPOCHS"/);
});

test('static and searched hyperparameters are at most 100 together', () => {
  const searchSpace = { a: Parameter.constant(1), b: Parameter.constant(1) };
  const hyperparameters = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`static${i}`, 'x']));
  const create = (count: number) => () =>
    newTuner(newStack(), { searchSpace, trialRunner: sageMakerTraining({ hyperparameters: hyperparameters(count) }) });
  expect(create(98)).not.toThrow();
  expect(create(99)).toThrow('hyperparameters and search space must have at most 100 entries together, got 101');
});

test('one trial runner may serve two tuners', () => {
  const stack = newStack();
  const trialRunner = sageMakerTraining();
  newTuner(stack, { trialRunner }, 'A');
  newTuner(stack, { trialRunner }, 'B');
  const template = new ReadableTemplate(stack);
  expect(trainingRequestOf(template, 'A').RoleArn).toBe('${A/TrialRunner/TrainingRole.Arn}');
  expect(trainingRequestOf(template, 'B').RoleArn).toBe('${B/TrialRunner/TrainingRole.Arn}');
});

test('a hyperparameter with quotes that is only known later stays one text', () => {
  const hyperparameters = { prompt: Lazy.string({ produce: () => 'say "hello"' }) };
  expect(trainingRequest({ hyperparameters }).HyperParameters).toContain('{"prompt":"say \\"hello\\""}');
});
