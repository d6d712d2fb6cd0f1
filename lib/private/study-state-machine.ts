import { Annotations, Aws, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { isFrozen } from './frozen-role';

interface StudyStateMachineProps {
  readonly definition: sfn.IChainable;
  readonly role?: iam.IRole;
  readonly encryptionKey?: kms.IKey;
  readonly logRetention: logs.RetentionDays;
}

/** What each state machine was to be allowed: the CDK adds to the role while it still constructs. */
const STATEMENTS = new WeakMap<sfn.StateMachine, iam.PolicyStatement[]>();

/** The state machine of a tuner. */
export class StudyStateMachine extends sfn.StateMachine {
  constructor(scope: Construct, id: string, props: StudyStateMachineProps) {
    super(scope, id, {
      definitionBody: sfn.DefinitionBody.fromChainable(props.definition),
      queryLanguage: sfn.QueryLanguage.JSONATA,
      comment: 'Hyperparameter optimization by cdk-hpo: each execution is a study',
      role: props.role ?? createRole(scope),
      tracingEnabled: true,
      encryptionConfiguration:
        props.encryptionKey && new sfn.CustomerManagedEncryptionConfiguration(props.encryptionKey),
      logs: {
        level: sfn.LogLevel.ALL,
        destination: new logs.LogGroup(scope, 'LogGroup', {
          // log groups with this prefix don't use up the account's resource policy for log delivery.
          logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(scope, { maxLength: 128, separator: '-' })}`,
          retention: props.logRetention,
          encryptionKey: props.encryptionKey,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    if (props.encryptionKey !== undefined) this.allowKey(props.encryptionKey);
    if (isFrozen(this.role)) this.warnOfMissing();
  }

  public override addToRolePolicy(statement: iam.PolicyStatement): void {
    STATEMENTS.set(this, [...(STATEMENTS.get(this) ?? []), statement]);
    super.addToRolePolicy(statement);
  }

  /**
   * The CDK allows it for a state machine of a given name only; one whose name is made at deployment can't be in its own role.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
   */
  private allowKey(key: kms.IKey): void {
    this.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:states:stateMachineArn': Stack.of(this).formatArn({
              service: 'states',
              resource: 'stateMachine:*',
            }),
          },
        },
      }),
    );
  }

  private warnOfMissing(): void {
    const stack = Stack.of(this);
    const needed = stack.resolve((STATEMENTS.get(this) ?? []).map((statement) => statement.toStatementJson()));
    Annotations.of(this).addWarningV2(
      'cdk-hpo:frozenStateMachineRole',
      "the role of the state machine can't be changed here; make sure that it is allowed " +
        `${JSON.stringify(needed)}, and for the slots of a study states:StartExecution on the state machine, ` +
        'states:DescribeExecution and states:StopExecution on its executions and states:RedriveExecution on those of its map runs',
    );
  }
}

function createRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'StateMachineRole', {
    description: 'State machine of a tuner',
    assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
      // against the confused deputy: only for state machines of this account and region.
      conditions: {
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
        ArnLike: {
          'aws:SourceArn': Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine:*' }),
        },
      },
    }),
  });
}
