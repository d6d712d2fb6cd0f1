import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  Aws,
  CfnCondition,
  CfnMapping,
  CfnOutput,
  Fn,
  Stack,
  aws_dynamodb as dynamodb,
  aws_ec2 as ec2,
  aws_events as events,
  aws_events_targets as targets,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  aws_logs_destinations as destinations,
  aws_s3 as s3,
  aws_stepfunctions as sfn,
} from 'aws-cdk-lib';
import { AppDescription, loadStacks } from '../../../local/template';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-secured-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(build: (stack: Stack) => void): AppDescription {
  const app = new App({ outdir: join(folder, 'cdk.out') });
  build(new Stack(app, 'Secured'));
  return loadStacks(app.synth().directory);
}

function inlineFunction(stack: Stack, name: string, more: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(stack, name, {
    code: lambda.Code.fromInline('exports.handler = async () => 1;'),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
    ...more,
  });
}

test('an app with everything under one key and in a VPC loads, with what its parts refer to', () => {
  const app = load((stack) => {
    const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
    key.addAlias('alias/hpo');
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
    const securityGroup = new ec2.SecurityGroup(stack, 'Group', { vpc });
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    const table = new dynamodb.TableV2(stack, 'Table', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
    });
    const oldTable = new dynamodb.Table(stack, 'OldTable', {
      partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
      encryptionKey: key,
    });
    const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey: key, enforceSSL: true });
    const fn = inlineFunction(stack, 'Step', {
      vpc,
      securityGroups: [securityGroup],
      environmentEncryption: key,
      logGroup: new logs.LogGroup(stack, 'Logs', { encryptionKey: key }),
      environment: {
        TABLE: table.tableName,
        OLD_TABLE: oldTable.tableName,
        BUCKET: bucket.bucketName,
        KEY: key.keyArn,
        GROUP: securityGroup.securityGroupId,
        SUBNETS: Fn.join(
          ',',
          vpc.privateSubnets.map(({ subnetId }) => subnetId),
        ),
      },
    });
    new sfn.StateMachine(stack, 'Machine', {
      definitionBody: sfn.DefinitionBody.fromString(
        JSON.stringify({ StartAt: 'A', Key: key.keyId, Step: fn.functionArn, Groups: [securityGroup.securityGroupId] }),
      ),
      encryptionConfiguration: new sfn.CustomerManagedEncryptionConfiguration(key),
      logs: { destination: new logs.LogGroup(stack, 'MachineLogs'), level: sfn.LogLevel.ERROR },
      tracingEnabled: true,
    });
  });
  const { environment } = app.functions[0];
  expect(environment).toMatchObject({
    KEY: expect.stringMatching(/^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/) as string,
    BUCKET: app.buckets[0].name,
    GROUP: expect.stringMatching(/\S/) as string,
    SUBNETS: expect.stringMatching(/^[^,]+,[^,]+$/) as string,
  });
  expect(app.tables.map(({ name }) => name).sort()).toEqual([environment.TABLE, environment.OLD_TABLE].sort());
  expect(app.stateMachines[0].definition).toMatchObject({
    Key: environment.KEY.split('/')[1],
    Step: app.functions[0].arn,
    Groups: [environment.GROUP],
  });
});

test('mappings by region, with a default or without, and conditions resolve', () => {
  const { outputs } = load((stack) => {
    const mapping = { 'us-east-1': { account: '683313688378' }, 'eu-west-1': { account: '141502667606' } };
    const accounts = new CfnMapping(stack, 'Accounts', { mapping });
    const isHere = new CfnCondition(stack, 'Here', { expression: Fn.conditionEquals(Aws.REGION, 'us-east-1') });
    new CfnOutput(stack, 'Found', { value: accounts.findInMap(Aws.REGION, 'account') });
    new CfnOutput(stack, 'Fallback', { value: accounts.findInMap(Aws.REGION, 'image', Fn.join('/', ['a', 'b'])) });
    new CfnOutput(stack, 'FoundAll', { value: accounts.findInMap(Aws.REGION, 'account', 'none') });
    new CfnOutput(stack, 'Chosen', { value: Fn.conditionIf(isHere.logicalId, 'here', 'there').toString() });
  });
  expect(outputs).toEqual({ Found: '683313688378', Fallback: 'a/b', FoundAll: '683313688378', Chosen: 'here' });
});

test('a mapping without the entry and without a default is named', () => {
  expect(() =>
    load((stack) => {
      const accounts = new CfnMapping(stack, 'Accounts', { mapping: { 'eu-west-1': { account: '1' } } });
      new CfnOutput(stack, 'Found', { value: accounts.findInMap(Aws.REGION, 'account') });
    }),
  ).toThrow('the mapping Accounts has no entry for us-east-1, account.');
});

test('describes rules for executions, subscriptions of log groups and the retries of functions', () => {
  const app = load((stack) => {
    const fn = inlineFunction(stack, 'Listener', { functionName: 'listener', retryAttempts: 1 });
    const listener = new targets.LambdaFunction(fn);
    new events.Rule(stack, 'Rule', {
      ruleName: 'told',
      eventPattern: { source: ['aws.states'], detail: { status: ['FAILED'] } },
      targets: [listener],
    });
    // what other rules refer to need not be known.
    const unknown = Fn.select(0, Fn.getAzs());
    new events.Rule(stack, 'Other', {
      eventPattern: { source: ['aws.ec2'], detail: { zone: [unknown] } },
      targets: [listener],
    });
    new logs.SubscriptionFilter(stack, 'Filter', {
      filterName: 'lines',
      logGroup: logs.LogGroup.fromLogGroupName(stack, 'Group', '/aws/sagemaker/TrainingJobs'),
      destination: new destinations.LambdaDestination(fn),
      filterPattern: logs.FilterPattern.allTerms('accuracy'),
    });
  });
  expect(app.functions).toMatchObject([{ name: 'listener', asyncRetryAttempts: 1 }]);
  expect(app.rules).toMatchObject([
    {
      name: 'told',
      enabled: true,
      eventPattern: { source: ['aws.states'], detail: { status: ['FAILED'] } },
      targets: [{ arn: app.functions[0].arn, hasInputTransformer: false }],
    },
  ]);
  expect(app.subscriptionFilters).toMatchObject([
    {
      name: 'lines',
      logGroupName: '/aws/sagemaker/TrainingJobs',
      filterPattern: '"accuracy"',
      destinationArn: app.functions[0].arn,
    },
  ]);
});
