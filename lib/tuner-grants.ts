import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** What others may be allowed to do with a tuner. */
export class TunerGrants {
  /** @internal */
  public constructor(
    private readonly stateMachine: sfn.StateMachine,
    private readonly table: dynamodb.Table,
    private readonly encryptionKey: kms.IKey | undefined,
    private readonly workerStatements: iam.PolicyStatement[] | undefined,
  ) {}

  /** Start studies. */
  public startStudy(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
    return this.stateMachine.grantStartExecution(grantee);
  }

  /** See studies run: executions, their history and their output. */
  public readStudies(grantee: iam.IGrantable): iam.Grant {
    const grant = this.stateMachine.grantRead(grantee);
    this.encryptionKey?.grant(grantee, 'kms:Decrypt');
    const slots = (resource: string, resourceName: string) =>
      Stack.of(this.stateMachine).formatArn({
        service: 'states',
        resource,
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const name = this.stateMachine.stateMachineName;
    // the slots of a study are executions of their own.
    return grant.combine(
      iam.Grant.addToPrincipal({
        grantee,
        actions: [
          'states:ListMapRuns',
          'states:DescribeMapRun',
          'states:ListExecutions',
          'states:DescribeExecution',
          'states:GetExecutionHistory',
        ],
        resourceArns: [slots('execution', `${name}/Slots:*`), slots('mapRun', `${name}/Slots:*`)],
      }),
    );
  }

  /** Stop studies. Their training jobs are stopped with them. */
  public stopStudy(grantee: iam.IGrantable): iam.Grant {
    return this.stateMachine.grantExecution(grantee, 'states:StopExecution');
  }

  /**
   * Run trials of studies, as a worker on a machine of your own: `python -m cdk_hpo worker`.
   *
   * @throws if the tuner's trials don't run in workers
   */
  public runWorker(grantee: iam.IGrantable): void {
    if (this.workerStatements === undefined) {
      throw new Error('runWorker is for tuners with workers; use TrialRunner.trainingCluster as the trialRunner');
    }
    this.workerStatements.forEach((statement) => grantee.grantPrincipal.addToPrincipalPolicy(statement.copy()));
  }

  /** Read every trial, attempt and report from the table. */
  public readRecords(grantee: iam.IGrantable): iam.Grant {
    return this.table.grantReadData(grantee);
  }
}
