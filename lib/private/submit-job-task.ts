import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { batchJobArn } from './allow-jobs';

interface SubmitJobTaskProps {
  readonly comment: string;
  /** The request of SubmitJob; strings `{% ... %}` are JSONata. */
  readonly request: Record<string, unknown>;
  readonly jobQueueArn: string;
  /** The job definition, as it may be submitted; of a study that goes on during a deployment in an earlier revision. */
  readonly submittableDefinitionArn: string;
  readonly assign: Record<string, unknown>;
}

/**
 * `batch:submitJob.sync`. CDK's `BatchSubmitJob` grants neither DescribeJobs nor TerminateJob: a stopped execution would leave its
 * jobs behind.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
 */
export class SubmitJobTask extends sfn.TaskStateBase {
  protected readonly taskMetrics?: sfn.TaskMetricsConfig;
  protected readonly taskPolicies?: iam.PolicyStatement[];

  constructor(
    scope: Construct,
    id: string,
    private readonly task: SubmitJobTaskProps,
  ) {
    super(scope, id, { comment: task.comment, assign: task.assign, queryLanguage: sfn.QueryLanguage.JSONATA });
    this.taskPolicies = this.statements();
  }

  /** @internal */
  protected _renderTask(): any {
    return { Resource: `arn:${Aws.PARTITION}:states:::batch:submitJob.sync`, Arguments: this.task.request };
  }

  private statements(): iam.PolicyStatement[] {
    return [
      // TagResource: jobs are tagged when they are submitted.
      new iam.PolicyStatement({
        actions: ['batch:SubmitJob', 'batch:TagResource'],
        resources: [this.task.jobQueueArn, this.task.submittableDefinitionArn, batchJobArn(this)],
      }),
      // has no resource-level permission.
      new iam.PolicyStatement({ actions: ['batch:DescribeJobs'], resources: ['*'] }),
      new iam.PolicyStatement({ actions: ['batch:TerminateJob'], resources: [batchJobArn(this)] }),
      // the rule by which Step Functions learns that a job has ended.
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          Stack.of(this).formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForBatchJobsRule',
          }),
        ],
      }),
    ];
  }
}
