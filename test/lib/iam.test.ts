import { QuotaCheck } from '../../lib';
import {
  newStack,
  newTuner,
  ReadableTemplate,
  sageMakerTraining,
  Statement,
  templateOf,
  tunerDefinitionOf,
} from '../support/lib-stack';
import { ecrImage } from '../support/lib-images';

const STEPS = [
  'OpenStudy',
  'PlanRound',
  'NextTrial',
  'RecordTrial',
  'ReviewRound',
  'FinishStudy',
  'Report',
  'StopStudy',
];
const HERE = '${AWS::Region}:${AWS::AccountId}';

let template: ReadableTemplate;
let jobs: string;

beforeAll(() => {
  const stack = newStack();
  newTuner(stack, { trialRunner: sageMakerTraining({ image: ecrImage(stack) }) });
  template = new ReadableTemplate(stack);
  jobs = `arn:\${AWS::Partition}:sagemaker:${HERE}:training-job/${tunerDefinitionOf(template).compute.jobNamePrefix}-*`;
});

function allow(Action: string | string[], Resource: string | string[], Condition?: Statement['Condition']): Statement {
  return { Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) };
}

function invoke(step: string): Statement {
  return allow('lambda:InvokeFunction', [`\${Tuner/${step}.Arn}`, `\${Tuner/${step}.Arn}:*`]);
}

test('the state machine may run its steps, its training jobs and its slots', () => {
  const statements = template.statementsOf('Tuner/StateMachineRole');
  const expected = [
    ...['OpenStudy', 'PlanRound', 'ReviewRound', 'FinishStudy', 'NextTrial', 'RecordTrial'].map(invoke),
    allow(
      [
        'sagemaker:CreateTrainingJob',
        'sagemaker:DescribeTrainingJob',
        'sagemaker:StopTrainingJob',
        'sagemaker:AddTags',
      ],
      jobs,
    ),
    allow('sagemaker:ListTags', '*'),
    allow('iam:PassRole', '${Tuner/TrialRunner/TrainingRole.Arn}', {
      StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' },
    }),
    allow(
      ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      `arn:\${AWS::Partition}:events:${HERE}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule`,
    ),
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
    allow(
      ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
      '*',
    ),
    // the Map, by the CDK.
    allow('states:StartExecution', '${Tuner/StateMachine}'),
    allow(
      ['states:DescribeExecution', 'states:StopExecution'],
      `arn:\${AWS::Partition}:states:${HERE}:execution:\${Tuner/StateMachine}[6]:*`,
    ),
    allow(
      'states:RedriveExecution',
      `arn:\${AWS::Partition}:states:${HERE}:execution:\${Tuner/StateMachine}[6]/Slots:*`,
    ),
  ];
  expect(statements).toHaveLength(expected.length);
  expect(statements).toEqual(expect.arrayContaining(expected));
});

test('training jobs may pull their image, report, keep checkpoints, write models, log and measure', () => {
  expect(template.statementsOf('Tuner/TrialRunner/TrainingRole')).toEqual([
    allow(
      ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      ['', ':log-stream:*'].map(
        (suffix) => `arn:\${AWS::Partition}:logs:${HERE}:log-group:/aws/sagemaker/TrainingJobs${suffix}`,
      ),
    ),
    allow('cloudwatch:PutMetricData', '*', { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } }),
    invoke('Report'),
    allow(
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      '${Tuner/Bucket.Arn}/checkpoints/*',
    ),
    allow('s3:ListBucket', '${Tuner/Bucket.Arn}', { StringLike: { 's3:prefix': 'checkpoints/*' } }),
    allow(
      ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      `arn:\${AWS::Partition}:ecr:${HERE}:repository/images`,
    ),
    allow('ecr:GetAuthorizationToken', '*'),
    allow(['s3:PutObject', 's3:AbortMultipartUpload'], '${Tuner/Bucket.Arn}/output/*'),
  ]);
});

/** Training jobs that were left behind, or whose program doesn't listen. */
const JOBS = () => [
  allow('sagemaker:ListTrainingJobs', '*'),
  allow(['sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'], jobs),
];
/** Whether the execution before still runs, and whether the quotas allow the study. */
const PREFLIGHT = () => [
  allow('states:DescribeExecution', `arn:\${AWS::Partition}:states:${HERE}:execution:\${Tuner/StateMachine.Name}:*`),
  allow(['servicequotas:ListServiceQuotas', 'servicequotas:ListAWSDefaultServiceQuotas'], '*'),
];
const NOTHING = () => [];

