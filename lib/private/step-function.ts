import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { STEP_ENVIRONMENT } from '../contract/environment';
import { shippedFile } from './shipped-file';

interface StepFunctionProps {
  /** Folder under `lambda/`, whose bundle is shipped in `lambda/dist/`. */
  readonly step: string;
  readonly description: string;
  readonly table: dynamodb.ITable;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly logRetention: logs.RetentionDays;
}

/** A Lambda step of the workflow: built when this package is, so that synthesis needs neither Docker nor esbuild. */
export function createStepFunction(scope: Construct, id: string, props: StepFunctionProps): lambda.Function {
  const step = new Construct(scope, id);
  const logGroup = new logs.LogGroup(step, 'LogGroup', {
    retention: props.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(step, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      resources: [props.table.tableArn],
    }),
  );
  return new lambda.Function(step, 'Resource', {
    description: props.description,
    runtime: lambda.determineLatestNodeRuntime(step),
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(shippedFile('lambda', 'dist', props.step)),
    handler: 'index.handler',
    memorySize: props.memoryMb,
    timeout: props.timeout,
    tracing: lambda.Tracing.ACTIVE,
    logGroup,
    role,
    environment: { [STEP_ENVIRONMENT.TABLE]: props.table.tableName },
  });
}
