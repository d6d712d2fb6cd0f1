import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** A kind of jobs of SageMaker that Step Functions can wait for. */
export interface SageMakerJobKind {
  /** As Step Functions names it. */
  readonly operation: string;
  /** As the operations of SageMaker end. */
  readonly name: string;
  /** In ARNs. */
  readonly resource: string;
  /** The rule by which Step Functions learns that a job has ended. */
  readonly rule: string;
}

export const TRAINING_JOB: SageMakerJobKind = {
  operation: 'createTrainingJob',
  name: 'TrainingJob',
  resource: 'training-job',
  rule: 'StepFunctionsGetEventsForSageMakerTrainingJobsRule',
};

export const TUNING_JOB: SageMakerJobKind = {
  operation: 'createHyperParameterTuningJob',
  name: 'HyperParameterTuningJob',
  resource: 'hyper-parameter-tuning-job',
  rule: 'StepFunctionsGetEventsForSageMakerTuningJobsRule',
};

interface SageMakerJobTaskProps {
  readonly kind: SageMakerJobKind;
  readonly comment: string;
  /** The request that creates the job; strings `{% ... %}` are JSONata. */
  readonly request: Record<string, unknown>;
  readonly jobNamePrefix: string;
  readonly trainingRole: iam.IRole;
  readonly assign: Record<string, unknown>;
}

/**
 * Creates a job of SageMaker and waits for its end, with the whole request open. CDK's `SageMakerCreateTrainingJob` lacks
 * checkpoints, spot and most of the rest, and grants AddTags on a name that is an unevaluated expression; for tuning jobs it has
 * nothing.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html
 */
export class SageMakerJobTask extends sfn.TaskStateBase {
  protected readonly taskMetrics?: sfn.TaskMetricsConfig;
  protected readonly taskPolicies?: iam.PolicyStatement[];

  constructor(
    scope: Construct,
    id: string,
    private readonly task: SageMakerJobTaskProps,
  ) {
    super(scope, id, { comment: task.comment, assign: task.assign, queryLanguage: sfn.QueryLanguage.JSONATA });
    this.taskPolicies = this.statements();
  }

  /** @internal */
  protected _renderTask(): any {
    return {
      Resource: `arn:${Aws.PARTITION}:states:::sagemaker:${this.task.kind.operation}.sync`,
      Arguments: this.task.request,
    };
  }

  private statements(): iam.PolicyStatement[] {
    const { kind, jobNamePrefix, trainingRole } = this.task;
    return [
      // AddTags: Step Functions marks the jobs that it starts.
      new iam.PolicyStatement({
        actions: [
          ...['Create', 'Describe', 'Stop'].map((verb) => `sagemaker:${verb}${kind.name}`),
          'sagemaker:AddTags',
        ],
        resources: [jobArn(this, kind, jobNamePrefix)],
      }),
      // has no resource-level permission.
      new iam.PolicyStatement({ actions: ['sagemaker:ListTags'], resources: ['*'] }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [trainingRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } },
      }),
      new iam.PolicyStatement({
        actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
        resources: [Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: kind.rule })],
      }),
    ];
  }
}

/** The jobs whose names start with the prefix. */
export function jobArn(scope: Construct, { resource }: SageMakerJobKind, jobNamePrefix: string): string {
  return Stack.of(scope).formatArn({
    service: 'sagemaker',
    resource,
    resourceName: `${jobNamePrefix}-*`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
