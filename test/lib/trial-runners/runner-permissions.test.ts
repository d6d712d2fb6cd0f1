import { Stack } from 'aws-cdk-lib';
import * as awsBatch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { TrainingChannel, TunerProps } from '../../../lib';
import { ecrImage } from '../../support/lib-images';
import {
  allow,
  batch,
  cluster,
  PropsIn,
  RunnerOf,
  script,
  stackWith,
  templateWith,
  tuning,
  warningsOf,
} from '../../support/lib-runners';
import { newStack, newTuner, ReadableTemplate, sageMakerTraining, Statement } from '../../support/lib-stack';

const HERE = '${AWS::Region}:${AWS::AccountId}';
const TRAINING = 'Tuner/TrialRunner/TrainingRole';
const OWN = '${Tuner/Bucket.Arn}';

/** What differs from stack to stack in a file's name. */
function plain(statements: Statement[]): Statement[] {
  return JSON.parse(
    JSON.stringify(statements)
      .replaceAll(/[0-9a-f]{64}\.\w+/g, 'ASSET')
      .replaceAll(/hpo-[0-9a-f]{8}/g, 'hpo-TUNER'),
  ) as Statement[];
}

const allowed = (template: ReadableTemplate, role: string) => plain(template.statementsOf(role));

function expectAllowed(template: ReadableTemplate, role: string, expected: Statement[]): void {
  const statements = allowed(template, role);
  expect(statements).toEqual(expect.arrayContaining(expected));
  expect(statements).toHaveLength(expected.length);
}

/** What a role may do with these and may not do with those, and the other way round. */
function changes(before: ReadableTemplate, after: ReadableTemplate, role = TRAINING) {
  const without = (statements: Statement[], others: Statement[]) => {
    const known = new Set(others.map((statement) => JSON.stringify(statement)));
    return statements.filter((statement) => !known.has(JSON.stringify(statement)));
  };
  const [old, now] = [allowed(before, role), allowed(after, role)];
  return { more: without(now, old), less: without(old, now) };
}

const invoke = (step: string) => allow('lambda:InvokeFunction', [`\${Tuner/${step}.Arn}`, `\${Tuner/${step}.Arn}:*`]);
const rule = (name: string) =>
  allow(
    ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    `arn:\${AWS::Partition}:events:${HERE}:rule/${name}`,
  );
const job = (resource: string) => `arn:\${AWS::Partition}:${resource}`;
const TRAINING_JOBS = job(`sagemaker:${HERE}:training-job/hpo-TUNER-*`);
const TUNING_JOBS = job(`sagemaker:${HERE}:hyper-parameter-tuning-job/hpo-TUNER-*`);
const BATCH_JOBS = job(`batch:${HERE}:job/*`);
/** In each revision: a study that runs during a deployment goes on with an earlier one. */
const BATCH_DEFINITION = job(`batch:${HERE}:job-definition/\${Tuner/TrialRunner/JobDefinition}[1][0]:*`);
const passRole = (role: string) =>
  allow('iam:PassRole', role, { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } });

const LOGS_AND_TRACES = [
  allow(
    [
      'logs:CreateLogDelivery',
      'logs:GetLogDelivery',
      'logs:UpdateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:DescribeResourcePolicies',
      'logs:DescribeLogGroups',
    ],
    '*',
  ),
  allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'], '*'),
];
const ROUND_STEPS = ['OpenStudy', 'PlanRound', 'ReviewRound', 'FinishStudy'];

