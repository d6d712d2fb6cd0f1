import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadStacks } from '../../../local/template';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-template-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(stacks: Record<string, unknown>, files: Record<string, unknown> = {}): void {
  const artifacts: Record<string, unknown> = {};
  for (const [name, template] of Object.entries(stacks)) {
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: 'aws://unknown-account/unknown-region',
      properties: { templateFile: `${name}.template.json` },
    };
    writeFileSync(join(folder, `${name}.template.json`), JSON.stringify(template));
  }
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts }));
  writeFileSync(join(folder, 'Hpo.assets.json'), JSON.stringify({ files }));
}

function outputsOf(value: unknown, rest: Record<string, unknown> = {}): unknown {
  write({ Hpo: { ...rest, Outputs: { Value: { Value: value } } } });
  return loadStacks(folder).outputs.Value;
}

const ASSET = {
  abc: {
    source: { path: 'asset.abc', packaging: 'zip' },
    destinations: { here: { bucketName: 'assets', objectKey: 'abc.zip' } },
  },
};

test('describes the state machine, functions, tables and buckets of an app', () => {
  mkdirSync(join(folder, 'asset.abc'));
  write(
    {
      Hpo: {
        Resources: {
          Machine: {
            Type: 'AWS::StepFunctions::StateMachine',
            Properties: {
              RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
              DefinitionString: {
                'Fn::Join': ['', ['{"StartAt":"A","Fn":"', { 'Fn::GetAtt': ['Function', 'Arn'] }, '"}']],
              },
            },
          },
          Role: { Type: 'AWS::IAM::Role', Properties: {} },
          Function: {
            Type: 'AWS::Lambda::Function',
            Properties: {
              Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: 'abc.zip' },
              Handler: 'index.handler',
              Runtime: 'nodejs22.x',
              Timeout: 30,
              Environment: { Variables: { TABLE: { Ref: 'Table' }, BUCKET: { Ref: 'Bucket' } } },
            },
          },
          Inline: {
            Type: 'AWS::Lambda::Function',
            Properties: { Code: { ZipFile: 'exports.handler = 1' }, Handler: 'index.handler', Runtime: 'nodejs22.x' },
          },
          Table: {
            Type: 'AWS::DynamoDB::GlobalTable',
            Properties: {
              KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
              AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
              Replicas: [{ Region: { Ref: 'AWS::Region' } }],
            },
          },
          Bucket: { Type: 'AWS::S3::Bucket' },
        },
        Outputs: { TableName: { Value: { Ref: 'Table' } } },
      },
    },
    ASSET,
  );
  const app = loadStacks(folder);
  const arn = 'arn:aws:lambda:us-east-1:123456789012:function:Hpo-Function';
  expect(app.stateMachines).toEqual([
    {
      stackName: 'Hpo',
      logicalId: 'Machine',
      name: 'Hpo-Machine',
      arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:Hpo-Machine',
      roleArn: 'arn:aws:iam::123456789012:role/Hpo-Role',
      type: 'STANDARD',
      definition: { StartAt: 'A', Fn: arn },
    },
  ]);
  expect(app.functions[0]).toMatchObject({
    name: 'Hpo-Function',
    arn,
    handler: 'index.handler',
    codeFolder: join(folder, 'asset.abc'),
    environment: { TABLE: 'Hpo-Table', BUCKET: 'hpo-bucket' },
    timeoutSeconds: 30,
    memoryMb: 128,
  });
  expect(app.functions[1].codeFolder).toBeUndefined();
  expect(app.functions[1]).toMatchObject({ inlineCode: expect.any(String) as string });
  expect(app.tables[0]).toMatchObject({ name: 'Hpo-Table', keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] });
  expect(app.buckets.map(({ name }) => name)).toEqual(['hpo-bucket']);
  expect(app.outputs).toEqual({ TableName: 'Hpo-Table' });
  expect(app.assets.byKey('abc.zip')).toEqual({ path: join(folder, 'asset.abc'), packaging: 'zip' });
  expect(app.assets.byKey('other')).toBeUndefined();
});

