import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as destinations from 'aws-cdk-lib/aws-logs-destinations';
import { Construct } from 'constructs';

/** All training jobs of an account and region print here. */
const TRAINING_LOG_GROUP = '/aws/sagemaker/TrainingJobs';

/** Hands the lines that training jobs print to a function. */
export function subscribeToTrainingLogs(scope: Construct, fn: lambda.IFunction, filter: string | undefined): void {
  new logs.SubscriptionFilter(scope, 'TrainingLogs', {
    logGroup: logs.LogGroup.fromLogGroupName(scope, 'TrainingLogGroup', TRAINING_LOG_GROUP),
    destination: new destinations.LambdaDestination(fn),
    filterPattern: filter === undefined ? logs.FilterPattern.allEvents() : logs.FilterPattern.allTerms(filter),
  });
}