const sync = (bucket: string, prefix: string) => [
  allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], `${bucket}/${prefix}/*`),
  allow('s3:ListBucket', bucket, { StringLike: { 's3:prefix': `${prefix}/*` } }),
];
const write = (objects: string) => allow(['s3:PutObject', 's3:AbortMultipartUpload'], objects);
const read = (bucket: string, prefix: string) => [
  allow('s3:GetObject', `${bucket}/${prefix}*`),
  allow('s3:ListBucket', bucket, { StringLike: { 's3:prefix': `${prefix}*` } }),
];
const ASSETS = 'arn:${AWS::Partition}:s3:::cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}';
const useOf = (key: string) => allow(['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], key);
const TRAINING_LOGS = [
  allow(
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
    ['', ':log-stream:*'].map((suffix) => job(`logs:${HERE}:log-group:/aws/sagemaker/TrainingJobs${suffix}`)),
  ),
  allow('cloudwatch:PutMetricData', '*', { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } }),
];
const PULL = [
  allow(
    ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
    job(`ecr:${HERE}:repository/images`),
  ),
  allow('ecr:GetAuthorizationToken', '*'),
];
const NETWORK = allow(
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

describe('the state machine may', () => {
  test('run its steps and its clusters', () => {
    expectAllowed(templateWith(cluster()), 'Tuner/StateMachineRole', [
      ...ROUND_STEPS.map(invoke),
      allow(
        ['Create', 'Describe', 'Stop'].map((verb) => `sagemaker:${verb}TrainingJob`).concat('sagemaker:AddTags'),
        TRAINING_JOBS,
      ),
      allow('sagemaker:ListTags', '*'),
      passRole('${Tuner/TrialRunner/TrainingRole.Arn}'),
      rule('StepFunctionsGetEventsForSageMakerTrainingJobsRule'),
      ...LOGS_AND_TRACES,
    ]);
  });

  test('run its steps and its tuning jobs', () => {
    expectAllowed(templateWith(tuning()), 'Tuner/StateMachineRole', [
      ...ROUND_STEPS.map(invoke),
      allow(
        ['Create', 'Describe', 'Stop']
          .map((verb) => `sagemaker:${verb}HyperParameterTuningJob`)
          .concat('sagemaker:AddTags'),
        TUNING_JOBS,
      ),
      allow('sagemaker:ListTags', '*'),
      passRole('${Tuner/TrialRunner/TrainingRole.Arn}'),
      // as AWS's own sample of tuning jobs in Step Functions names it.
      rule('StepFunctionsGetEventsForSageMakerTuningJobsRule'),
      ...LOGS_AND_TRACES,
    ]);
  });

  test('run its steps, its slots and its jobs of AWS Batch, and end them', () => {
    expectAllowed(templateWith(batch()), 'Tuner/StateMachineRole', [
      ...[...ROUND_STEPS, 'NextTrial', 'RecordTrial'].map(invoke),
      allow(
        ['batch:SubmitJob', 'batch:TagResource'],
        ['${Tuner/TrialRunner/JobQueue.JobQueueArn}', BATCH_DEFINITION, BATCH_JOBS],
      ),
      allow('batch:DescribeJobs', '*'),
      allow('batch:TerminateJob', BATCH_JOBS),
      rule('StepFunctionsGetEventsForBatchJobsRule'),
      ...LOGS_AND_TRACES,
      allow('states:StartExecution', '${Tuner/StateMachine}'),
      allow(
        ['states:DescribeExecution', 'states:StopExecution'],
        job(`states:${HERE}:execution:\${Tuner/StateMachine}[6]:*`),
      ),
      allow('states:RedriveExecution', job(`states:${HERE}:execution:\${Tuner/StateMachine}[6]/Slots:*`)),
    ]);
  });

  test('submit to a queue and a definition that exist, and no others', () => {
    const queue = 'arn:aws:batch:eu-west-1:111111111111:job-queue/mine';
    const definition = 'arn:aws:batch:eu-west-1:111111111111:job-definition/mine:3';
    const template = templateWith(
      batch((stack) => ({
        jobQueue: awsBatch.JobQueue.fromJobQueueArn(stack, 'Queue', queue),
        jobDefinition: awsBatch.EcsJobDefinition.fromJobDefinitionArn(stack, 'Definition', definition),
      })),
    );
    expect(allowed(template, 'Tuner/StateMachineRole')).toContainEqual(
      allow(['batch:SubmitJob', 'batch:TagResource'], [queue, definition, BATCH_JOBS]),
    );
  });

  test('pass a role that is given', () => {
    const role = (stack: Stack) => ({
      role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com') }),
    });
    for (const runner of [cluster(role), tuning(role)]) {
      expect(allowed(templateWith(runner), 'Tuner/StateMachineRole')).toContainEqual(passRole('${Mine.Arn}'));
    }
  });
});

describe('steps that stop jobs may', () => {
  const JOB_STEPS = ['OpenStudy', 'ReviewRound', 'StopStudy', 'Report'];
  const OWN_TRAINING_JOBS = [
    allow('sagemaker:ListTrainingJobs', '*'),
    allow(['sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'], TRAINING_JOBS),
  ];

  test.each<[string, RunnerOf, string[], Statement[]]>([
    ['trainingCluster', cluster(), [...JOB_STEPS, 'Worker'], OWN_TRAINING_JOBS],
    [
      'managedTuning',
      tuning(),
      JOB_STEPS,
      [
        ...OWN_TRAINING_JOBS,
        allow('sagemaker:ListHyperParameterTuningJobs', '*'),
        allow(
          [
            'sagemaker:DescribeHyperParameterTuningJob',
            'sagemaker:StopHyperParameterTuningJob',
            'sagemaker:ListTrainingJobsForHyperParameterTuningJob',
          ],
          TUNING_JOBS,
        ),
      ],
    ],
    [
      'batch',
      batch(),
      [...JOB_STEPS, 'NextTrial', 'RecordTrial'],
      [allow(['batch:ListJobs', 'batch:DescribeJobs'], '*'), allow('batch:TerminateJob', BATCH_JOBS)],
    ],
  ])('with %s', (_, runner, steps, expected) => {
    const template = templateWith(runner);
    const { PolicyDocument, Roles } = template.properties('Tuner/JobsPolicy') as {
      PolicyDocument: { Statement: Statement[] };
      Roles: string[];
    };
    expect(plain(PolicyDocument.Statement)).toEqual(expected);
    expect([...Roles].sort()).toEqual(steps.map((step) => `\${Tuner/${step}/Role}`).sort());
  });

  test.each<[string, RunnerOf, boolean]>([
    ['quotas are read for a cluster', cluster(), true],
    ['quotas are read for tuning jobs', tuning(), true],
    ['quotas are not read for AWS Batch', batch(), false],
  ])('%s', (_, runner, expected) => {
    expect(JSON.stringify(templateWith(runner).properties('Tuner/PreflightPolicy')).includes('servicequotas')).toBe(
      expected,
    );
  });
});

describe('a cluster', () => {
  const WORKER = [
    invoke('Report'),
    invoke('Worker'),
    ...sync(OWN, 'checkpoints'),
    write(`${OWN}/output/*`),
    ...read(ASSETS, 'ASSET'),
  ];

  test('may log, work, keep checkpoints, write models and pull its image', () => {
    const template = templateWith(cluster((stack) => ({ image: ecrImage(stack) })));
    expectAllowed(template, TRAINING, [...TRAINING_LOGS, ...WORKER, ...PULL]);
    expect(template.trustOf(TRAINING)).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'sagemaker.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
      },
    ]);
  });

  test.each<[string, Parameters<typeof cluster>[0], PropsIn<TunerProps>, Statement[], Statement[]]>([
    ['spot: nothing', { spot: true }, {}, [], []],
    [
      'volumeKey',
      (stack) => ({ volumeKey: new kms.Key(stack, 'Key') }),
      {},
      [allow('kms:CreateGrant', '${Key.Arn}')],
      [],
    ],
    ['vpc', (stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') }), {}, [NETWORK], []],
    [
      'encryptionKey of the tuner',
      {},
      (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }),
      [useOf('${Key.Arn}')],
      [],
    ],
    ['checkpointPrefix', { checkpointPrefix: 'c' }, {}, sync(OWN, 'c'), sync(OWN, 'checkpoints')],
    ['outputPrefix', { outputPrefix: 'o' }, {}, [write(`${OWN}/o/*`)], [write(`${OWN}/output/*`)]],
    [
      'outputBucket with a key',
      (stack) => ({ outputBucket: new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'Key') }) }),
      {},
      [write('${Data.Arn}/output/*'), useOf('${Key.Arn}')],
      [write(`${OWN}/output/*`)],
    ],
    [
      'channels',
      (stack) => ({
        channels: { data: TrainingChannel.fromBucket(s3.Bucket.fromBucketName(stack, 'Data', 'data'), 'digits') },
      }),
      {},
      read('arn:${AWS::Partition}:s3:::data', 'digits'),
      [],
    ],
  ])('may do more, or something else, with %s', (_, props, tuner, more, less) => {
    const result = changes(templateWith(cluster()), templateWith(cluster(props), tuner));
    expect(result).toEqual({ more: expect.arrayContaining(more), less });
    expect(result.more).toHaveLength(more.length);
  });

  test('is as good as a worker elsewhere that is allowed to run', () => {
    const stack = newStack();
    const grantee = new iam.Role(stack, 'Machine', { assumedBy: new iam.AccountRootPrincipal() });
    const tuner = newTuner(stack, {
      trialRunner: cluster((own) => ({ image: ecrImage(own), program: script() }))(stack),
    });
    tuner.grants.runWorker(grantee);
    const statements = allowed(new ReadableTemplate(stack), 'Machine');
    expect(statements).toEqual(expect.arrayContaining(WORKER));
    // the program's two files, beside the worker's own; no logs, metrics and images of SageMaker's.
    expect(JSON.stringify(statements)).not.toMatch(/logs:|cloudwatch:|ecr:|ec2:|kms:/);
    expect(statements).toHaveLength(allowed(new ReadableTemplate(stack), TRAINING).length - 4);
  });

  test('with encryption, lets a worker elsewhere use the key', () => {
    const stack = newStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    const grantee = new iam.Role(stack, 'Machine', { assumedBy: new iam.AccountRootPrincipal() });
    newTuner(stack, { trialRunner: cluster()(stack), encryptionKey }).grants.runWorker(grantee);
    expect(allowed(new ReadableTemplate(stack), 'Machine')).toContainEqual(useOf('${Key.Arn}'));
  });

  test('is the only runner with workers elsewhere', () => {
    const stack = newStack();
    const grantee = new iam.Role(stack, 'Machine', { assumedBy: new iam.AccountRootPrincipal() });
    const runners = [tuning()(stack), batch()(stack), sageMakerTraining()];
    for (const [i, trialRunner] of runners.entries()) {
      const { grants } = newTuner(stack, { trialRunner }, `Tuner${i}`);
      expect(() => grants.runWorker(grantee)).toThrow(
        'runWorker is for tuners with workers; use TrialRunner.trainingCluster as the trialRunner',
      );
    }
  });
});

