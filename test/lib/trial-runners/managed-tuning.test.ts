import { CfnParameter, Duration, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  ActiveWhen,
  InputMode,
  ManagedTuningProps,
  Objective,
  OutcomeConstraint,
  Parameter,
  Scaling,
  Scheduler,
  SearchAlgorithm,
  TrainingChannel,
  TrainingImage,
  TrainingProgram,
  TunerProps,
  TuningStrategy,
  TuningWarmStart,
} from '../../../lib';
import { TunerDefinition, TuningDefinition } from '../../../lib/contract/tuner-definition';
import { CreateTuningJobRequest } from '../../../local/sagemaker/tuning/tuning-job';
import { validateCreateTuningJob } from '../../../local/sagemaker/tuning/validate-tuning-job';
import { deployed } from '../../support/lib-sent-request';
import {
  PropsIn,
  roundVariables,
  runState,
  script,
  sent,
  stackWith,
  templateWith,
  tuning,
  tuningJob,
} from '../../support/lib-runners';
import { newStack, newTuner, ReadableTemplate, tunerDefinitionOf } from '../../support/lib-stack';

type Definition = Record<string, unknown>;
const DAY = 86_400;

/** Both requests of the state machine with their expressions. As evaluated, SageMaker must take them. */
async function requestsOf(
  props: PropsIn<ManagedTuningProps> = {},
  tuner: Partial<TunerProps> = {},
): Promise<{ first: Record<string, unknown>; next: Record<string, unknown>; evaluated: CreateTuningJobRequest }> {
  const template = templateWith(tuning(props), tuner);
  const definition = tunerDefinitionOf(template);
  const typeOf = (name: string) => template.resources[name]?.Type;
  const job = tuningJob(deployed(definition, typeOf) as TunerDefinition) as { parents: object[] };
  const [first, next] = ['Tune', 'Tune on'].map((name) => runState(template, name).Arguments!);
  const evaluated = validateCreateTuningJob(await sent(template, first, roundVariables(job)));
  const parents = job.parents.length > 0 ? job.parents : [{ HyperParameterTuningJobName: 'before' }];
  validateCreateTuningJob(await sent(template, next, roundVariables({ ...job, parents })));
  return { first: first!, next: next!, evaluated };
}

async function jobDefinition(
  props: PropsIn<ManagedTuningProps> = {},
  tuner: Partial<TunerProps> = {},
): Promise<Definition> {
  return (await requestsOf(props, tuner)).first.TrainingJobDefinition as Definition;
}

/** What the steps make the job's config of; checked as above. */
async function tuningOf(props: PropsIn<ManagedTuningProps> = {}, tuner: Partial<TunerProps> = {}) {
  await requestsOf(props, tuner);
  return tunerDefinitionOf(templateWith(tuning(props), tuner)).compute.tuning as TuningDefinition;
}

const names = (count: number, start = 'p') => Array.from({ length: count }, (_, i) => `${start}${i}`);
const fromNames = <T>(all: string[], make: (name: string, i: number) => T): Record<string, T> =>
  Object.fromEntries(all.map((name, i) => [name, make(name, i)]));

