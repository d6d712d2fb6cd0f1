import { CfnParameter, Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  InputMode,
  Objective,
  Parameter,
  QuotaCheck,
  TrainingChannel,
  TrainingClusterProps,
  TrainingImage,
  TrainingProgram,
  TrialRunner,
  TunerProps,
} from '../../../lib';
import { ClusterDefinition, ComputeDefinition } from '../../../lib/contract/tuner-definition';
import {
  cluster,
  clusterJob,
  clusterRequest,
  PropsIn,
  roundVariables,
  runState,
  script,
  sent,
  templateWith,
} from '../../support/lib-runners';
import { newStack, newTuner, ReadableTemplate, tunerDefinition, tunerDefinitionOf } from '../../support/lib-stack';

type Props = Partial<TrainingClusterProps>;
const DAY = 86_400;

function computeOf(props: PropsIn<TrainingClusterProps> = {}, tuner: Partial<TunerProps> = {}): ComputeDefinition {
  return tunerDefinitionOf(templateWith(cluster(props), tuner)).compute;
}

function clusterOf(props: PropsIn<TrainingClusterProps> = {}): ClusterDefinition {
  return computeOf(props).cluster!;
}

describe('by default', () => {
  test('the request has a worker, and nothing of a trial', async () => {
    expect(await clusterRequest()).toEqual({
      TrainingJobName: expect.stringContaining('$job.name'),
      RoleArn: '${Tuner/TrialRunner/TrainingRole.Arn}',
      AlgorithmSpecification: {
        TrainingImage: 'registry/image:1',
        TrainingInputMode: 'File',
        ContainerEntrypoint: ['python3', '-c', expect.stringContaining('cdk_hpo_worker'), 'worker'],
      },
      InputDataConfig: [
        {
          ChannelName: 'cdk_hpo_worker',
          InputMode: 'File',
          DataSource: {
            S3DataSource: {
              S3DataType: 'S3Prefix',
              S3Uri: expect.stringMatching(/^s3:\/\/cdk-.*\.zip$/),
              S3DataDistributionType: 'FullyReplicated',
            },
          },
        },
      ],
      OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/output' },
      ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: '{% $job.instanceCount %}', VolumeSizeInGB: 30 },
      StoppingCondition: { MaxRuntimeInSeconds: '{% $job.maxRuntimeSeconds %}' },
      Tags: [{ Key: 'cdk-hpo:study', Value: '{% $study %}' }],
      Environment: {
        CDK_HPO_REPORT_FUNCTION: '${Tuner/Report}',
        CDK_HPO_OBJECTIVE: 'accuracy',
        CDK_HPO_WORKER_FUNCTION: '${Tuner/Worker}',
        CDK_HPO_WORKER_STUDY: '{% $study %}',
        CDK_HPO_WORKER_SLOTS: '{% $string($job.trialsPerInstance) %}',
        CDK_HPO_WORKER_SLOTS_OF_ALL_HOSTS: '{% $string($job.slots) %}',
        CDK_HPO_WORKER_MAX_SECONDS: '{% $string($job.maxRuntimeSeconds) %}',
      },
    });
  });

  test('the steps are told what the workers run', () => {
    expect(computeOf()).toEqual({
      jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-f]{8}$/),
      instanceTypes: ['ml.m5.xlarge'],
      instanceCount: 1,
      prices: [{ instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 }],
      spot: false,
      maxRuntimeSeconds: DAY,
      quotaCheck: 'fail',
      checkpointRoot: 's3://${Tuner/Bucket}/checkpoints',
      cluster: {
        instanceCount: 1,
        trialsPerInstance: 1,
        maxRuntimeSeconds: DAY,
        heartbeatSeconds: 20,
        outputRoot: 's3://${Tuner/Bucket}/output',
        program: {
          command: ['python3', 'train.py', '/opt/ml/model'],
          channels: {},
          environment: { CDK_HPO_REPORT_FUNCTION: '${Tuner/Report}', CDK_HPO_OBJECTIVE: 'accuracy' },
          hyperparameters: {},
        },
      },
    });
  });

  test('a job has the size, the time and the name that Plan round gives it', async () => {
    const template = templateWith(cluster({ instanceCount: 3, spot: true }));
    const request = runState(template, 'Run cluster').Arguments;
    const job = {
      name: 'hpo-x-r1',
      redrives: 0,
      instanceCount: 2,
      trialsPerInstance: 3,
      slots: 5,
      maxRuntimeSeconds: 600,
      maxWaitSeconds: 700,
    };
    expect(await sent(template, request, roundVariables(job, { retries: 3, redrives: 0 }))).toMatchObject({
      TrainingJobName: 'hpo-x-r1-3-0',
      ResourceConfig: { InstanceCount: 2 },
      StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 700 },
      Environment: {
        CDK_HPO_WORKER_MAX_SECONDS: '600',
        CDK_HPO_WORKER_SLOTS: '3',
        CDK_HPO_WORKER_SLOTS_OF_ALL_HOSTS: '5',
      },
    });
  });

  test('the job is tried again only where none was created', () => {
    expect(runState(templateWith(cluster()), 'Run cluster').Retry).toEqual([
      expect.objectContaining({ ErrorEquals: ['SageMaker.ThrottlingException', 'ThrottlingException'] }),
    ]);
  });

  test('there is a function that workers call, and no steps of slots', () => {
    const functions = Object.keys(templateWith(cluster()).ofType('AWS::Lambda::Function'));
    expect(functions).toContain('Tuner/Worker');
    expect(functions).not.toContain('Tuner/NextTrial');
    expect(functions).not.toContain('Tuner/RecordTrial');
    const stack = newStack();
    expect(newTuner(stack).workerFunction).toBeUndefined();
    expect(newTuner(stack, { trialRunner: cluster()(stack) }, 'Other').workerFunction).toBeDefined();
  });
});