test.each<[string, string, () => Statement[]]>([
  ['OpenStudy', 'stop jobs, and look before it starts', () => [...JOBS(), ...PREFLIGHT()]],
  ['ReviewRound', 'stop jobs', JOBS],
  ['StopStudy', 'stop jobs', JOBS],
  ['NextTrial', 'stop jobs', JOBS],
  ['RecordTrial', 'stop jobs', JOBS],
  [
    'Report',
    'stop jobs, and read study and trial at once',
    () => [...JOBS(), allow('dynamodb:BatchGetItem', '${Tuner/StudyTable.Arn}')],
  ],
  ['PlanRound', 'do nothing else', NOTHING],
  ['FinishStudy', 'do nothing else', NOTHING],
])('%s may log, trace and use the table, and %s', (step, _, more) => {
  const expected = [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], `\${Tuner/${step}/LogGroup.Arn}`),
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], '${Tuner/StudyTable.Arn}'),
    allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'),
    ...more(),
  ];
  const statements = template.statementsOf(`Tuner/${step}/Role`);
  expect(statements).toHaveLength(expected.length);
  expect(statements).toEqual(expect.arrayContaining(expected));
});

test('quotas are not read where they are not to be checked', () => {
  const unchecked = templateOf({ quotaCheck: QuotaCheck.OFF });
  expect(JSON.stringify(unchecked.ofType('AWS::IAM::Policy'))).not.toContain('servicequotas');
});

test('roles are taken by their services, on behalf of this account', () => {
  const trust = Object.fromEntries(
    Object.keys(template.ofType('AWS::IAM::Role')).map((role) => [role, template.trustOf(role)]),
  );
  const trusts = (Service: string, Condition?: Statement['Condition']): Statement[] => [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service }, ...(Condition && { Condition }) },
  ];
  const thisAccount = { 'aws:SourceAccount': '${AWS::AccountId}' };
  expect(trust).toEqual({
    'Tuner/StateMachineRole': trusts('states.amazonaws.com', {
      StringEquals: thisAccount,
      ArnLike: { 'aws:SourceArn': `arn:\${AWS::Partition}:states:${HERE}:stateMachine:*` },
    }),
    'Tuner/TrialRunner/TrainingRole': trusts('sagemaker.amazonaws.com', { StringEquals: thisAccount }),
    // a role can't be passed to Lambda from another account, so there is no deputy to confuse.
    ...Object.fromEntries(STEPS.map((step) => [`Tuner/${step}/Role`, trusts('lambda.amazonaws.com')])),
  });
});

test('no role has a managed policy of AWS', () => {
  for (const { Properties } of Object.values(template.ofType('AWS::IAM::Role'))) {
    expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  }
});

test('no ARN names a partition', () => {
  expect(JSON.stringify(template.resources)).not.toMatch(/arn:aws/);
});

test('only actions that know no resource are allowed on all of them', () => {
  const actions = Object.values(template.ofType('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    (Properties.PolicyDocument as { Statement: Statement[] }).Statement.filter(({ Resource }) =>
      [Resource].flat().includes('*'),
    ).flatMap(({ Action }) => Action),
  );
  expect([...new Set(actions)].sort()).toEqual([
    // limited to the namespace of training jobs by a condition.
    'cloudwatch:PutMetricData',
    // a login for the whole registry; what may be pulled is allowed by repository.
    'ecr:GetAuthorizationToken',
    // Step Functions sets up the delivery of its own logs: documented to need all resources.
    'logs:CreateLogDelivery',
    'logs:DeleteLogDelivery',
    'logs:DescribeLogGroups',
    'logs:DescribeResourcePolicies',
    'logs:GetLogDelivery',
    'logs:ListLogDeliveries',
    'logs:PutResourcePolicy',
    'logs:UpdateLogDelivery',
    // Step Functions and SageMaker: as AWS's own policy for createTrainingJob.sync has it.
    'sagemaker:ListTags',
    // finds a job by a part of its name.
    'sagemaker:ListTrainingJobs',
    // lists have no resources.
    'servicequotas:ListAWSDefaultServiceQuotas',
    'servicequotas:ListServiceQuotas',
    // X-Ray has no resources.
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ]);
});