describe('training jobs of automatic model tuning', () => {
  test('may log, write models and pull their image, and neither report nor keep checkpoints', () => {
    const template = templateWith(tuning((stack) => ({ image: ecrImage(stack) })));
    expectAllowed(template, TRAINING, [...TRAINING_LOGS, ...PULL, write(`${OWN}/output/*`)]);
  });

  test.each<[string, Parameters<typeof tuning>[0], PropsIn<TunerProps>, Statement[]]>([
    ['spot: keep checkpoints', { spot: true }, {}, sync(OWN, 'checkpoints')],
    ['volumeKey', (stack) => ({ volumeKey: new kms.Key(stack, 'Key') }), {}, [allow('kms:CreateGrant', '${Key.Arn}')]],
    ['outputKey', (stack) => ({ outputKey: new kms.Key(stack, 'Key') }), {}, [useOf('${Key.Arn}')]],
    ['vpc', (stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') }), {}, [NETWORK]],
    [
      'encryptionKey of the tuner',
      {},
      (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }),
      [useOf('${Key.Arn}')],
    ],
    [
      'program',
      { program: script() },
      {},
      // code and entry point.
      [...read(ASSETS, 'ASSET'), ...read(ASSETS, 'ASSET')],
    ],
    [
      'spot, and a bucket for checkpoints with a key',
      (stack) => ({
        spot: true,
        checkpointBucket: new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'Key') }),
      }),
      {},
      [...sync('${Data.Arn}', 'checkpoints'), useOf('${Key.Arn}')],
    ],
  ])('may do more with %s', (_, props, tuner, more) => {
    const expected = [...TRAINING_LOGS, write(`${OWN}/output/*`), ...more];
    expectAllowed(templateWith(tuning(props), tuner), TRAINING, expected);
  });
});