test.each([
  [{ Ref: 'AWS::Region' }, 'us-east-1'],
  [{ Ref: 'AWS::AccountId' }, '123456789012'],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Partition' }]] }, 'a-aws'],
  [{ 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b'] }] }, 'b'],
  [{ 'Fn::Sub': '${AWS::StackName}/${!Literal}' }, 'Hpo/${Literal}'],
  [{ 'Fn::Sub': ['${x}-${AWS::URLSuffix}', { x: 'y' }] }, 'y-amazonaws.com'],
])('%j is %j', (value, expected) => {
  expect(outputsOf(value)).toBe(expected);
});

test('conditions, mappings and parameters resolve', () => {
  const rest = {
    Parameters: { Mode: { Type: 'String', Default: 'small' } },
    Conditions: { Small: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'Mode' }, 'large'] }] } },
    Mappings: { Sizes: { small: { cpu: '1' } } },
  };
  expect(outputsOf({ 'Fn::If': ['Small', { 'Fn::FindInMap': ['Sizes', { Ref: 'Mode' }, 'cpu'] }, 'no'] }, rest)).toBe(
    '1',
  );
});

test('an export of one stack is imported by another, and shared output names carry the stack', () => {
  write({
    A: { Outputs: { Shared: { Value: 'a', Export: { Name: 'the-export' } } } },
    B: { Outputs: { Shared: { Value: { 'Fn::ImportValue': 'the-export' } }, Own: { Value: 'b' } } },
  });
  expect(loadStacks(folder).outputs).toEqual({ 'A.Shared': 'a', 'B.Shared': 'a', Own: 'b' });
});

test.each([
  [{ 'Fn::Cidr': ['10.0.0.0/16', 1, 8] }, /Hpo\/Outputs\/Value\/Value: Fn::Cidr can't be resolved/],
  [{ Ref: 'Nothing' }, /Hpo\/Outputs\/Value\/Value\/Ref: Ref "Nothing" names no resource/],
  [{ 'Fn::GetAtt': ['Nothing', 'Arn'] }, /"Nothing" names no resource/],
  [{ 'Fn::Select': [4, ['a']] }, /index 4 is outside of a list of 1/],
  [{ 'Fn::ImportValue': 'x' }, /no stack of this app exports "x"/],
])('%j is refused by name and path', (value, message) => {
  expect(() => outputsOf(value)).toThrow(message);
});

test('a condition that refers to itself is an error and no endless loop', () => {
  const rest = { Conditions: { Round: { Condition: 'Round' } } };
  expect(() => outputsOf({ 'Fn::If': ['Round', 'a', 'b'] }, rest)).toThrow(/refers to itself/);
});

test('an asset that is gone is named', () => {
  write({ Hpo: {} }, ASSET);
  expect(() => loadStacks(folder)).toThrow(/asset\.abc is missing\. Synthesize the app again/);
});

test('a folder that holds no app is named', () => {
  expect(() => loadStacks(join(folder, 'nowhere'))).toThrow(/manifest\.json: not found\. Give the folder/);
});

test('long names are cut and stay apart', () => {
  const long = 'X'.repeat(80);
  write({
    Hpo: {
      Resources: {
        [`${long}A`]: { Type: 'AWS::S3::Bucket' },
        [`${long}B`]: { Type: 'AWS::S3::Bucket' },
      },
    },
  });
  const [a, b] = loadStacks(folder).buckets.map(({ name }) => name);
  expect(a.length).toBeLessThanOrEqual(63);
  expect(a).not.toBe(b);
});

test('reads what the CDK synthesizes', async () => {
  const { App, Stack, CfnOutput, aws_lambda: lambda, aws_stepfunctions: sfn } = await import('aws-cdk-lib');
  const code = join(folder, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'index.js'), 'exports.handler = async () => 1;');
  const app = new App({ outdir: join(folder, 'cdk.out') });
  const stack = new Stack(app, 'Real');
  const fn = new lambda.Function(stack, 'Fn', {
    code: lambda.Code.fromAsset(code),
    handler: 'index.handler',
    runtime: lambda.Runtime.NODEJS_22_X,
  });
  const machine = new sfn.StateMachine(stack, 'Machine', {
    definitionBody: sfn.DefinitionBody.fromString(`{"StartAt":"A","Resource":"${fn.functionArn}"}`),
  });
  new CfnOutput(stack, 'MachineArn', { value: machine.stateMachineArn });
  app.synth();
  const loaded = loadStacks(join(folder, 'cdk.out'));
  expect(loaded.functions).toHaveLength(1);
  expect(loaded.functions[0].codeFolder).toMatch(/asset\./);
  expect(loaded.stateMachines[0].definition.Resource).toBe(loaded.functions[0].arn);
  expect(loaded.outputs.MachineArn).toBe(loaded.stateMachines[0].arn);
});