describe('by default', () => {
  test('the request has a training job without name, entry point and trial', async () => {
    const { first } = await requestsOf();
    expect(first).toEqual({
      HyperParameterTuningJobName: expect.stringContaining('$job.name'),
      HyperParameterTuningJobConfig: '{% $job.config %}',
      TrainingJobDefinition: {
        RoleArn: '${Tuner/TrialRunner/TrainingRole.Arn}',
        AlgorithmSpecification: {
          TrainingImage: 'registry/image:1',
          TrainingInputMode: 'File',
          MetricDefinitions: [{ Name: 'accuracy', Regex: expect.any(String) }],
        },
        OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/output' },
        ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
        StoppingCondition: { MaxRuntimeInSeconds: DAY },
        StaticHyperParameters: {},
      },
      Tags: [{ Key: 'cdk-hpo:study', Value: '{% $study %}' }],
    });
  });

  test('a study that goes on begins with its own results', async () => {
    const { first, next } = await requestsOf();
    expect(next).toEqual({
      ...first,
      WarmStartConfig: {
        WarmStartType: 'IdenticalDataAndAlgorithm',
        ParentHyperParameterTuningJobs: '{% $job.parents %}',
      },
    });
  });

  test('the steps are told what is searched, and how', async () => {
    const template = templateWith(tuning());
    expect(tunerDefinitionOf(template).compute).toEqual({
      jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-f]{8}$/),
      instanceTypes: ['ml.m5.xlarge'],
      instanceCount: 1,
      prices: [{ instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 }],
      spot: false,
      maxRuntimeSeconds: DAY,
      quotaCheck: 'warn',
      checkpointRoot: 's3://${Tuner/Bucket}/checkpoints',
      tuning: {
        config: {
          Strategy: 'Bayesian',
          HyperParameterTuningJobObjective: { Type: 'Maximize', MetricName: 'accuracy' },
          ParameterRanges: {
            ContinuousParameterRanges: [
              { Name: 'learning_rate', MinValue: '0.001', MaxValue: '0.1', ScalingType: 'Linear' },
            ],
          },
          TrainingJobEarlyStoppingType: 'Off',
        },
        parents: [],
      },
    });
  });

  test('the longest name of a job is one of a tuning job', async () => {
    const { evaluated } = await requestsOf();
    expect(evaluated.HyperParameterTuningJobName).toMatch(/^hpo-[0-9a-f]{8}-[0-9a-f]{6}-10000-8-0$/);
  });

  test('the jobs are tried again only where none was created', () => {
    const template = templateWith(tuning());
    for (const name of ['Tune', 'Tune on']) {
      expect(runState(template, name).Retry).toEqual([
        expect.objectContaining({ ErrorEquals: ['SageMaker.ThrottlingException', 'ThrottlingException'] }),
      ]);
    }
  });

  test('there are neither workers nor steps of slots', () => {
    const functions = Object.keys(templateWith(tuning()).ofType('AWS::Lambda::Function'));
    expect(functions.filter((name) => /Worker|NextTrial|RecordTrial/.test(name))).toEqual([]);
  });
});

