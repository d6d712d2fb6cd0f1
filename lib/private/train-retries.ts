import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** Creating a training job is tried again when nothing is wrong with the request. A job that ran and failed is not. */
export class TrainRetries {
  public static readonly ALL: sfn.RetryProps[] = [
    {
      // CreateTrainingJob is limited to one call a second, and other programs share the limit. Only errors that certainly
      // created no job are tried again here: with a new name, a second job would run beside the first. All others, such as
      // throttling under a general name, and a quota that is used up, are for Record trial, which starts the next attempt
      // when its turn comes.
      errors: ['SageMaker.ThrottlingException', 'ThrottlingException'],
      interval: Duration.seconds(2),
      backoffRate: 2,
      maxDelay: Duration.seconds(60),
      maxAttempts: 8,
      jitterStrategy: sfn.JitterType.FULL,
    },
  ];

  /** All retries of a slot: each adds to the history of its execution, which has an end. */
  public static readonly COUNT =
    '{% $retries + ($exists($states.context.State.RetryCount) ? $states.context.State.RetryCount : 0) %}';
}
