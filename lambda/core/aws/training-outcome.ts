import type { DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker';
import { AttemptOutcome } from '../../../lib/contract/calls';
import { InstancesDefinition } from '../../../lib/contract/tuner-definition';

/** How a training job has ended, by its description. */
export function trainingOutcome(job: DescribeTrainingJobCommandOutput): AttemptOutcome {
  return {
    jobName: job.TrainingJobName,
    status: job.TrainingJobStatus,
    secondaryStatus: job.SecondaryStatus,
    failureReason: job.FailureReason,
    billableSeconds: job.BillableTimeInSeconds,
    trainingSeconds: job.TrainingTimeInSeconds,
    modelArtifact: job.ModelArtifacts?.S3ModelArtifacts,
    metrics: job.FinalMetricDataList?.map(({ MetricName, Value }) => ({ MetricName, Value })),
  };
}

/** What a training job runs on; undefined where its instances are of several types. */
export function trainingInstances(job: DescribeTrainingJobCommandOutput): InstancesDefinition | undefined {
  const { InstanceType: instanceType, InstanceCount: instanceCount } = job.ResourceConfig ?? {};
  return instanceType === undefined || instanceCount === undefined ? undefined : { instanceType, instanceCount };
}