describe('the request has', () => {
  const bucket = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Mine', 'mine');

  test.each<[string, PropsIn<TrainingClusterProps>, object]>([
    ['instanceType', { instanceType: 'ml.g5.xlarge' }, { ResourceConfig: { InstanceType: 'ml.g5.xlarge' } }],
    ['volumeSize', { volumeSize: Size.gibibytes(100) }, { ResourceConfig: { VolumeSizeInGB: 100 } }],
    [
      'volumeKey',
      (stack) => ({ volumeKey: new kms.Key(stack, 'Key') }),
      { ResourceConfig: { VolumeKmsKeyId: '${Key.Arn}' } },
    ],
    [
      'spot',
      { spot: true },
      {
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxWaitTimeInSeconds: '{% $job.maxWaitSeconds %}' },
      },
    ],
    ['retryAttempts', { retryAttempts: 30 }, { RetryStrategy: { MaximumRetryAttempts: 30 } }],
    [
      'inputMode',
      { inputMode: InputMode.FAST_FILE },
      { AlgorithmSpecification: { TrainingInputMode: 'FastFile' }, InputDataConfig: [{ InputMode: 'File' }] },
    ],
    [
      'channels',
      (stack) => ({ channels: { data: TrainingChannel.fromBucket(bucket(stack), 'digits') } }),
      {
        InputDataConfig: [
          { ChannelName: 'data', DataSource: { S3DataSource: { S3Uri: 's3://mine/digits' } } },
          { ChannelName: 'cdk_hpo_worker' },
        ],
      },
    ],
    ['environment', { environment: { MODE: 'fast' } }, { Environment: { MODE: 'fast' } }],
    [
      'checkpointInterval',
      { checkpointInterval: Duration.minutes(2) },
      { Environment: { CDK_HPO_WORKER_CHECKPOINT_SECONDS: '120' } },
    ],
    [
      'tags',
      { tags: { team: 'vision' } },
      {
        Tags: [
          { Key: 'team', Value: 'vision' },
          { Key: 'cdk-hpo:study', Value: '{% $study %}' },
        ],
      },
    ],
    [
      'outputBucket',
      (stack) => ({ outputBucket: bucket(stack) }),
      { OutputDataConfig: { S3OutputPath: 's3://mine/output' } },
    ],
    [
      'outputPrefix',
      { outputPrefix: 'team/models' },
      { OutputDataConfig: { S3OutputPath: 's3://${Tuner/Bucket}/team/models' } },
    ],
    [
      'encryptInterContainerTraffic',
      { encryptInterContainerTraffic: true },
      { EnableInterContainerTrafficEncryption: true },
    ],
    [
      'requestFields',
      { requestFields: { ProfilerConfig: { DisableProfiler: true } } },
      { ProfilerConfig: { DisableProfiler: true } },
    ],
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
  ])('%s', async (_, props, expected) => {
    expect(await clusterRequest(props)).toMatchObject(expected);
  });

  test('no switch that is off', async () => {
    const request = await clusterRequest({ spot: false, encryptInterContainerTraffic: false });
    expect(Object.keys(request).filter((field) => field.startsWith('Enable'))).toEqual([]);
  });

  test('all that it may have at once, within the limits of SageMaker', async () => {
    const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`E${i}`, 'x']));
    await clusterRequest((stack) => ({
      program: script(),
      environment: entries(90),
      tags: entries(40),
      instanceCount: 20,
      trialsPerInstance: 1000,
      hyperparameters: entries(99),
      maxRuntime: Duration.days(28),
      maxWait: Duration.days(30),
      spot: true,
      channels: Object.fromEntries(
        Array.from({ length: 17 }, (_, i) => [
          `c${i}`,
          TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, `Data${i}`, 'data'), `p${i}`),
        ]),
      ),
    }));
  });
});

