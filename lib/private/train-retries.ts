import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** Creating a training job is tried again when nothing is wrong with the request. A job that ran and failed is not. */
export const TRAIN_RETRIES: sfn.RetryProps[] = [
  {
    // the account's quota of instances: free again when other jobs end. A try each half minute on average, for half a day.
    errors: ['SageMaker.ResourceLimitExceededException'],
    interval: Duration.seconds(60),
    backoffRate: 1,
    maxAttempts: 1440,
    jitterStrategy: sfn.JitterType.FULL,
  },
  {
    // CreateTrainingJob is limited to one call a second, and other programs share the limit. The documentation doesn't say
    // under which name the optimized integration reports that, so all candidates are here; see docs/unverified.md.
    errors: [
      'SageMaker.ThrottlingException',
      'ThrottlingException',
      'SageMaker.AmazonSageMakerException',
      'SageMaker.SageMakerException',
    ],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxDelay: Duration.seconds(60),
    maxAttempts: 8,
    jitterStrategy: sfn.JitterType.FULL,
  },
];