describe('jobs of AWS Batch', () => {
  const TRIAL = [invoke('Report'), ...sync(OWN, 'checkpoints'), write(`${OWN}/output/*`), ...read(ASSETS, 'ASSET')];
  const trust = (Service: string, Condition?: Statement['Condition']) => [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service }, ...(Condition && { Condition }) },
  ];

  test('may report, keep checkpoints and write models; what starts them pulls the image and writes the log', () => {
    const template = templateWith(batch((stack) => ({ image: ecrImage(stack) })));
    expectAllowed(template, TRAINING, TRIAL);
    expectAllowed(template, 'Tuner/TrialRunner/ExecutionRole', [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], '${Tuner/TrialRunner/LogGroup.Arn}'),
      ...PULL,
    ]);
    const thisAccount = { 'aws:SourceAccount': '${AWS::AccountId}' };
    expect(template.trustOf(TRAINING)).toEqual(
      trust('ecs-tasks.amazonaws.com', {
        StringEquals: thisAccount,
        ArnLike: { 'aws:SourceArn': job(`ecs:${HERE}:*`) },
      }),
    );
    expect(template.trustOf('Tuner/TrialRunner/ExecutionRole')).toEqual(
      trust('ecs-tasks.amazonaws.com', { StringEquals: thisAccount }),
    );
  });

  test('have instances that may do what the agent on them needs, and nothing else', () => {
    const template = templateWith(batch());
    expect(template.statementsOf('Tuner/TrialRunner/InstanceRole')).toEqual([]);
    expect(template.properties('Tuner/TrialRunner/InstanceRole')).toMatchObject({
      ManagedPolicyArns: ['arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role'],
    });
    expect(template.trustOf('Tuner/TrialRunner/InstanceRole')).toEqual(trust('ec2.amazonaws.com'));
    expect(template.properties('Tuner/TrialRunner/InstanceProfile').Roles).toEqual([
      '${Tuner/TrialRunner/InstanceRole}',
    ]);
  });

  test.each<[string, Parameters<typeof batch>[0], PropsIn<TunerProps>, Statement[]]>([
    ['spot: nothing', { spot: true }, {}, []],
    [
      'encryptionKey of the tuner',
      {},
      (stack) => ({ encryptionKey: new kms.Key(stack, 'Key') }),
      [useOf('${Key.Arn}')],
    ],
    ['a program', { program: script() }, {}, [...read(ASSETS, 'ASSET'), ...read(ASSETS, 'ASSET')]],
    [
      'channels with a key',
      (stack) => ({
        channels: {
          data: {
            bucket: new s3.Bucket(stack, 'Data', { encryptionKey: new kms.Key(stack, 'Key') }),
            prefix: 'digits',
          },
        },
      }),
      {},
      [...read('${Data.Arn}', 'digits'), allow('kms:Decrypt', '${Key.Arn}')],
    ],
    [
      'a whole bucket as channel',
      (stack) => ({ channels: { data: { bucket: s3.Bucket.fromBucketName(stack, 'Data', 'data') } } }),
      {},
      [
        allow('s3:GetObject', 'arn:${AWS::Partition}:s3:::data/*'),
        allow('s3:ListBucket', 'arn:${AWS::Partition}:s3:::data'),
      ],
    ],
  ])('may do more with %s', (_, props, tuner, more) => {
    expectAllowed(templateWith(batch(props), tuner), TRAINING, [...TRIAL, ...more]);
  });
});

