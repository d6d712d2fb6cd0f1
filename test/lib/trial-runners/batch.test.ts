import { spawnSync } from 'node:child_process';
import { CfnParameter, Duration, Lazy, Size, Stack } from 'aws-cdk-lib';
import * as awsBatch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchTrainingProps, Scheduler, TrainingImage, TrainingProgram, TrialRunner, TunerProps } from '../../../lib';
import { validateSubmitJob } from '../../../local/batch/submit-job-request';
import { toCamelCase } from '../../../local/batch/pascal-case';
import { evaluate } from '../../support/lib-jsonata';
import { batch, PropsIn, runState, script, sent, stackWith, templateWith, warningsOf } from '../../support/lib-runners';
import { allRevisionsOf } from '../../../lib/private/batch-job-definition';
import { newStack, newTuner, ReadableTemplate, tunerDefinitionOf } from '../../support/lib-stack';

const QUEUE = 'arn:aws:batch:eu-west-1:111111111111:job-queue/mine';
const DEFINITION = 'arn:aws:batch:eu-west-1:111111111111:job-definition/mine:3';

const NEXT = {
  action: 'train',
  trial: 7,
  attempt: 2,
  turn: 3,
  redrives: 0,
  jobName: `hpo-${'x'.repeat(54)}`,
  token: 't'.repeat(43),
  checkpointUri: 's3://b/checkpoints/7/',
  outputUri: 's3://b/output/7/',
  hyperparameters: { learning_rate: '0.01' },
  maxRuntimeSeconds: 10,
  maxResource: 9,
};
const VARIABLES = {
  study: 's'.repeat(80),
  next: NEXT,
  retries: 0,
  states: { context: { State: { RetryCount: 0 }, Execution: { RedriveCount: 0 } } },
};

/** The request of SubmitJob with its expressions; as evaluated, AWS Batch must take it. */
async function requestOf(
  props: PropsIn<BatchTrainingProps> = {},
  tuner: Partial<TunerProps> = {},
): Promise<Record<string, unknown>> {
  const template = templateWith(batch(props), tuner);
  const request = runState(template, 'Train').Arguments!;
  const evaluated = toCamelCase(await sent(template, request, VARIABLES)) as Record<string, unknown>;
  expect(() => validateSubmitJob(evaluated)).not.toThrow();
  return request;
}

interface JobDefinition {
  readonly ContainerProperties: {
    readonly Environment: { Name: string; Value: string }[];
    readonly [name: string]: unknown;
  };
  readonly [name: string]: unknown;
}

function jobDefinitionOf(props: PropsIn<BatchTrainingProps> = {}): JobDefinition {
  return templateWith(batch(props)).properties('Tuner/TrialRunner/JobDefinition') as JobDefinition;
}

function environmentOf(props: PropsIn<BatchTrainingProps> = {}): Record<string, string> {
  const { Environment } = jobDefinitionOf(props).ContainerProperties;
  return Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]));
}

function resourcesOf(props: PropsIn<BatchTrainingProps> = {}): Record<string, unknown> {
  return templateWith(batch(props)).properties('Tuner/TrialRunner/ComputeEnvironment').ComputeResources as Record<
    string,
    unknown
  >;
}

const bucket = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Mine', 'mine');

