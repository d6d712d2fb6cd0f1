import { CfnParameter, Duration, Lazy, Size } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Parameter, QuotaCheck } from '../../../lib';
import {
  checkedTrainingRequest,
  computeOf,
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  trainingRequestOf,
  tunerDefinitionOf,
} from '../../support/lib-stack';

test('describes a training job with defaults that a careful person would have chosen', () => {
  const { HyperParameters, TrainingJobName, ...request } = checkedTrainingRequest({});
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
    StoppingCondition: { MaxRuntimeInSeconds: '{% $next.maxRuntimeSeconds %}' },
    Environment: {
      CDK_HPO_STUDY: '{% $study %}',
      CDK_HPO_TRIAL: '{% $string($next.trial) %}',
      CDK_HPO_ATTEMPT: '{% $string($next.attempt) %}',
      CDK_HPO_TOKEN: '{% $next.token %}',
      CDK_HPO_REPORT_FUNCTION: '${Tuner/Report}',
      CDK_HPO_OBJECTIVE: 'accuracy',
    },
    Tags: [
      { Key: 'cdk-hpo:study', Value: '{% $study %}' },
      { Key: 'cdk-hpo:trial', Value: '{% $string($next.trial) %}' },
    ],
  });
});

test('tells the steps what its training jobs run on, with the same defaults', () => {
  expect(computeOf({})).toEqual({
    jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-z]{8}$/),
    instanceTypes: ['ml.m5.xlarge'],
    instanceCount: 1,
    prices: [{ instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 }],
    spot: false,
    maxRuntimeSeconds: 86_400,
    quotaCheck: 'fail',
    checkpointRoot: 's3://${Tuner/Bucket}/checkpoints',
  });
});

test.each(Object.values(QuotaCheck))('tells the steps to check quotas as is asked for: %s', (quotaCheck) => {
  expect(computeOf({ quotaCheck }).quotaCheck).toBe(quotaCheck);
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
    StoppingCondition: { MaxRuntimeInSeconds: '{% $next.maxRuntimeSeconds %}' },
    Environment: { NCCL_DEBUG: 'INFO', CDK_HPO_STUDY: '{% $study %}' },
  });
  expect(tunerDefinitionOf(template).compute).toEqual({
    jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-z]{8}$/),
    instanceTypes: ['ml.g5.xlarge'],
    instanceCount: 2,
    prices: [{ instanceType: 'ml.g5.xlarge', usdPerHour: 1.408 }],
    spot: false,
    maxRuntimeSeconds: 3600,
    quotaCheck: 'fail',
    checkpointRoot: 's3://checkpoints/team',
  });
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
  const texts = {
    InstanceType: 'ml.c5.xlarge',
    Mode: 'fast',
    Epochs: '8',
    Output: 'models',
    LocalPath: '/checkpoints',
  };
  const numbers = { InstanceCount: 3, Volume: 50, MaxRuntime: 600, Price: 1.5 };
  const template = new ReadableTemplate(stack, { ...texts, ...numbers, CheckpointPrefix: 'team' });
  expect(trainingRequestOf(template)).toMatchObject({
    OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/models' },
    CheckpointConfig: { LocalPath: '/checkpoints' },
    ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 3, VolumeSizeInGB: 50 },
    HyperParameters: expect.stringContaining('{"epochs":"8"}'),
    Environment: { MODE: 'fast' },
  });
  expect(tunerDefinitionOf(template).compute).toMatchObject({
    instanceTypes: ['ml.c5.xlarge'],
    instanceCount: 3,
    prices: [{ instanceType: 'ml.c5.xlarge', usdPerHour: 1.5 }],
    maxRuntimeSeconds: 600,
    checkpointRoot: 's3://${Tuner/Bucket}/team',
  });
});

test('a static hyperparameter that is also searched is refused', () => {
  const searchSpace = { epochs: Parameter.integer({ min: 1, max: 9 }) };
  const trialRunner = sageMakerTraining({ hyperparameters: { seed: '1', epochs: '8' } });
  expect(() => newTuner(newStack(), { searchSpace, trialRunner })).toThrow(
    'hyperparameters must not hold what the search space or the scheduler sets, got "epochs" in both; remove it from one',
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
  expect(checkedTrainingRequest({ hyperparameters }).HyperParameters).toContain('{"prompt":"say \\"hello\\""}');
});
