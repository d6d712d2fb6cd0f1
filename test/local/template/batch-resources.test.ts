import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnComputeEnvironment, CfnJobDefinition, CfnJobQueue } from 'aws-cdk-lib/aws-batch';
import { loadStacks } from '../../../local/template';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-template-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ARN = 'arn:aws:batch:us-east-1:123456789012:';

/** Loads a template of one stack. */
function load(Resources: Record<string, unknown>, Outputs: Record<string, unknown> = {}) {
  const artifact = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/unknown-region',
    properties: { templateFile: 'Hpo.template.json' },
  };
  writeFileSync(join(folder, 'Hpo.template.json'), JSON.stringify({ Resources, Outputs }));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts: { Hpo: artifact } }));
  return loadStacks(folder);
}

test('a synthesized app has its queue, its environment and its job definition', () => {
  const app = new App({ outdir: folder });
  const stack = new Stack(app, 'Hpo');
  const environment = new CfnComputeEnvironment(stack, 'Machines', {
    type: 'MANAGED',
    computeResources: {
      ...{ type: 'SPOT', minvCpus: 2, maxvCpus: 64, instanceTypes: ['g5.xlarge', 'optimal'] },
      ...{ subnets: ['subnet-1'], securityGroupIds: ['sg-1'], instanceRole: 'role' },
    },
  });
  new CfnJobQueue(stack, 'Queue', {
    priority: 5,
    computeEnvironmentOrder: [
      { order: 2, computeEnvironment: 'elsewhere' },
      { order: 1, computeEnvironment: environment.attrComputeEnvironmentArn },
    ],
    jobStateTimeLimitActions: [
      { action: 'CANCEL', maxTimeSeconds: 600, reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', state: 'RUNNABLE' },
    ],
  });
  new CfnJobDefinition(stack, 'Training', {
    type: 'container',
    jobDefinitionName: 'training',
    containerProperties: {
      image: stack.resolve('image:latest') as string,
      command: ['python3', 'train.py'],
      environment: [{ name: 'REGION', value: stack.region }],
      resourceRequirements: [
        { type: 'VCPU', value: '4' },
        { type: 'GPU', value: '1' },
      ],
      jobRoleArn: 'arn:aws:iam::123456789012:role/job',
    },
    retryStrategy: {
      attempts: 3,
      evaluateOnExit: [
        { action: 'RETRY', onStatusReason: 'Host EC2*' },
        { action: 'EXIT', onReason: '*', onExitCode: '1' },
      ],
    },
    timeout: { attemptDurationSeconds: 3600 },
  });
  app.synth();
  const { jobQueues, computeEnvironments, jobDefinitions } = loadStacks(folder);
  expect(computeEnvironments).toEqual([
    {
      ...{ stackName: 'Hpo', logicalId: 'Machines', name: 'Hpo-Machines' },
      ...{ arn: `${ARN}compute-environment/Hpo-Machines`, resources: 'SPOT' },
      ...{ minVcpus: 2, maxVcpus: 64, instanceTypes: ['g5.xlarge', 'optimal'] },
    },
  ]);
  expect(jobQueues).toEqual([
    {
      ...{ stackName: 'Hpo', logicalId: 'Queue', name: 'Hpo-Queue', arn: `${ARN}job-queue/Hpo-Queue` },
      ...{ priority: 5, enabled: true },
      computeEnvironments: [`${ARN}compute-environment/Hpo-Machines`, 'elsewhere'],
      stateTimeLimits: [{ reason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', maxTimeSeconds: 600 }],
    },
  ]);
  expect(jobDefinitions).toEqual([
    {
      ...{ stackName: 'Hpo', logicalId: 'Training', name: 'training', arn: `${ARN}job-definition/training:1` },
      container: {
        image: 'image:latest',
        command: ['python3', 'train.py'],
        environment: [{ name: 'REGION', value: 'us-east-1' }],
        resourceRequirements: [
          { type: 'VCPU', value: '4' },
          { type: 'GPU', value: '1' },
        ],
        jobRoleArn: 'arn:aws:iam::123456789012:role/job',
      },
      retryStrategy: {
        attempts: 3,
        evaluateOnExit: [
          { action: 'RETRY', onStatusReason: 'Host EC2*' },
          { action: 'EXIT', onReason: '*', onExitCode: '1' },
        ],
      },
      attemptDurationSeconds: 3600,
    },
  ]);
});

test('references to them are their ARNs', () => {
  const { outputs } = load(
    {
      Queue: { Type: 'AWS::Batch::JobQueue', Properties: { JobQueueName: 'q' } },
      Definition: { Type: 'AWS::Batch::JobDefinition', Properties: {} },
      Machines: { Type: 'AWS::Batch::ComputeEnvironment', Properties: {} },
    },
    {
      Queue: { Value: { Ref: 'Queue' } },
      QueueArn: { Value: { 'Fn::GetAtt': ['Queue', 'JobQueueArn'] } },
      Definition: { Value: { Ref: 'Definition' } },
      Machines: { Value: { Ref: 'Machines' } },
    },
  );
  expect(outputs).toEqual({
    Queue: `${ARN}job-queue/q`,
    QueueArn: `${ARN}job-queue/q`,
    Definition: `${ARN}job-definition/Hpo-Definition:1`,
    Machines: `${ARN}compute-environment/Hpo-Machines`,
  });
});

test('what the instances of an environment need may come from outside of the app', () => {
  const { computeEnvironments } = load({
    Machines: {
      Type: 'AWS::Batch::ComputeEnvironment',
      Properties: {
        Type: 'MANAGED',
        ComputeResources: { Type: 'FARGATE', MaxvCpus: 16, Subnets: { 'Fn::ImportValue': 'of-another-app' } },
      },
    },
  });
  expect(computeEnvironments).toMatchObject([{ resources: 'FARGATE', minVcpus: 0, maxVcpus: 16, instanceTypes: [] }]);
});

test('a disabled environment has no room, an unmanaged one what it says', () => {
  const { computeEnvironments } = load({
    Off: {
      Type: 'AWS::Batch::ComputeEnvironment',
      Properties: { State: 'DISABLED', ComputeResources: { Type: 'EC2', MaxvCpus: 16 } },
    },
    Own: { Type: 'AWS::Batch::ComputeEnvironment', Properties: { Type: 'UNMANAGED', UnmanagedvCpus: 8 } },
    Unsaid: { Type: 'AWS::Batch::ComputeEnvironment', Properties: { Type: 'UNMANAGED' } },
  });
  expect(computeEnvironments.map(({ maxVcpus }) => maxVcpus)).toEqual([0, 8, Infinity]);
});

test('a definition in the older words has its requirements, and one that cannot run here says so', () => {
  const { jobDefinitions } = load({
    Old: {
      Type: 'AWS::Batch::JobDefinition',
      Properties: { Type: 'container', ContainerProperties: { Image: 'image', Vcpus: 2, Memory: 1024 } },
    },
    Nodes: {
      Type: 'AWS::Batch::JobDefinition',
      Properties: { Type: 'multinode', NodeProperties: { NumNodes: 2 } },
    },
  });
  expect(jobDefinitions[0].container).toMatchObject({
    command: [],
    resourceRequirements: [
      { type: 'VCPU', value: '2' },
      { type: 'MEMORY', value: '1024' },
    ],
  });
  expect(jobDefinitions[1]).not.toHaveProperty('container');
  expect(jobDefinitions[1].problem).toMatch(/^Hpo\/Resources\/Nodes\/Properties: only jobs of one container/);
});
