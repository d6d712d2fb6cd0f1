import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** The training jobs' role. */
export function createTrainingRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'TrainingRole', {
    description: 'Training jobs of a tuner',
    assumedBy: new iam.ServicePrincipal('sagemaker.amazonaws.com', {
      // against the confused deputy: only for jobs of this account.
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
}

/** Logs and metrics; data, image and reports are granted by what needs them. A role that can't be changed is left alone. */
export function grantTraining({ grantPrincipal }: iam.IRole, scope: Construct): void {
  const logGroup = (suffix: string) =>
    Stack.of(scope).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `/aws/sagemaker/TrainingJobs${suffix}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      resources: [logGroup(''), logGroup(':log-stream:*')],
    }),
  );
  grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      // has no resource-level permission.
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': '/aws/sagemaker/TrainingJobs' } },
    }),
  );
}