describe('a role that is frozen gets nothing, and a warning says what it needs', () => {
  const frozen = (service: string) => (stack: Stack) => ({
    role: new iam.Role(stack, 'Mine', { assumedBy: new iam.ServicePrincipal(service) }).withoutPolicyUpdates(),
  });

  test.each<[string, RunnerOf, RunnerOf]>([
    ['trainingCluster', cluster(), cluster(frozen('sagemaker.amazonaws.com'))],
    ['managedTuning', tuning(), tuning(frozen('sagemaker.amazonaws.com'))],
    ['batch', batch(), batch(frozen('ecs-tasks.amazonaws.com'))],
  ])('%s', (_, ours, theirs) => {
    const stack = stackWith(theirs);
    const template = new ReadableTemplate(stack);
    expect(template.statementsOf('Mine')).toEqual([]);
    expect(template.resources).not.toHaveProperty([TRAINING]);
    const warned = warningsOf(stack, 'cdk-hpo:frozenTrainingRole').join('\n');
    const actions = new Set(
      templateWith(ours)
        .statementsOf(TRAINING)
        .flatMap(({ Action }) => Action),
    );
    for (const action of actions) expect(warned).toContain(`"${action}"`);
    expect(warned).toContain('make sure that it is allowed');
  });

  test.each<[string, RunnerOf]>([
    ['trainingCluster', cluster()],
    ['managedTuning', tuning()],
    ['batch', batch()],
  ])('and none for a role of ours: %s', (_, runner) => {
    expect(warningsOf(stackWith(runner), 'cdk-hpo:frozenTrainingRole')).toEqual([]);
  });
});