describe('training jobs have', () => {
  const bucket = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Mine', 'mine');
  const CHECKPOINTS = { S3Uri: 's3://${Tuner/Bucket}/checkpoints' };

  test.each<[string, PropsIn<ManagedTuningProps>, object]>([
    ['instanceType', { instanceType: 'ml.g5.xlarge' }, { ResourceConfig: { InstanceType: 'ml.g5.xlarge' } }],
    ['instanceCount', { instanceCount: 20 }, { ResourceConfig: { InstanceCount: 20 } }],
    ['volumeSize', { volumeSize: Size.gibibytes(100) }, { ResourceConfig: { VolumeSizeInGB: 100 } }],
    [
      'volumeKey',
      (stack) => ({ volumeKey: new kms.Key(stack, 'Key') }),
      { ResourceConfig: { VolumeKmsKeyId: '${Key.Arn}' } },
    ],
    [
      'fallbackInstanceTypes',
      (stack) => ({
        volumeKey: new kms.Key(stack, 'Key'),
        instanceCount: 2,
        fallbackInstanceTypes: names(5, 'ml.c5.').map((name) => `${name}xlarge`),
      }),
      {
        HyperParameterTuningResourceConfig: {
          AllocationStrategy: 'Prioritized',
          InstanceConfigs: [
            { InstanceType: 'ml.m5.xlarge', InstanceCount: 2, VolumeSizeInGB: 30 },
            ...names(5, 'ml.c5.').map((name) => ({
              InstanceType: `${name}xlarge`,
              InstanceCount: 2,
              VolumeSizeInGB: 30,
            })),
          ],
          VolumeKmsKeyId: '${Key.Arn}',
        },
      },
    ],
    ['maxRuntime', { maxRuntime: Duration.days(28) }, { StoppingCondition: { MaxRuntimeInSeconds: 28 * DAY } }],
    [
      'spot',
      { spot: true },
      {
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxRuntimeInSeconds: DAY, MaxWaitTimeInSeconds: 2 * DAY },
        CheckpointConfig: CHECKPOINTS,
      },
    ],
    ['maxWait', { spot: true, maxWait: Duration.days(30) }, { StoppingCondition: { MaxWaitTimeInSeconds: 30 * DAY } }],
    [
      'checkpointPrefix',
      { spot: true, checkpointPrefix: 'a/b' },
      { CheckpointConfig: { S3Uri: 's3://${Tuner/Bucket}/a/b' } },
    ],
    [
      'checkpointBucket',
      (stack) => ({ spot: true, checkpointBucket: bucket(stack) }),
      { CheckpointConfig: { S3Uri: 's3://mine/checkpoints' } },
    ],
    ['retryAttempts', { retryAttempts: 30 }, { RetryStrategy: { MaximumRetryAttempts: 30 } }],
    ['inputMode', { inputMode: InputMode.PIPE }, { AlgorithmSpecification: { TrainingInputMode: 'Pipe' } }],
    [
      'channels',
      (stack) => ({ channels: { data: TrainingChannel.fromBucket(bucket(stack), 'digits') } }),
      { InputDataConfig: [{ ChannelName: 'data', DataSource: { S3DataSource: { S3Uri: 's3://mine/digits' } } }] },
    ],
    ['hyperparameters', { hyperparameters: { epochs: '3' } }, { StaticHyperParameters: { epochs: '3' } }],
    ['environment', { environment: { MODE: 'fast' } }, { Environment: { MODE: 'fast' } }],
    [
      'outputBucket',
      (stack) => ({ outputBucket: bucket(stack) }),
      { OutputDataConfig: { S3OutputPath: 's3://mine/output' } },
    ],
    ['outputPrefix', { outputPrefix: 'm' }, { OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/m' } }],
    [
      'outputKey',
      (stack) => ({ outputKey: new kms.Key(stack, 'Key') }),
      { OutputDataConfig: { KmsKeyId: '${Key.Arn}' } },
    ],
    [
      'encryptInterContainerTraffic',
      { encryptInterContainerTraffic: true },
      { EnableInterContainerTrafficEncryption: true },
    ],
    ['networkIsolation', { networkIsolation: true }, { EnableNetworkIsolation: true }],
    [
      'role',
      (stack) => ({ role: new iam.Role(stack, 'Mine', { assumedBy: new iam.AccountRootPrincipal() }) }),
      { RoleArn: '${Mine.Arn}' },
    ],
    [
      'vpc',
      (stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 }) }),
      {
        VpcConfig: {
          SecurityGroupIds: ['${Tuner/TrialRunner/SecurityGroup.GroupId}'],
          Subnets: ['${Vpc/PrivateSubnet1/Subnet}'],
        },
      },
    ],
    [
      'vpcSubnets and securityGroups',
      (stack) => {
        const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1 });
        return {
          vpc,
          vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
          securityGroups: [new ec2.SecurityGroup(stack, 'Group', { vpc })],
        };
      },
      { VpcConfig: { SecurityGroupIds: ['${Group.GroupId}'], Subnets: ['${Vpc/PublicSubnet1/Subnet}'] } },
    ],
    [
      'a program, by the training toolkit of the image',
      { program: script() },
      {
        StaticHyperParameters: {
          sagemaker_program: expect.stringMatching(/^"[0-9a-f]{64}\.py"$/),
          sagemaker_submit_directory: '"/opt/ml/input/data/cdk_hpo_entry"',
        },
        InputDataConfig: [{ ChannelName: expect.any(String) }, { ChannelName: 'cdk_hpo_entry' }],
        Environment: { CDK_HPO_PROGRAM: 'train.py' },
      },
    ],
  ])('%s', async (_, props, expected) => {
    expect(await jobDefinition(props)).toMatchObject(expected);
  });

  test('no switch that is off, no entry point and no tie to a trial', async () => {
    const definition = await jobDefinition({
      spot: false,
      networkIsolation: false,
      encryptInterContainerTraffic: false,
      checkpointPrefix: 'unused',
      program: script(),
    });
    expect(JSON.stringify(definition)).not.toMatch(/Enable|Checkpoint|ContainerEntrypoint|CDK_HPO_(TRIAL|TOKEN)/);
  });

  test('no choice of instances where there is one type', async () => {
    expect(await jobDefinition({ fallbackInstanceTypes: [] })).toHaveProperty('ResourceConfig');
    expect(await jobDefinition({ fallbackInstanceTypes: ['ml.c5.xlarge'] })).not.toHaveProperty('ResourceConfig');
  });

  test('parameters with one value among the static ones', async () => {
    const tuner = { searchSpace: { a: Parameter.constant(7), b: Parameter.integer({ min: 1, max: 3 }) } };
    expect(await jobDefinition({}, tuner)).toMatchObject({ StaticHyperParameters: { a: '7' } });
  });

  test('tags, and the tuning job the same', async () => {
    const { first } = await requestsOf({ tags: { team: 'vision' } });
    expect(first.Tags).toEqual([
      { Key: 'team', Value: 'vision' },
      { Key: 'cdk-hpo:study', Value: '{% $study %}' },
    ]);
  });

  test('all that they may have at once, within the limits of SageMaker', async () => {
    await requestsOf(
      (stack) => ({
        program: script(),
        environment: fromNames(names(40, 'E'), () => 'x'),
        tags: fromNames(names(40, 't'), () => 'x'),
        hyperparameters: fromNames(names(68, 'h'), () => 'x'),
        fallbackInstanceTypes: names(5, 'ml.c5.').map((name) => `${name}xlarge`),
        instanceCount: 20,
        maxRuntime: Duration.days(28),
        maxWait: Duration.days(30),
        spot: true,
        channels: fromNames(names(18, 'c'), (name) =>
          TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, name, 'data'), name),
        ),
      }),
      { searchSpace: fromNames(names(30), () => Parameter.categorical(names(30, 'v'))) },
    );
  });
});

