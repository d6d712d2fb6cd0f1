import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { STEP_ENVIRONMENT } from '../contract/environment';
import { requireVpcFor } from './checks';
import { shippedFile } from './shipped-file';

/** What all functions of a tuner share. */
export interface StepSettings {
  readonly table: dynamodb.ITable;
  readonly logRetention: logs.RetentionDays;
  readonly encryptionKey?: kms.IKey;
  readonly vpc?: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
  readonly securityGroups?: ec2.ISecurityGroup[];
}

export interface StepOptions {
  /** Folder under `lambda/`, whose bundle is shipped in `lambda/dist/`. */
  readonly step: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment?: { [name: string]: string };
}

/** What Lambda needs to reach into a VPC; as AWS's own policy for it has it, which knows no resources. */
const NETWORK_INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** Makes the Lambda steps of a tuner: built when this package is, so that synthesis needs neither Docker nor esbuild. */
export class StepFunctions {
  private readonly securityGroups?: ec2.ISecurityGroup[];

  constructor(
    private readonly scope: Construct,
    private readonly settings: StepSettings,
  ) {
    const { vpc, securityGroups, vpcSubnets } = settings;
    requireVpcFor({ vpcSubnets, securityGroups }, vpc);
    if (vpc === undefined) return;
    this.securityGroups = securityGroups ?? [
      new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Functions of a tuner' }),
    ];
  }

  public create(id: string, options: StepOptions): lambda.Function {
    const { table, logRetention, encryptionKey, vpc, vpcSubnets } = this.settings;
    const step = new Construct(this.scope, id);
    const logGroup = new logs.LogGroup(step, 'LogGroup', {
      retention: logRetention,
      encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return new lambda.Function(step, 'Resource', {
      description: options.description,
      runtime: lambda.determineLatestNodeRuntime(step),
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(shippedFile('lambda', 'dist', options.step)),
      handler: 'index.handler',
      memorySize: options.memoryMb,
      timeout: options.timeout,
      tracing: lambda.Tracing.ACTIVE,
      logGroup,
      role: this.createRole(step, logGroup),
      environment: { [STEP_ENVIRONMENT.TABLE]: table.tableName, ...options.environment },
      environmentEncryption: encryptionKey,
      ...(vpc && { vpc, vpcSubnets, securityGroups: this.securityGroups }),
    });
  }

  private createRole(step: Construct, logGroup: logs.LogGroup): iam.Role {
    const { table, encryptionKey, vpc } = this.settings;
    const role = new iam.Role(step, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
        resources: [table.tableArn],
      }),
    );
    // as the table's clients have to: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    encryptionKey?.grant(
      role,
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    );
    if (vpc !== undefined) {
      role.addToPolicy(new iam.PolicyStatement({ actions: NETWORK_INTERFACE_ACTIONS, resources: ['*'] }));
    }
    return role;
  }
}