describe('the steps are told', () => {
  test.each<[string, PropsIn<TrainingClusterProps>, object]>([
    ['instanceCount', { instanceCount: 20 }, { instanceCount: 20 }],
    ['trialsPerInstance', { trialsPerInstance: 8 }, { trialsPerInstance: 8 }],
    ['maxRuntime', { maxRuntime: Duration.hours(2) }, { maxRuntimeSeconds: 7200 }],
    ['heartbeat', { heartbeat: Duration.minutes(10) }, { heartbeatSeconds: 600 }],
    ['spot', { spot: true }, { maxWaitSeconds: 2 * DAY }],
    ['spot for long', { spot: true, maxRuntime: Duration.days(28) }, { maxWaitSeconds: 29 * DAY }],
    ['maxWait', { spot: true, maxWait: Duration.days(3) }, { maxWaitSeconds: 3 * DAY }],
    ['outputPrefix', { outputPrefix: 'a/b' }, { outputRoot: 's3://${Tuner/Bucket}/a/b' }],
    ['command', { command: ['./train'] }, { program: { command: ['./train'] } }],
    ['environment', { environment: { MODE: 'fast' } }, { program: { environment: { MODE: 'fast' } } }],
    ['hyperparameters', { hyperparameters: { epochs: '3' } }, { program: { hyperparameters: { epochs: '3' } } }],
    [
      'program',
      { program: script() },
      {
        program: {
          command: ['python3', '-c', expect.stringContaining('runpy')],
          channels: { cdk_hpo_program: expect.stringMatching(/^s3:/), cdk_hpo_entry: expect.stringMatching(/^s3:/) },
          environment: { CDK_HPO_PROGRAM: 'train.py' },
        },
      },
    ],
    [
      'channels',
      (stack) => ({
        channels: { data: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Mine', 'mine'), 'digits') },
      }),
      { program: { channels: { data: 's3://mine/digits' } } },
    ],
  ])('%s', (_, props, expected) => {
    expect(clusterOf(props)).toMatchObject(expected);
  });

  test('nothing of waiting without spot', () => {
    expect(clusterOf()).not.toHaveProperty('maxWaitSeconds');
  });

  test.each<[string, PropsIn<TrainingClusterProps>, object]>([
    ['maxTrialRuntime', { maxTrialRuntime: Duration.minutes(5) }, { maxRuntimeSeconds: 300 }],
    ['of a trial as long as the cluster', { maxRuntime: Duration.hours(1) }, { maxRuntimeSeconds: 3600 }],
    ['the price that is given', { pricePerInstanceHour: 2 }, { prices: [{ usdPerHour: 2 }] }],
    ['no price of what is unknown', { instanceType: 'ml.zz9.large' }, { prices: [] }],
    ['quotaCheck', { quotaCheck: QuotaCheck.OFF }, { quotaCheck: 'off' }],
    ['spot', { spot: true }, { spot: true }],
    [
      'checkpointBucket',
      (stack) => ({ checkpointBucket: s3.Bucket.fromBucketName(stack, 'Mine', 'mine') }),
      { checkpointRoot: 's3://mine/checkpoints' },
    ],
    ['checkpointPrefix', { checkpointPrefix: 'c' }, { checkpointRoot: 's3://${Tuner/Bucket}/c' }],
  ])('%s', (_, props, expected) => {
    expect(computeOf(props)).toMatchObject(expected);
  });

  test.each<[string, Props, number]>([
    ['one trial', {}, 1],
    ['as many trials as the cluster has places', { instanceCount: 4, trialsPerInstance: 8 }, 32],
    ['no more trials than a study has', { instanceCount: 20, trialsPerInstance: 1000 }, 1000],
  ])('%s at the same time', (_, props, expected) => {
    const stack = newStack();
    expect(tunerDefinition({ trialRunner: cluster(props)(stack) }).maxParallelTrials).toBe(expected);
  });

  test('of the tuner how many trials at the same time, if it says so', () => {
    const trialRunner = cluster({ instanceCount: 4 })(newStack());
    expect(tunerDefinition({ trialRunner, maxParallelTrials: 2 }).maxParallelTrials).toBe(2);
  });

  test('numbers that are known at deployment only', async () => {
    const stack = newStack();
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    newTuner(stack, {
      trialRunner: TrialRunner.trainingCluster({
        image: TrainingImage.fromUri('registry/image:1'),
        command: ['./train'],
        instanceCount: number('Hosts'),
        trialsPerInstance: number('Trials'),
      }),
    });
    const template = new ReadableTemplate(stack, { Hosts: 3, Trials: 4 });
    const definition = tunerDefinitionOf(template);
    expect(definition.compute.cluster).toMatchObject({ instanceCount: 3, trialsPerInstance: 4 });
    expect(definition.maxParallelTrials).toBe(4);
    const request = runState(template, 'Run cluster').Arguments;
    expect(await sent(template, request, roundVariables(clusterJob(definition)))).toMatchObject({
      Environment: { CDK_HPO_WORKER_SLOTS: '4' },
    });
  });
});

describe('refuses', () => {
  const of = (props: Props) => TrialRunner.trainingCluster({ image: undefined as never, command: ['./a'], ...props });
  const EXCLUSIVE =
    'program or command must be given, and not both: a trial of a cluster is a process, which the image itself has no command for';
  const count = (n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`c${i}`, TrainingChannel.fromFile('never-read')]));

  test.each<[string, Props, string | undefined]>([
    ['no instance', { instanceCount: 0 }, 'instanceCount must be an integer from 1 to 20, got 0'],
    ['21 instances', { instanceCount: 21 }, 'instanceCount must be an integer from 1 to 20, got 21'],
    ['not 20 instances', { instanceCount: 20 }, undefined],
    ['no trial', { trialsPerInstance: 0 }, 'trialsPerInstance must be an integer from 1 to 1000, got 0'],
    ['1001 trials', { trialsPerInstance: 1001 }, 'trialsPerInstance must be an integer from 1 to 1000, got 1001'],
    ['half a trial', { trialsPerInstance: 0.5 }, 'trialsPerInstance must be an integer from 1 to 1000, got 0.5'],
    ['not 1000 trials', { trialsPerInstance: 1000 }, undefined],
    [
      'a trial of no time',
      { maxTrialRuntime: Duration.seconds(0) },
      'maxTrialRuntime in seconds must be an integer from 1 to 2419200, got 0',
    ],
    [
      'a trial of 29 days',
      { maxTrialRuntime: Duration.days(29) },
      'maxTrialRuntime in seconds must be an integer from 1 to 2419200, got 2505600',
    ],
    ['not a trial of 28 days', { maxTrialRuntime: Duration.days(28) }, undefined],
    [
      'a heartbeat of half a second',
      { heartbeat: Duration.millis(500) },
      'heartbeat in seconds must be an integer from 1 to 600, got 0.5',
    ],
    [
      'a heartbeat of more than ten minutes',
      { heartbeat: Duration.seconds(601) },
      'heartbeat in seconds must be an integer from 1 to 600, got 601',
    ],
    ['not a heartbeat of a second', { heartbeat: Duration.seconds(1) }, undefined],
    [
      'checkpoints twice a second',
      { checkpointInterval: Duration.millis(500) },
      'checkpointInterval in seconds must be an integer from 1 to 3600, got 0.5',
    ],
    ['not checkpoints each hour', { checkpointInterval: Duration.hours(1) }, undefined],
    ['no program and no command', { command: undefined }, EXCLUSIVE],
    ['a program and a command', { program: TrainingProgram.fromImage() }, EXCLUSIVE],
    [
      'a word of its command that would be evaluated',
      { command: ['a', '{% $x %}'] },
      'word of command must not start with "{%", got "{% $x %}"',
    ],
    [
      'a hyperparameter that would be evaluated',
      { hyperparameters: { a: ' {% $x %}' } },
      'hyperparameter a must not start with "{%", got " {% $x %}"',
    ],
    ['not one with braces', { hyperparameters: { a: '{"x": 1}' } }, undefined],
    ['18 channels', { channels: count(18) }, 'number of channels must be an integer from 0 to 17, got 18'],
    ['not 17 channels', { channels: count(17) }, undefined],
    ['what SageMaker refuses', { instanceType: 'm5.large' }, 'instanceType must be a SageMaker instance type'],
    [
      'a wait without spot',
      { maxWait: Duration.days(2) },
      'maxWait must not be given without spot; set spot to true, or remove maxWait',
    ],
    [
      'request fields of its own properties',
      { requestFields: { EnableNetworkIsolation: true } },
      'requestFields must not hold what other properties set, got "EnableNetworkIsolation"; use the property',
    ],
    [
      'subnets without VPC',
      { vpcSubnets: {} },
      'vpcSubnets must not be given without vpc; give the VPC that they belong to',
    ],
  ])('%s', (_, props, message) => {
    if (message === undefined) expect(() => of(props)).not.toThrow();
    else expect(() => of(props)).toThrow(message);
  });

  test('a program without a command', () => {
    expect(() => templateWith(cluster({ program: TrainingProgram.fromImage() }))).toThrow(
      'program must bring its command, as TrainingProgram.fromScript does: a trial of a cluster is a process; or give command',
    );
  });

  test('a hyperparameter that is searched, too', () => {
    expect(() => templateWith(cluster({ hyperparameters: { Learning_Rate: '1' } }))).toThrow(
      'hyperparameters must not hold what the search space or the scheduler sets, got "Learning_Rate" in both; remove it from one',
    );
  });

  test('a spending limit for what has no price', () => {
    expect(() => templateWith(cluster({ instanceType: 'ml.zz9.large' }), { maxSpendUsd: 5 })).toThrow(
      "maxSpendUsd must not be given where the price of ml.zz9.large isn't known",
    );
  });

  test('not what is known at deployment only', () => {
    expect(() => of({ instanceCount: Lazy.number({ produce: () => 99 }) })).not.toThrow();
  });
});

test('a JavaScript program runs in a worker as well', () => {
  expect(clusterOf({ program: script('train.mjs') }).program.command[0]).toBe('node');
});

test('several objectives and conditional parameters are no matter of the cluster', async () => {
  await clusterRequest(
    {},
    {
      additionalObjectives: [Objective.minimize('latency')],
      searchSpace: { a: Parameter.continuous({ min: 0, max: 1 }), b: Parameter.categorical(['x', 'y']) },
    },
  );
});
