import { createHash } from 'node:crypto';
import type { StackDescription } from './description';
import type { JsonObject } from './json';

/** What `Ref` and `Fn::GetAtt` answer for one resource. */
export interface PhysicalResource {
  readonly name: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The property that holds a resource's name and the longest name that the service takes. */
const NAMES: Readonly<
  Record<string, { readonly property: string; readonly maxLength: number; readonly lower?: true }>
> = {
  'AWS::StepFunctions::StateMachine': { property: 'StateMachineName', maxLength: 80 },
  'AWS::Lambda::Function': { property: 'FunctionName', maxLength: 64 },
  'AWS::DynamoDB::Table': { property: 'TableName', maxLength: 255 },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', maxLength: 255 },
  'AWS::S3::Bucket': { property: 'BucketName', maxLength: 63, lower: true },
  'AWS::IAM::Role': { property: 'RoleName', maxLength: 64 },
  'AWS::Logs::LogGroup': { property: 'LogGroupName', maxLength: 512 },
  'AWS::Logs::SubscriptionFilter': { property: 'FilterName', maxLength: 512 },
  'AWS::Events::Rule': { property: 'Name', maxLength: 64 },
  'AWS::Batch::ComputeEnvironment': { property: 'ComputeEnvironmentName', maxLength: 128 },
  'AWS::Batch::JobDefinition': { property: 'JobDefinitionName', maxLength: 128 },
  'AWS::Batch::JobQueue': { property: 'JobQueueName', maxLength: 128 },
};

/** The same app gives the same names on every machine, so that data of an earlier run is found again. */
export function physicalName(
  stack: StackDescription,
  logicalId: string,
  type: string,
  properties: JsonObject,
  resolve: (value: unknown, path: string) => unknown,
): string {
  const rule = NAMES[type] ?? { property: 'Name', maxLength: 255 };
  const given = properties[rule.property];
  const resolved = given === undefined ? undefined : resolve(given, `Properties/${rule.property}`);
  if (typeof resolved === 'string' && resolved !== '') return resolved;
  const full = `${stack.name}-${logicalId}`;
  const cased = rule.lower ? full.toLowerCase() : full;
  if (cased.length <= rule.maxLength) return cased;
  // cut, with a digest of the whole, so that two long names stay two names.
  const digest = createHash('sha256').update(full).digest('hex').slice(0, 8);
  return `${cased.slice(0, rule.maxLength - 9)}-${digest}`;
}

/** The attributes of the types whose shape matters here; any other attribute is a stable placeholder. */
export function physicalResource(
  stack: StackDescription,
  logicalId: string,
  type: string,
  name: string,
  property: (name: string) => unknown,
): PhysicalResource {
  const { region, accountId } = stack;
  const id = createHash('sha256').update(`${stack.name}/${logicalId}`).digest('hex');
  const uuid = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20, 32)].join('-');
  switch (type) {
    case 'AWS::StepFunctions::StateMachine': {
      const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
      return { name, ref: arn, attributes: { Arn: arn, Name: name, StateMachineRevisionId: uuid } };
    }
    case 'AWS::Lambda::Function':
      return { name, ref: name, attributes: { Arn: `arn:aws:lambda:${region}:${accountId}:function:${name}` } };
    case 'AWS::Lambda::Version': {
      const arn = `${functionArn(stack, String(property('FunctionName')))}:1`;
      return { name: arn, ref: arn, attributes: { FunctionArn: arn, Version: '1' } };
    }
    case 'AWS::Lambda::Alias': {
      const arn = `${functionArn(stack, String(property('FunctionName')))}:${name}`;
      return { name: arn, ref: arn, attributes: { AliasArn: arn } };
    }
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': {
      const arn = `arn:aws:dynamodb:${region}:${accountId}:table/${name}`;
      const attributes = { Arn: arn, StreamArn: `${arn}/stream/2026-01-01T00:00:00.000`, TableId: uuid };
      return { name, ref: name, attributes };
    }
    case 'AWS::S3::Bucket': {
      const attributes = {
        Arn: `arn:aws:s3:::${name}`,
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
        DualStackDomainName: `${name}.s3.dualstack.${region}.amazonaws.com`,
        WebsiteURL: `http://${name}.s3-website-${region}.amazonaws.com`,
      };
      return { name, ref: name, attributes };
    }
    case 'AWS::IAM::Role': {
      const arn = `arn:aws:iam::${accountId}:role/${name}`;
      return { name, ref: name, attributes: { Arn: arn, RoleId: `AROA${id.slice(0, 16).toUpperCase()}` } };
    }
    case 'AWS::Logs::LogGroup':
      return { name, ref: name, attributes: { Arn: `arn:aws:logs:${region}:${accountId}:log-group:${name}:*` } };
    case 'AWS::Events::Rule':
      return { name, ref: name, attributes: { Arn: `arn:aws:events:${region}:${accountId}:rule/${name}` } };
    case 'AWS::Batch::ComputeEnvironment': {
      const arn = `arn:aws:batch:${region}:${accountId}:compute-environment/${name}`;
      return { name, ref: arn, attributes: { ComputeEnvironmentArn: arn } };
    }
    case 'AWS::Batch::JobDefinition': {
      // a template says what a definition is, not how it came to be: each is its first revision.
      const arn = `arn:aws:batch:${region}:${accountId}:job-definition/${name}:1`;
      return { name, ref: arn, attributes: { JobDefinitionArn: arn } };
    }
    case 'AWS::Batch::JobQueue': {
      const arn = `arn:aws:batch:${region}:${accountId}:job-queue/${name}`;
      return { name, ref: arn, attributes: { JobQueueArn: arn } };
    }
    case 'AWS::KMS::Key':
      return {
        name: uuid,
        ref: uuid,
        attributes: { Arn: `arn:aws:kms:${region}:${accountId}:key/${uuid}`, KeyId: uuid },
      };
    case 'AWS::SNS::Topic': {
      const arn = `arn:aws:sns:${region}:${accountId}:${name}`;
      return { name, ref: arn, attributes: { TopicArn: arn, TopicName: name } };
    }
    default: {
      const service = (type.split('::')[1] ?? 'local').toLowerCase();
      return { name, ref: name, attributes: { Arn: `arn:aws:${service}:${region}:${accountId}:${name}`, Id: uuid } };
    }
  }
}

function functionArn(stack: StackDescription, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  return `arn:aws:lambda:${stack.region}:${stack.accountId}:function:${nameOrArn}`;
}