describe('the search has', () => {
  test.each<[string, PropsIn<ManagedTuningProps>, object]>([
    ['strategy random', { strategy: TuningStrategy.random() }, { Strategy: 'Random' }],
    ['strategy bayesian', { strategy: TuningStrategy.bayesian() }, { Strategy: 'Bayesian' }],
    [
      'strategy hyperband',
      { strategy: TuningStrategy.hyperband(1, 20_000) },
      {
        Strategy: 'Hyperband',
        StrategyConfig: { HyperbandStrategyConfig: { MinResource: 1, MaxResource: 20_000 } },
        TrainingJobEarlyStoppingType: 'Off',
      },
    ],
    ['earlyStopping', { earlyStopping: true }, { TrainingJobEarlyStoppingType: 'Auto' }],
    [
      'maxJobsNotImproving',
      { maxJobsNotImproving: 3 },
      { TuningJobCompletionCriteria: { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 } } },
    ],
    [
      'endWhenConverged',
      { endWhenConverged: true },
      { TuningJobCompletionCriteria: { ConvergenceDetected: { CompleteOnConvergence: 'Enabled' } } },
    ],
    [
      'autoParameters',
      { autotune: true, autoParameters: { momentum: '0.9' } },
      { ParameterRanges: { AutoParameters: [{ Name: 'momentum', ValueHint: '0.9' }] } },
    ],
    [
      '100 autoParameters',
      { autotune: true, autoParameters: fromNames(names(99), () => 'h'.repeat(256)) },
      { ParameterRanges: { AutoParameters: expect.any(Array) } },
    ],
  ])('%s', async (_, props, expected) => {
    expect((await tuningOf(props)).config).toMatchObject(expected);
  });

  test('no criteria of completion, and no AutoParameters, that nobody asked for', async () => {
    const { config } = await tuningOf({ endWhenConverged: false, earlyStopping: false });
    expect(config).not.toHaveProperty('TuningJobCompletionCriteria');
    expect(config.ParameterRanges).not.toHaveProperty('AutoParameters');
  });

  test('Autotune where it is on', async () => {
    expect((await requestsOf({ autotune: true })).first.Autotune).toEqual({ Mode: 'Enabled' });
    expect((await requestsOf({ autotune: false })).first).not.toHaveProperty('Autotune');
  });

  test('strategy grid of categorical parameters', async () => {
    const tuner = { searchSpace: { a: Parameter.categorical([1, 2]), b: Parameter.ordinal([3, 4, 5]) }, maxTrials: 6 };
    expect((await tuningOf({ strategy: TuningStrategy.grid() }, tuner)).config).toMatchObject({
      Strategy: 'Grid',
      ParameterRanges: {
        CategoricalParameterRanges: [
          { Name: 'a', Values: ['1', '2'] },
          { Name: 'b', Values: ['3', '4', '5'] },
        ],
      },
    });
  });

  test('an objective to make small', async () => {
    const { config } = await tuningOf({}, { objective: Objective.minimize('loss') });
    expect(config.HyperParameterTuningJobObjective).toEqual({ Type: 'Minimize', MetricName: 'loss' });
  });

  test.each<[string, ManagedTuningProps['warmStart'], string]>([
    ['the same data', TuningWarmStart.identicalDataAndAlgorithm('a', 'b-2'), 'IdenticalDataAndAlgorithm'],
    ['other data', TuningWarmStart.transferLearning('a', 'b-2'), 'TransferLearning'],
  ])('a warm start from jobs with %s', async (_, warmStart, type) => {
    const { next } = await requestsOf({ warmStart });
    expect(next.WarmStartConfig).toMatchObject({ WarmStartType: type });
    expect((await tuningOf({ warmStart })).parents).toEqual(['a', 'b-2']);
  });

  test('ranges of all kinds and scales', async () => {
    const searchSpace = {
      a: Parameter.continuous({ min: 1e-5, max: 1, scaling: Scaling.LOGARITHMIC }),
      b: Parameter.continuous({ min: 0, max: 0.999, scaling: Scaling.REVERSE_LOGARITHMIC }),
      c: Parameter.continuous({ min: -1, max: 1e21 }),
      d: Parameter.integer({ min: -5, max: 5 }),
      e: Parameter.integer({ min: 1, max: 1024, scaling: Scaling.LOGARITHMIC }),
      f: Parameter.categorical(['adam', 'sgd', true, 3]),
      g: Parameter.ordinal([16, 32]),
      h: Parameter.constant('x'),
    };
    const { config } = await tuningOf({}, { searchSpace });
    const range = (Name: string, MinValue: string, MaxValue: string, ScalingType = 'Linear') => ({
      Name,
      MinValue,
      MaxValue,
      ScalingType,
    });
    expect(config.ParameterRanges).toEqual({
      ContinuousParameterRanges: [
        range('a', '0.00001', '1', 'Logarithmic'),
        range('b', '0', '0.999', 'ReverseLogarithmic'),
        range('c', '-1', '1e+21'),
      ],
      IntegerParameterRanges: [range('d', '-5', '5'), range('e', '1', '1024', 'Logarithmic')],
      CategoricalParameterRanges: [
        { Name: 'f', Values: ['adam', 'sgd', 'true', '3'] },
        { Name: 'g', Values: ['16', '32'] },
      ],
    });
  });

  test.each<[string, PropsIn<ManagedTuningProps>, object]>([
    [
      'prices of all types',
      { fallbackInstanceTypes: ['ml.c5.xlarge'] },
      { prices: [{ usdPerHour: 0.23 }, { usdPerHour: 0.204 }] },
    ],
    [
      'the price that is given, for all types',
      { fallbackInstanceTypes: ['ml.c5.xlarge'], pricePerInstanceHour: 2 },
      {
        prices: [
          { instanceType: 'ml.m5.xlarge', usdPerHour: 2 },
          { instanceType: 'ml.c5.xlarge', usdPerHour: 2 },
        ],
      },
    ],
    ['no price of what is unknown', { instanceType: 'ml.zz9.large' }, { prices: [] }],
    ['spot and its runtime', { spot: true, maxRuntime: Duration.hours(1) }, { spot: true, maxRuntimeSeconds: 3600 }],
    ['instances', { instanceCount: 3 }, { instanceCount: 3 }],
  ])('%s', (_, props, expected) => {
    expect(tunerDefinitionOf(templateWith(tuning(props))).compute).toMatchObject(expected);
  });
});

