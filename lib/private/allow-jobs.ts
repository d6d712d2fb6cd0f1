import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { STEP_ENVIRONMENT } from '../contract/environment';
import type { TrialRunnerConfig } from '../trial-runner';
import { TRAINING_JOB, TUNING_JOB, jobArn } from './sagemaker-job-task';

/**
 * Jobs that were left behind, or whose program doesn't listen. The policy stands by itself: as part of the functions' roles it
 * would make a cycle, since the state machine needs the functions.
 */
export function allowJobs(scope: Construct, functions: lambda.Function[], runner: TrialRunnerConfig): void {
  const { jobQueueArn } = runner;
  if (jobQueueArn !== undefined) functions.forEach((fn) => fn.addEnvironment(STEP_ENVIRONMENT.JOB_QUEUE, jobQueueArn));
  new iam.Policy(scope, 'JobsPolicy', {
    roles: functions.map((fn) => fn.role!),
    statements:
      jobQueueArn === undefined
        ? [...trainingJobs(scope, runner.jobNamePrefix), ...tuningJobs(scope, runner)]
        : batchJobs(scope),
  });
}

function trainingJobs(scope: Construct, jobNamePrefix: string): iam.PolicyStatement[] {
  return [
    // has no resource-level permission.
    new iam.PolicyStatement({ actions: ['sagemaker:ListTrainingJobs'], resources: ['*'] }),
    new iam.PolicyStatement({
      actions: ['sagemaker:DescribeTrainingJob', 'sagemaker:StopTrainingJob'],
      resources: [jobArn(scope, TRAINING_JOB, jobNamePrefix)],
    }),
  ];
}

function tuningJobs(
  scope: Construct,
  { computeDetails = {}, jobNamePrefix }: TrialRunnerConfig,
): iam.PolicyStatement[] {
  if (computeDetails.tuning === undefined) return [];
  return [
    // has no resource-level permission.
    new iam.PolicyStatement({ actions: ['sagemaker:ListHyperParameterTuningJobs'], resources: ['*'] }),
    new iam.PolicyStatement({
      actions: [
        'sagemaker:DescribeHyperParameterTuningJob',
        'sagemaker:StopHyperParameterTuningJob',
        'sagemaker:ListTrainingJobsForHyperParameterTuningJob',
      ],
      resources: [jobArn(scope, TUNING_JOB, jobNamePrefix)],
    }),
  ];
}

function batchJobs(scope: Construct): iam.PolicyStatement[] {
  return [
    // have no resource-level permission.
    new iam.PolicyStatement({ actions: ['batch:ListJobs', 'batch:DescribeJobs'], resources: ['*'] }),
    new iam.PolicyStatement({ actions: ['batch:TerminateJob'], resources: [batchJobArn(scope)] }),
  ];
}

/** Jobs have ids that Batch draws, so that nothing finer can be named. */
export function batchJobArn(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'batch', resource: 'job', resourceName: '*' });
}
