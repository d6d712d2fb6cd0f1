import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

interface CreateTrainingJobTaskProps {
  readonly comment: string;
  /** The request of CreateTrainingJob; strings `{% ... %}` are JSONata. */
  readonly request: Record<string, unknown>;
  readonly jobNamePrefix: string;
  readonly trainingRole: iam.IRole;
  readonly assign: Record<string, unknown>;
}

/**
 * `sagemaker:createTrainingJob.sync` with the whole request open. CDK's `SageMakerCreateTrainingJob` lacks checkpoints,
 * spot and most of the rest, and grants AddTags on a name that is an unevaluated expression.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
 */
export class CreateTrainingJobTask extends sfn.TaskStateBase {
  protected readonly taskMetrics?: sfn.TaskMetricsConfig;
  protected readonly taskPolicies?: iam.PolicyStatement[];

  constructor(
    scope: Construct,
    id: string,
    private readonly task: CreateTrainingJobTaskProps,
  ) {
    super(scope, id, { comment: task.comment, assign: task.assign, queryLanguage: sfn.QueryLanguage.JSONATA });
    this.taskPolicies = this.statements();
  }

  /** @internal */
  protected _renderTask(): any {
    return {
      Resource: `arn:${Aws.PARTITION}:states:::sagemaker:createTrainingJob.sync`,
      Arguments: this.task.request,
    };
  }

  private statements(): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    return [
      new iam.PolicyStatement({
        // AddTags: Step Functions marks the jobs that it starts.
        actions: [
          'sagemaker:CreateTrainingJob',
          'sagemaker:DescribeTrainingJob',
          'sagemaker:StopTrainingJob',
          'sagemaker:AddTags',
        ],
        resources: [trainingJobArn(this, this.task.jobNamePrefix)],
      }),
      // has no resource-level permission.
      new iam.PolicyStatement({ actions: ['sagemaker:ListTags'], resources: ['*'] }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.task.trainingRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
      }),
      // the rule by which Step Functions learns that a job has ended.
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForSageMakerTrainingJobsRule',
          }),
        ],
      }),
    ];
  }
}

/** The training jobs whose names start with the prefix. */
export function trainingJobArn(scope: Construct, jobNamePrefix: string): string {
  return Stack.of(scope).formatArn({
    service: 'sagemaker',
    resource: 'training-job',
    resourceName: `${jobNamePrefix}-*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