describe('refuses when it is made', () => {
  test.each<[string, Partial<ManagedTuningProps>, string | undefined]>([
    [
      'hyperband with early stopping',
      { strategy: TuningStrategy.hyperband(1, 9), earlyStopping: true },
      'earlyStopping must not be given together with TuningStrategy.hyperband, which stops jobs itself; remove it',
    ],
    ['not hyperband without', { strategy: TuningStrategy.hyperband(1, 9), earlyStopping: false }, undefined],
    [
      'two jobs that improve nothing',
      { maxJobsNotImproving: 2 },
      'maxJobsNotImproving must be an integer from 3 to 1000000, got 2',
    ],
    ['not three', { maxJobsNotImproving: 3 }, undefined],
    [
      '41 environment variables',
      { environment: fromNames(names(41, 'E'), () => 'x') },
      'number of environment variables must be an integer from 0 to 40, got 41',
    ],
    ['not 40', { environment: fromNames(names(40, 'E'), () => 'x') }, undefined],
    [
      'autoParameters without autotune',
      { autoParameters: { a: '1' } },
      'autoParameters must not be given without autotune; set autotune to true, or remove autoParameters',
    ],
    [
      '101 autoParameters',
      { autotune: true, autoParameters: fromNames(names(101), () => '1') },
      'number of autoParameters must be an integer from 0 to 100, got 101',
    ],
    ['not 100', { autotune: true, autoParameters: fromNames(names(100), () => '1') }, undefined],
    [
      'a hint of 257 characters',
      { autotune: true, autoParameters: { a: 'h'.repeat(257) } },
      'autoParameter a must have at most 256 characters, got 257',
    ],
    [
      'an autoParameter with a name of 257 characters',
      { autotune: true, autoParameters: { ['n'.repeat(257)]: '1' } },
      'name of autoParameters must have at most 256 characters, got 257',
    ],
    [
      'an autoParameter that is a hyperparameter, too',
      { autotune: true, autoParameters: { a: '1' }, hyperparameters: { a: '2' } },
      'autoParameters must not hold what hyperparameters sets, got "a" in both; remove it from one',
    ],
    [
      'a hint that would be evaluated',
      { autotune: true, autoParameters: { a: '{% 1 %}' } },
      'autoParameter a must not start with "{%", got "{% 1 %}"',
    ],
    [
      'a hyperparameter that would be evaluated',
      { hyperparameters: { a: '{% 1 %}' } },
      'hyperparameter a must not start with "{%", got "{% 1 %}"',
    ],
    [
      'six fallbacks',
      { fallbackInstanceTypes: names(6, 'ml.c5.x') },
      'number of fallbackInstanceTypes must be an integer from 0 to 5, got 6',
    ],
    ['31 retries', { retryAttempts: 31 }, 'retryAttempts must be an integer from 1 to 30, got 31'],
    [
      'a negative price',
      { pricePerInstanceHour: -1, fallbackInstanceTypes: ['ml.c5.xlarge'] },
      'pricePerInstanceHour must be a number of at least 0, got -1',
    ],
    ['not a price of nothing', { pricePerInstanceHour: 0 }, undefined],
    [
      'a wait without spot',
      { maxWait: Duration.days(2) },
      'maxWait must not be given without spot; set spot to true, or remove maxWait',
    ],
    ['what SageMaker refuses', { instanceType: 'm5.large' }, 'instanceType must be a SageMaker instance type'],
  ])('%s', (_, props, message) => {
    const make = () => tuning(props)(newStack());
    if (message === undefined) expect(make).not.toThrow();
    else expect(make).toThrow(message);
  });

  test.each<[string, () => unknown, string | undefined]>([
    [
      'hyperband from nothing',
      () => TuningStrategy.hyperband(0, 9),
      'minResource of TuningStrategy.hyperband must be an integer from 1 to 20000, got 0',
    ],
    [
      'hyperband up to less than it begins with',
      () => TuningStrategy.hyperband(5, 4),
      'maxResource of TuningStrategy.hyperband must be an integer from 5 to 20000, got 4',
    ],
    [
      'hyperband of more than 20,000 epochs',
      () => TuningStrategy.hyperband(1, 20_001),
      'maxResource of TuningStrategy.hyperband must be an integer from 1 to 20000, got 20001',
    ],
    ['not hyperband of one epoch', () => TuningStrategy.hyperband(1, 1), undefined],
    [
      'a warm start from nothing',
      () => TuningWarmStart.transferLearning(),
      'number of tuning jobs of TuningWarmStart must be an integer from 1 to 5, got 0',
    ],
    [
      'a warm start from six jobs',
      () => TuningWarmStart.identicalDataAndAlgorithm(...names(6)),
      'number of tuning jobs of TuningWarmStart must be an integer from 1 to 5, got 6',
    ],
    ['not from five', () => TuningWarmStart.identicalDataAndAlgorithm(...names(5)), undefined],
    [
      'a warm start from a job twice',
      () => TuningWarmStart.identicalDataAndAlgorithm('a', 'b', 'a'),
      'tuningJobNames must differ, got "a" twice',
    ],
    [
      'a warm start from a name of 33 characters',
      () => TuningWarmStart.identicalDataAndAlgorithm('a'.repeat(33)),
      'tuningJobNames must be names of tuning jobs: 1 to 32 letters, digits and -',
    ],
    ['not of 32', () => TuningWarmStart.identicalDataAndAlgorithm('a'.repeat(32)), undefined],
    [
      'a warm start from an ARN',
      () => TuningWarmStart.identicalDataAndAlgorithm('arn:aws:x'),
      'tuningJobNames must be names of tuning jobs: 1 to 32 letters, digits and -, got "arn:aws:x"',
    ],
  ])('%s', (_, make, message) => {
    if (message === undefined) expect(make).not.toThrow();
    else expect(make).toThrow(message);
  });
});