describe('by default', () => {
  test('the request has what an attempt has of its own', async () => {
    expect(await requestOf()).toEqual({
      JobName: expect.stringContaining('$next.jobName'),
      JobQueue: '${Tuner/TrialRunner/JobQueue.JobQueueArn}',
      JobDefinition: '${Tuner/TrialRunner/JobDefinition}',
      ContainerOverrides: {
        Environment: [
          { Name: 'CDK_HPO_STUDY', Value: '{% $study %}' },
          { Name: 'CDK_HPO_TRIAL', Value: '{% $string($next.trial) %}' },
          { Name: 'CDK_HPO_ATTEMPT', Value: '{% $string($next.attempt) %}' },
          { Name: 'CDK_HPO_TOKEN', Value: '{% $next.token %}' },
          { Name: 'CDK_HPO_ATTEMPT_JSON', Value: expect.stringContaining('$sift') },
        ],
      },
      Timeout: { AttemptDurationSeconds: '{% $max([$next.maxRuntimeSeconds, 60]) %}' },
      Tags: { 'cdk-hpo:study': '{% $study %}', 'cdk-hpo:trial': '{% $string($next.trial) %}' },
      PropagateTags: true,
    });
  });

  test('as evaluated: all of the attempt but its token, and no less than a minute', async () => {
    const template = templateWith(batch());
    const request = await sent(template, runState(template, 'Train').Arguments, VARIABLES);
    const { Environment } = request.ContainerOverrides as { Environment: { Name: string; Value: string }[] };
    const { Value } = Environment.find(({ Name }) => Name === 'CDK_HPO_ATTEMPT_JSON')!;
    const { token: _token, ...rest } = NEXT;
    expect(JSON.parse(Value)).toEqual(rest);
    expect(request).toMatchObject({
      JobName: `${NEXT.jobName}-0-0`,
      Timeout: { AttemptDurationSeconds: 60 },
      Tags: { 'cdk-hpo:trial': '7' },
    });
    const long = { ...VARIABLES, next: { ...NEXT, maxRuntimeSeconds: 3600 } };
    expect(await sent(template, runState(template, 'Train').Arguments, long)).toMatchObject({
      Timeout: { AttemptDurationSeconds: 3600 },
    });
  });

  test('of a job that ended its name, model and time are kept, with what its lost instances took', async () => {
    const { outcome, retries } = runState(templateWith(batch()), 'Train').Assign!;
    const result = {
      JobName: 'hpo-x-0-0',
      JobId: 'id-1',
      Attempts: [
        { StartedAt: 1000, StoppedAt: 3500 },
        { StartedAt: 10_000, StoppedAt: 11_000 },
      ],
    };
    const variables = { ...VARIABLES, states: { ...VARIABLES.states, result } };
    expect(await evaluate(outcome, variables)).toEqual({
      jobName: 'hpo-x-0-0:id-1',
      status: 'Completed',
      secondaryStatus: 'Completed',
      billableSeconds: 4,
      modelArtifact: 's3://b/output/7/model.tar.gz',
    });
    expect(await evaluate(retries, variables)).toBe(0);
  });

  test('the steps are told what a job costs, and where models go', () => {
    expect(tunerDefinitionOf(templateWith(batch())).compute).toEqual({
      jobNamePrefix: expect.stringMatching(/^hpo-[0-9a-f]{8}$/),
      instanceTypes: ['batch'],
      instanceCount: 1,
      prices: [],
      spot: false,
      maxRuntimeSeconds: 86_400,
      quotaCheck: 'off',
      checkpointRoot: 's3://${Tuner/Bucket}/checkpoints',
      batch: { attempts: 3, outputRoot: 's3://${Tuner/Bucket}/output' },
    });
  });

  test('the steps know the queue', () => {
    const template = templateWith(batch());
    const queue = (step: string) =>
      (template.properties(`Tuner/${step}`).Environment as { Variables: Record<string, string> }).Variables.JOB_QUEUE;
    for (const step of ['OpenStudy', 'ReviewRound', 'StopStudy', 'NextTrial', 'RecordTrial', 'Report']) {
      expect([step, queue(step)]).toEqual([step, '${Tuner/TrialRunner/JobQueue.JobQueueArn}']);
    }
    expect(queue('PlanRound')).toBeUndefined();
  });

  test('a queue has instances that come and go', () => {
    const template = templateWith(batch());
    expect(template.properties('Tuner/TrialRunner/JobQueue')).toEqual({
      Priority: 1,
      ComputeEnvironmentOrder: [
        { Order: 1, ComputeEnvironment: '${Tuner/TrialRunner/ComputeEnvironment.ComputeEnvironmentArn}' },
      ],
      // only what no waiting mends: a job for which there is no capacity stays in the queue.
      JobStateTimeLimitActions: [
        {
          Action: 'CANCEL',
          MaxTimeSeconds: 600,
          Reason: 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
          State: 'RUNNABLE',
        },
        {
          Action: 'CANCEL',
          MaxTimeSeconds: 600,
          Reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
          State: 'RUNNABLE',
        },
      ],
    });
    expect(template.properties('Tuner/TrialRunner/ComputeEnvironment')).toEqual({
      Type: 'MANAGED',
      ComputeResources: {
        Type: 'EC2',
        AllocationStrategy: 'BEST_FIT_PROGRESSIVE',
        MinvCpus: 0,
        MaxvCpus: 1024,
        InstanceTypes: ['optimal'],
        InstanceRole: '${Tuner/TrialRunner/InstanceProfile.Arn}',
        LaunchTemplate: {
          LaunchTemplateId: '${Tuner/TrialRunner/LaunchTemplate}',
          Version: '${Tuner/TrialRunner/LaunchTemplate.LatestVersionNumber}',
        },
        Subnets: ['${Vpc/PrivateSubnet1/Subnet}', '${Vpc/PrivateSubnet2/Subnet}'],
        SecurityGroupIds: ['${Tuner/TrialRunner/SecurityGroup.GroupId}'],
        Tags: { Name: 'cdk-hpo trials' },
        UpdateToLatestImageVersion: true,
      },
      // all that updates in place: a replaced environment would leave its queue behind.
      ReplaceComputeEnvironment: false,
      UpdatePolicy: { TerminateJobsOnUpdate: false, JobExecutionTimeoutMinutes: 360 },
    });
  });

  test('instances encrypt their disks, and keep their credentials from containers', () => {
    expect(templateWith(batch()).properties('Tuner/TrialRunner/LaunchTemplate')).toEqual({
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [
          { DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 100, VolumeType: 'gp3' } },
        ],
      },
    });
  });

  test('a security group lets nothing in', () => {
    const group = templateWith(batch()).properties('Tuner/TrialRunner/SecurityGroup');
    expect(group).not.toHaveProperty('SecurityGroupIngress');
  });

  test('a job definition has what all trials share', () => {
    expect(jobDefinitionOf()).toEqual({
      ResourceRetentionPolicy: { SkipDeregisterOnUpdate: true },
      Type: 'container',
      PlatformCapabilities: ['EC2'],
      PropagateTags: true,
      RetryStrategy: {
        Attempts: 3,
        EvaluateOnExit: [
          { Action: 'RETRY', OnStatusReason: 'Host EC2*' },
          { Action: 'EXIT', OnReason: '*' },
          { Action: 'EXIT', OnExitCode: '*' },
        ],
      },
      ContainerProperties: {
        Image: 'registry/image:1',
        Command: ['python3', '-c', expect.stringContaining('exec(bytes.fromhex('), 'batch-job'],
        JobRoleArn: '${Tuner/TrialRunner/TrainingRole.Arn}',
        ExecutionRoleArn: '${Tuner/TrialRunner/ExecutionRole.Arn}',
        ResourceRequirements: [
          { Type: 'VCPU', Value: '1' },
          { Type: 'MEMORY', Value: '2048' },
        ],
        LogConfiguration: {
          LogDriver: 'awslogs',
          Options: { 'awslogs-group': '${Tuner/TrialRunner/LogGroup}', 'awslogs-stream-prefix': 'trial' },
        },
        Environment: expect.any(Array),
      },
    });
    expect(environmentOf()).toEqual({
      AWS_REGION: '${AWS::Region}',
      AWS_DEFAULT_REGION: '${AWS::Region}',
      CDK_HPO_REPORT_FUNCTION: '${Tuner/Report}',
      CDK_HPO_OBJECTIVE: 'accuracy',
      CDK_HPO_JOB: JSON.stringify({
        command: ['python3', 'train.py', '/opt/ml/model'],
        channels: {},
        hyperparameters: {},
      }),
      CDK_HPO_WORKER_URI: expect.stringMatching(/^s3:\/\/cdk-.*\.zip$/),
    });
  });

  test.each(['"$@"', 'eval "$@"'])('its command is the same program, started by an entry point with %s', (line) => {
    const { Command } = templateWith(batch()).properties('Tuner/TrialRunner/JobDefinition').ContainerProperties as {
      Command: string[];
    };
    // without the worker's place in S3 its first line fails, which shows that it runs.
    const { stderr } = spawnSync('bash', ['-c', line, 'entry', ...Command], { encoding: 'utf8' });
    expect(stderr).toMatch(/KeyError: 'CDK_HPO_WORKER_URI'/);
  });

  test('logs are kept for three months, and go with the tuner', () => {
    expect(templateWith(batch()).resources['Tuner/TrialRunner/LogGroup']).toMatchObject({
      Properties: { RetentionInDays: 90 },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('the request has', () => {
  test('tags', async () => {
    expect((await requestOf({ tags: { team: 'vision' } })).Tags).toMatchObject({ team: 'vision' });
  });

  test('what a trial trains up to, with a scheduler that limits it', async () => {
    const tuner = { scheduler: Scheduler.asha({ maxResource: 9 }) };
    expect(JSON.stringify(await requestOf({}, tuner))).toContain('CDK_HPO_MAX_RESOURCE');
    expect(JSON.stringify(await requestOf())).not.toContain('CDK_HPO_MAX_RESOURCE');
  });

  test('a queue that exists, in place of one of its own', async () => {
    const props = (stack: Stack) => ({ jobQueue: awsBatch.JobQueue.fromJobQueueArn(stack, 'Queue', QUEUE) });
    expect((await requestOf(props)).JobQueue).toBe(QUEUE);
    const template = templateWith(batch(props));
    for (const type of ['ComputeEnvironment', 'JobQueue']) expect(template.ofType(`AWS::Batch::${type}`)).toEqual({});
    expect(template.ofType('AWS::EC2::SecurityGroup')).toEqual({});
  });

  test('a job definition that exists: then it has what all trials share, too', async () => {
    const props = (stack: Stack) => ({
      jobDefinition: awsBatch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Definition', DEFINITION),
      environment: { MODE: 'fast' },
    });
    const request = await requestOf(props);
    expect(request.JobDefinition).toBe(DEFINITION);
    const { Environment } = request.ContainerOverrides as { Environment: { Name: string }[] };
    expect(Environment.map(({ Name }) => Name)).toEqual([
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'MODE',
      'CDK_HPO_REPORT_FUNCTION',
      'CDK_HPO_OBJECTIVE',
      'CDK_HPO_JOB',
      'CDK_HPO_STUDY',
      'CDK_HPO_TRIAL',
      'CDK_HPO_ATTEMPT',
      'CDK_HPO_TOKEN',
      'CDK_HPO_ATTEMPT_JSON',
    ]);
    const stack = stackWith(batch(props));
    expect(new ReadableTemplate(stack).ofType('AWS::Batch::JobDefinition')).toEqual({});
    const [warning] = warningsOf(stack, 'cdk-hpo:jobDefinition');
    expect(warning).toContain('the job definition has a role of its own; make sure that it is allowed [{');
    expect(warning).toContain('lambda:InvokeFunction');
    expect(warning).toContain('checkpoints/*');
  });

  test('no warning about a job definition of its own', () => {
    expect(warningsOf(stackWith(batch()), 'cdk-hpo:jobDefinition')).toEqual([]);
  });
});

describe('instances', () => {
  test.each<[string, PropsIn<BatchTrainingProps>, object]>([
    ['instanceTypes', { instanceTypes: ['c6i', 'g5.xlarge'] }, { InstanceTypes: ['c6i', 'g5.xlarge'] }],
    ['maxVcpus', { maxVcpus: 8 }, { MaxvCpus: 8 }],
    ['spot', { spot: true }, { Type: 'SPOT', AllocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED' }],
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
      { Subnets: ['${Vpc/PublicSubnet1/Subnet}'], SecurityGroupIds: ['${Group.GroupId}'] },
    ],
  ])('have %s', (_, props, expected) => {
    expect(resourcesOf(props)).toMatchObject(expected);
  });
});

describe('a job definition has', () => {
  const requirements = (props: PropsIn<BatchTrainingProps>) =>
    jobDefinitionOf(props).ContainerProperties.ResourceRequirements;

  test.each<[string, Partial<BatchTrainingProps>, string[]]>([
    ['vcpus, with memory for each', { vcpus: 4 }, ['VCPU 4', 'MEMORY 8192']],
    ['memory', { memory: Size.gibibytes(3) }, ['VCPU 1', 'MEMORY 3072']],
    ['gpus', { gpus: 2, instanceTypes: ['g5'] }, ['VCPU 1', 'MEMORY 2048', 'GPU 2']],
    ['no GPU', { gpus: 0 }, ['VCPU 1', 'MEMORY 2048']],
  ])('%s', (_, props, expected) => {
    const all = requirements(props) as { Type: string; Value: string }[];
    expect(all.map(({ Type, Value }) => `${Type} ${Value}`)).toEqual(expected);
  });

  test('how often checkpoints are copied, where it is said', () => {
    const variable = (props: Partial<BatchTrainingProps>) =>
      jobDefinitionOf(props).ContainerProperties.Environment.find(
        ({ Name }) => Name === 'CDK_HPO_WORKER_CHECKPOINT_SECONDS',
      );
    expect(variable({ checkpointInterval: Duration.minutes(2) })?.Value).toBe('120');
    expect(variable({})).toBeUndefined();
  });

  test('numbers that are known at deployment only', () => {
    const stack = newStack();
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    const props = { vcpus: number('Cpus'), gpus: number('Gpus'), memory: Size.mebibytes(number('Memory')) };
    newTuner(stack, { trialRunner: batch({ ...props, instanceTypes: ['g5'] })(stack) });
    const template = new ReadableTemplate(stack);
    const { ContainerProperties } = template.properties('Tuner/TrialRunner/JobDefinition') as JobDefinition;
    expect(ContainerProperties.ResourceRequirements).toEqual([
      { Type: 'VCPU', Value: '${Cpus}' },
      { Type: 'MEMORY', Value: '${Memory}' },
      { Type: 'GPU', Value: '${Gpus}' },
    ]);
  });

  test('shared memory', () => {
    expect(jobDefinitionOf({ sharedMemorySize: Size.gibibytes(1) }).ContainerProperties.LinuxParameters).toEqual({
      SharedMemorySize: 1024,
    });
    expect(jobDefinitionOf().ContainerProperties).not.toHaveProperty('LinuxParameters');
  });

  test('attempts', () => {
    expect(jobDefinitionOf({ attempts: 10 }).RetryStrategy).toMatchObject({ Attempts: 10 });
  });

  test('environment, also in place of the region', () => {
    expect(environmentOf({ environment: { MODE: 'fast', AWS_REGION: 'mars' } })).toMatchObject({
      MODE: 'fast',
      AWS_REGION: 'mars',
      AWS_DEFAULT_REGION: '${AWS::Region}',
    });
  });

  test('a program, its data and its hyperparameters', () => {
    const { CDK_HPO_JOB, CDK_HPO_PROGRAM } = environmentOf((stack) => ({
      program: script(),
      channels: { data: { bucket: bucket(stack), prefix: 'digits' }, all: { bucket: bucket2(stack) } },
      hyperparameters: { text: '{% "quoted" %}' },
    }));
    expect(CDK_HPO_PROGRAM).toBe('train.py');
    expect(JSON.parse(CDK_HPO_JOB!)).toEqual({
      command: ['python3', '-c', expect.stringContaining('runpy')],
      channels: {
        data: 's3://mine/digits',
        all: expect.stringMatching(/^s3:\/\/other\/?$/),
        cdk_hpo_program: expect.stringMatching(/^s3:/),
        cdk_hpo_entry: expect.stringMatching(/^s3:/),
      },
      hyperparameters: { text: '{% "quoted" %}' },
    });
  });

  const bucket2 = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Other', 'other');

  test('a role that is given', () => {
    const props = (stack: Stack) => ({
      role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }),
    });
    expect(jobDefinitionOf(props).ContainerProperties.JobRoleArn).toBe('${Mine.Arn}');
  });
});

describe('the steps are told', () => {
  test.each<[string, PropsIn<BatchTrainingProps>, object]>([
    ['maxRuntime', { maxRuntime: Duration.hours(1) }, { maxRuntimeSeconds: 3600 }],
    ['spot', { spot: true }, { spot: true }],
    ['pricePerTrialHour', { pricePerTrialHour: 0.5 }, { prices: [{ instanceType: 'batch', usdPerHour: 0.5 }] }],
    [
      'outputBucket',
      (stack) => ({ outputBucket: bucket(stack) }),
      { batch: { attempts: 3, outputRoot: 's3://mine/output' } },
    ],
    ['outputPrefix', { outputPrefix: 'a/b' }, { batch: { attempts: 3, outputRoot: 's3://${Tuner/Bucket}/a/b' } }],
    ['checkpointBucket', (stack) => ({ checkpointBucket: bucket(stack) }), { checkpointRoot: 's3://mine/checkpoints' }],
    ['checkpointPrefix', { checkpointPrefix: 'c' }, { checkpointRoot: 's3://${Tuner/Bucket}/c' }],
  ])('%s', (_, props, expected) => {
    expect(tunerDefinitionOf(templateWith(batch(props))).compute).toMatchObject(expected);
  });
});

describe('refuses', () => {
  const queueOf = (stack: Stack) => awsBatch.JobQueue.fromJobQueueArn(stack, 'Queue', QUEUE);
  const WITH_QUEUE = (name: string) =>
    `${name} must not be given together with jobQueue, which has its own; remove one of the two`;
  const WITH_DEFINITION = (name: string) =>
    `${name} must not be given together with jobDefinition, which has its own; remove one of the two`;
  const definitionOf = (stack: Stack) => ({
    jobDefinition: awsBatch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Definition', DEFINITION),
  });

  test.each<[string, PropsIn<BatchTrainingProps>, string | undefined]>([
    [
      'a program and a command',
      { program: TrainingProgram.fromImage(), command: ['a'] },
      'program or command must be given, and not both: it is what the job runs for a trial',
    ],
    ['neither', { command: undefined }, 'program or command must be given, and not both'],
    [
      'a queue and a VPC',
      (stack) => ({ jobQueue: queueOf(stack), vpc: new ec2.Vpc(stack, 'Mine') }),
      'vpc or jobQueue must be given, and not both: a queue of its own needs a VPC for its instances',
    ],
    ['a queue with subnets', (s) => ({ jobQueue: queueOf(s), vpcSubnets: {} }), WITH_QUEUE('vpcSubnets')],
    ['a queue with groups', (s) => ({ jobQueue: queueOf(s), securityGroups: [] }), WITH_QUEUE('securityGroups')],
    ['a queue with types', (s) => ({ jobQueue: queueOf(s), instanceTypes: ['c6i'] }), WITH_QUEUE('instanceTypes')],
    ['a queue with spot', (s) => ({ jobQueue: queueOf(s), spot: true }), WITH_QUEUE('spot')],
    ['a queue with CPUs', (s) => ({ jobQueue: queueOf(s), maxVcpus: 4 }), WITH_QUEUE('maxVcpus')],
    ['a definition with vcpus', (s) => ({ ...definitionOf(s), vcpus: 1 }), WITH_DEFINITION('vcpus')],
    ['a definition with memory', (s) => ({ ...definitionOf(s), memory: Size.gibibytes(1) }), WITH_DEFINITION('memory')],
    ['a definition with gpus', (s) => ({ ...definitionOf(s), gpus: 1 }), WITH_DEFINITION('gpus')],
    [
      'a definition with shared memory',
      (s) => ({ ...definitionOf(s), sharedMemorySize: Size.gibibytes(1) }),
      WITH_DEFINITION('sharedMemorySize'),
    ],
    ['a definition with attempts', (s) => ({ ...definitionOf(s), attempts: 1 }), WITH_DEFINITION('attempts')],
    ['no CPU', { vcpus: 0 }, 'vcpus must be an integer from 1 to 192, got 0'],
    ['193 CPUs', { vcpus: 193 }, 'vcpus must be an integer from 1 to 192, got 193'],
    ['not 192', { vcpus: 192 }, undefined],
    ['17 GPUs', { gpus: 17, instanceTypes: ['p5'] }, 'gpus must be an integer from 0 to 16, got 17'],
    ['not 16', { gpus: 16, instanceTypes: ['p5'] }, undefined],
    ['no CPU of all', { maxVcpus: 0 }, 'maxVcpus must be an integer from 1 to 100000, got 0'],
    ['100,001 CPUs', { maxVcpus: 100_001 }, 'maxVcpus must be an integer from 1 to 100000, got 100001'],
    ['no attempt', { attempts: 0 }, 'attempts must be an integer from 1 to 10, got 0'],
    ['11 attempts', { attempts: 11 }, 'attempts must be an integer from 1 to 10, got 11'],
    ['not 10', { attempts: 10 }, undefined],
    [
      'less than a minute',
      { maxRuntime: Duration.seconds(59) },
      'maxRuntime in seconds must be an integer from 60 to 2419200, got 59',
    ],
    [
      'more than 28 days',
      { maxRuntime: Duration.days(29) },
      'maxRuntime in seconds must be an integer from 60 to 2419200, got 2505600',
    ],
    ['not a minute', { maxRuntime: Duration.minutes(1) }, undefined],
    [
      'checkpoints each second hour',
      { checkpointInterval: Duration.hours(2) },
      'checkpointInterval in seconds must be an integer from 1 to 3600, got 7200',
    ],
    ['not checkpoints each second', { checkpointInterval: Duration.seconds(1) }, undefined],
    ['3 MiB', { memory: Size.mebibytes(3) }, 'memory in MiB must be an integer from 4 to 24000000, got 3'],
    ['not 4 MiB', { memory: Size.mebibytes(4) }, undefined],
    [
      'no memory for CPUs that nobody knows yet',
      { vcpus: Lazy.number({ produce: () => 2 }) },
      'memory must be given where vcpus is known at deployment only',
    ],
    ['a negative price', { pricePerTrialHour: -0.1 }, 'pricePerTrialHour must be a number of at least 0, got -0.1'],
    ['not one of nothing', { pricePerTrialHour: 0 }, undefined],
    [
      'a SageMaker type',
      { instanceTypes: ['ML.g5'] },
      'instanceTypes must be types or families of EC2 such as g5.xlarge or c6i, got "ML.g5"',
    ],
    ['not a family', { instanceTypes: ['c6i', 'm5.24xlarge', 'optimal'] }, undefined],
    [
      'GPUs of any type',
      { gpus: 1 },
      'instanceTypes must name types with GPUs where gpus is given, such as g5.xlarge: optimal has none',
    ],
    ['GPUs of optimal types', { gpus: 1, instanceTypes: ['g5', 'optimal'] }, 'instanceTypes must name types with GPUs'],
    ['not GPUs of a queue that exists', (s) => ({ jobQueue: queueOf(s), gpus: 1 }), undefined],
    [
      'names of AWS in the environment',
      { environment: { AWS_BATCH_X: '1' } },
      "name of environment must not start with AWS_BATCH, which is AWS's own, got AWS_BATCH_X",
    ],
    ['names of ours', { environment: { CDK_HPO_X: '1' } }, 'name of environment must not start with CDK_HPO_'],
    ['tags of ours', { tags: { 'cdk-hpo:x': '1' } }, 'key of tags must be letters, digits'],
    [
      'channels of ours',
      (s) => ({ channels: { cdk_hpo_x: { bucket: bucket(s) } } }),
      'name of channels must not start',
    ],
    ['a prefix with a slash', { outputPrefix: '/a' }, 'outputPrefix must be a prefix without a slash at either end'],
    [
      'a hyperparameter that is searched, too',
      { hyperparameters: { learning_rate: '1' } },
      'hyperparameters must not hold what the search space or the scheduler sets, got "learning_rate" in both',
    ],
    [
      'a program without a command',
      { program: TrainingProgram.fromImage() },
      'program must bring its command, as TrainingProgram.fromScript does; or give command',
    ],
  ])('%s', (_, props, message) => {
    if (message === undefined) expect(() => templateWith(batch(props))).not.toThrow();
    else expect(() => templateWith(batch(props))).toThrow(message);
  });

  test('neither a queue nor a VPC', () => {
    const image = TrainingImage.fromUri('registry/image:1');
    expect(() => TrialRunner.batch({ image, command: ['a'] })).toThrow('vpc or jobQueue must be given, and not both');
  });

  test('a spending limit without a price', () => {
    expect(() => templateWith(batch(), { maxSpendUsd: 1 })).toThrow(
      "maxSpendUsd must not be given where the price of batch isn't known",
    );
    expect(() => templateWith(batch({ pricePerTrialHour: 1 }), { maxSpendUsd: 1 })).not.toThrow();
  });
});

test('all revisions of a job definition are allowed by the name in the ARN of one', () => {
  const stack = newStack();
  expect(stack.resolve(allRevisionsOf(stack, DEFINITION))).toEqual({
    'Fn::Join': [
      '',
      [
        'arn:',
        { Ref: 'AWS::Partition' },
        ':batch:',
        { Ref: 'AWS::Region' },
        ':',
        { Ref: 'AWS::AccountId' },
        ':job-definition/mine:*',
      ],
    ],
  });
});
