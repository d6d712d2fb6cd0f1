import { Annotations, ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { isFrozen } from './frozen-role';

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

/** The training role as grants see it: remembers what it was to be allowed, for roles that can't be changed. */
export class TrainingGrantee implements iam.IGrantable, iam.IPrincipal {
  public readonly grantPrincipal: iam.IPrincipal = this;
  public readonly assumeRoleAction: string;
  public readonly policyFragment: iam.PrincipalPolicyFragment;
  public readonly principalAccount?: string;
  /** All that it was to be allowed. */
  public readonly statements: iam.PolicyStatement[] = [];

  constructor(private readonly role: iam.IRole) {
    this.assumeRoleAction = role.assumeRoleAction;
    this.policyFragment = role.policyFragment;
    this.principalAccount = role.principalAccount;
  }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    this.statements.push(statement);
    return this.role.grantPrincipal.addToPrincipalPolicy(statement);
  }

  /**
   * Says what a role needs that can't be changed.
   *
   * @param others statements that it was to be allowed by another grantee
   */
  public warnOfMissing(scope: Construct, others: readonly iam.PolicyStatement[] = []): void {
    if (!isFrozen(this.role)) return;
    const all = [...this.statements, ...others];
    const needed = Stack.of(scope).resolve(all.map((statement) => statement.toStatementJson()));
    Annotations.of(scope).addWarningV2(
      'cdk-hpo:frozenTrainingRole',
      `the role of the training jobs can't be changed here; make sure that it is allowed ${JSON.stringify(needed)}`,
    );
  }
}

/** Logs and metrics; data, image and reports are granted by what needs them. */
export function grantTraining({ grantPrincipal }: iam.IGrantable, scope: Construct): void {
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