describe('refuses of a tuner', () => {
  const number = Parameter.continuous({ min: 0, max: 1 });
  const space = (searchSpace: TunerProps['searchSpace']) => ({ searchSpace });
  const WITH = 'with TrialRunner.managedTuning';

  test.each<[string, Partial<TunerProps>, string | undefined]>([
    [
      '31 parameters',
      space(fromNames(names(31), () => number)),
      `searchSpace must have at most 30 parameters ${WITH}, got 31; use another trial runner`,
    ],
    [
      'not 30 of them and a constant',
      space({ ...fromNames(names(30), () => number), c: Parameter.constant(1) }),
      undefined,
    ],
    [
      '31 categories',
      space({ a: Parameter.categorical(names(31)) }),
      `parameter a must have at most 30 values ${WITH}, got 31; leave some out`,
    ],
    [
      '31 ordered values',
      space({ a: Parameter.ordinal(Array.from({ length: 31 }, (_, i) => i)) }),
      `parameter a must have at most 30 values ${WITH}, got 31; leave some out`,
    ],
    ['not 30', space({ a: Parameter.categorical(names(30)) }), undefined],
    [
      'a category of 257 characters',
      space({ a: Parameter.categorical(['x'.repeat(257), 'y']) }),
      `parameter a must have names and values of at most 256 characters ${WITH}, got 257; shorten it`,
    ],
    ['not of 256', space({ a: Parameter.categorical(['x'.repeat(256), 'y']) }), undefined],
    [
      'conditional parameters',
      space({
        kind: Parameter.categorical(['a', 'b']),
        x: Parameter.continuous({ min: 0, max: 1, activeWhen: ActiveWhen.is('kind', 'a') }),
      }),
      `parameter x must have no condition ${WITH}, got activeWhen kind; remove it, or use another trial runner`,
    ],
    [
      'integers with reverse logarithm',
      space({ a: Parameter.integer({ min: 0, max: 9, scaling: Scaling.REVERSE_LOGARITHMIC }) }),
      'searchSpace: scaling of parameter "a" must be linear or logarithmic for an integer, got reverseLogarithmic',
    ],
  ])('%s', async (_, tuner, message) => {
    if (message === undefined) await expect(requestsOf({}, tuner)).resolves.toBeDefined();
    else await expect(requestsOf({}, tuner)).rejects.toThrow(message);
  });

  test('ranges that are known at deployment only', () => {
    const stack = newStack();
    const max = new CfnParameter(stack, 'Max', { type: 'Number' }).valueAsNumber;
    const searchSpace = { a: Parameter.continuous({ min: 0, max }) };
    expect(() => newTuner(stack, { trialRunner: tuning()(stack), searchSpace })).toThrow(
      `parameter a must have values that are known at synthesis ${WITH}, got a token; give numbers, or use another trial runner`,
    );
  });

  test('not categories that are known at deployment only', () => {
    const stack = newStack();
    const value = new CfnParameter(stack, 'Value').valueAsString;
    const searchSpace = { a: Parameter.categorical([value, 'b']) };
    newTuner(stack, { trialRunner: tuning()(stack), searchSpace });
    const { compute } = tunerDefinitionOf(new ReadableTemplate(stack, { Value: 'a' }));
    expect(compute.tuning!.config.ParameterRanges).toEqual({
      CategoricalParameterRanges: [{ Name: 'a', Values: ['a', 'b'] }],
    });
  });

  test('ranges with strategy grid', () => {
    const make = (searchSpace: TunerProps['searchSpace']) =>
      templateWith(tuning({ strategy: TuningStrategy.grid() }), { searchSpace, maxTrials: 2 });
    const message = (name: string) =>
      `searchSpace must have categorical parameters only with TuningStrategy.grid, got the range ${name}; give its values, or use another strategy`;
    expect(() => make({ a: Parameter.categorical([1, 2]), b: number })).toThrow(message('b'));
    expect(() => make({ c: Parameter.integer({ min: 1, max: 2 }) })).toThrow(message('c'));
    expect(() => make({ a: Parameter.categorical([1, 2]), c: Parameter.constant(1) })).not.toThrow();
  });

  const NOT_GIVEN = (name: string, why: string) =>
    `${name} must not be given ${WITH}, since ${why}; remove it, or use another trial runner`;

  test.each<[keyof TunerProps, () => unknown, string]>([
    ['parameterConstraints', () => ['learning_rate < 0.05'], 'it knows no constraints'],
    ['additionalObjectives', () => [Objective.minimize('latency')], 'it has one objective'],
    ['scheduler', () => Scheduler.none(), 'it has rules of its own: give earlyStopping, or TuningStrategy.hyperband'],
    ['searchAlgorithm', () => SearchAlgorithm.auto(), 'it has searches of its own: give strategy'],
    ['outcomeConstraints', () => [OutcomeConstraint.atMost('latency', 1)], 'it knows no constraints'],
    ['initialConfigurations', () => [{ learning_rate: 0.01 }], 'it takes none'],
    [
      'knownResults',
      () => [{ configuration: { learning_rate: 0.01 }, metrics: { accuracy: 0.5 } }],
      'it takes none: give warmStart',
    ],
    ['maxTrialsWithoutImprovement', () => 5, 'give maxJobsNotImproving to the trial runner'],
    ['maxAttempts', () => 2, 'give retryAttempts to the trial runner'],
    ['toleratedFailureCount', () => 0, 'it has no such limit'],
    ['toleratedFailurePercentage', () => 50, 'it has no such limit'],
  ])('%s, by its name', (name, value, why) => {
    expect(() => templateWith(tuning(), { [name]: value() })).toThrow(NOT_GIVEN(name, why));
  });

  test('nothing of lists that are empty', () => {
    const empty = [
      'parameterConstraints',
      'additionalObjectives',
      'outcomeConstraints',
      'initialConfigurations',
      'knownResults',
    ];
    expect(() =>
      templateWith(
        tuning(),
        fromNames(empty, () => []),
      ),
    ).not.toThrow();
  });

  test('not what it can do: times, money, numbers', async () => {
    await requestsOf({}, { maxTrials: 7, maxParallelTrials: 3, maxDuration: Duration.hours(1), maxSpendUsd: 10 });
  });

  test('hyperparameters and autoParameters that are searched, too', () => {
    for (const props of [
      { hyperparameters: { learning_rate: '1' } },
      { autotune: true, autoParameters: { learning_rate: '1' } },
    ]) {
      expect(() => templateWith(tuning(props))).toThrow(
        'hyperparameters must not hold what the search space or the scheduler sets, got "learning_rate" in both; remove it from one',
      );
    }
  });

  test('programs that are no Python', () => {
    expect(() => templateWith(tuning({ program: script('train.mjs') }))).toThrow(
      'program must be a Python script with TrialRunner.managedTuning: the training toolkit of an image starts no other',
    );
  });

  test('a wait on spot for images that keep no checkpoints', () => {
    const image = TrainingImage.fromBuiltInAlgorithm('kmeans');
    expect(() => templateWith(tuning({ image, spot: true }))).toThrow(
      "maxWait must be at most 3600 seconds for an image that keeps no checkpoints, got 86400; lower maxWait and maxRuntime, or don't use spot",
    );
    const template = templateWith(tuning({ image, spot: true, maxRuntime: Duration.minutes(10) }));
    expect(runState(template, 'Tune').Arguments).toMatchObject({
      TrainingJobDefinition: { StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 3600 } },
    });
  });
});