describe('of all that is allowed', () => {
  const FULL: [string, RunnerOf][] = [
    ['trainingCluster', cluster((stack) => ({ image: ecrImage(stack), vpc: new ec2.Vpc(stack, 'Vpc') }))],
    ['managedTuning', tuning((stack) => ({ image: ecrImage(stack), vpc: new ec2.Vpc(stack, 'Vpc'), spot: true }))],
    ['batch', batch((stack) => ({ image: ecrImage(stack), spot: true }))],
  ];

  const statementsOf = (template: ReadableTemplate) =>
    Object.values(template.ofType('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement,
    );

  test.each(FULL)('no action has a wildcard, and no ARN names a partition: %s', (_, runner) => {
    const template = templateWith(runner);
    const actions = statementsOf(template).flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(JSON.stringify(template.resources)).not.toMatch(/arn:aws/);
  });

  test.each(FULL)('only what knows no resource is allowed on all of them: %s', (_, runner) => {
    const actions = statementsOf(templateWith(runner))
      .filter(({ Resource }) => [Resource].flat().includes('*'))
      .flatMap(({ Action }) => Action);
    const known = [
      ...LOGS_AND_TRACES.flatMap(({ Action }) => Action),
      ...(NETWORK.Action as string[]),
      // limited to a namespace.
      'cloudwatch:PutMetricData',
      'ecr:GetAuthorizationToken',
      'sagemaker:ListTags',
      // lists have no resources.
      'sagemaker:ListTrainingJobs',
      'sagemaker:ListHyperParameterTuningJobs',
      'servicequotas:ListServiceQuotas',
      'servicequotas:ListAWSDefaultServiceQuotas',
      'batch:ListJobs',
      'batch:DescribeJobs',
    ];
    expect([...new Set(actions)].filter((action) => !known.includes(action))).toEqual([]);
  });

  test('managed policies stand at the instances of AWS Batch alone', () => {
    for (const [, runner] of FULL) {
      const roles = Object.entries(templateWith(runner).ofType('AWS::IAM::Role'))
        .filter(([, { Properties }]) => 'ManagedPolicyArns' in Properties)
        .map(([role]) => role);
      expect(roles.filter((role) => role !== 'Tuner/TrialRunner/InstanceRole')).toEqual([]);
    }
  });
});