test('built-in algorithms define their metrics themselves', () => {
  const image = TrainingImage.fromBuiltInAlgorithm('xgboost');
  const { TrainingJobDefinition } = runState(templateWith(tuning({ image })), 'Tune').Arguments!;
  expect(TrainingJobDefinition).not.toHaveProperty(['AlgorithmSpecification', 'MetricDefinitions']);
});

test('says what a program asks of its image', () => {
  const infos = (props: Partial<ManagedTuningProps>) =>
    Annotations.fromStack(stackWith(tuning(props))).findInfo('*', Match.stringLikeRegexp('training toolkit'));
  expect(infos({ program: script() })).toHaveLength(1);
  expect(infos({})).toHaveLength(0);
});

test('what the image runs by itself needs no toolkit', async () => {
  expect(await jobDefinition({ program: TrainingProgram.fromImage() })).toMatchObject({ StaticHyperParameters: {} });
});

test('numbers that are known at deployment only', () => {
  const stack = newStack();
  const instanceCount = new CfnParameter(stack, 'Hosts', { type: 'Number' }).valueAsNumber;
  newTuner(stack, { trialRunner: tuning({ instanceCount })(stack) });
  const template = new ReadableTemplate(stack, { Hosts: 3 });
  expect(runState(template, 'Tune').Arguments).toMatchObject({
    TrainingJobDefinition: { ResourceConfig: { InstanceCount: 3 } },
  });
});
