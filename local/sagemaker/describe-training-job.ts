import type { TrainingJob } from './training-job';

/** The answer of DescribeTrainingJob, times as seconds since the epoch. */
export interface DescribeTrainingJobAnswer extends Record<string, unknown> {
  readonly TrainingJobName: string;
  readonly TrainingJobArn: string;
  readonly TrainingJobStatus: string;
  readonly SecondaryStatus: string;
  readonly FailureReason?: string;
}

export function describeTrainingJob(job: TrainingJob): DescribeTrainingJobAnswer {
  const { Tags: _tags, TrainingJobName: _name, ...request } = job.request as unknown as Record<string, unknown>;
  const seconds = trainingSeconds(job);
  return withoutUndefined({
    ...request,
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondaryStatus,
    FailureReason: job.failureReason,
    StoppingCondition: job.request.StoppingCondition ?? { MaxRuntimeInSeconds: 86_400 },
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
    ModelArtifacts: job.modelArtifacts === undefined ? undefined : { S3ModelArtifacts: job.modelArtifacts },
    CreationTime: toSeconds(job.creationTime),
    TrainingStartTime: toSeconds(job.trainingStartTime),
    TrainingEndTime: toSeconds(job.trainingEndTime),
    LastModifiedTime: toSeconds(job.lastModifiedTime),
    TrainingTimeInSeconds: seconds,
    BillableTimeInSeconds: seconds,
    SecondaryStatusTransitions: job.transitions.map(({ status, startTime, endTime, message }) =>
      withoutUndefined({
        Status: status,
        StartTime: toSeconds(startTime),
        EndTime: toSeconds(endTime),
        StatusMessage: message,
      }),
    ),
    FinalMetricDataList:
      job.finalMetrics.length === 0
        ? undefined
        : job.finalMetrics.map(({ name, value, time }) => ({
            MetricName: name,
            Value: value,
            Timestamp: toSeconds(time),
          })),
  });
}

export function summarizeTrainingJob(job: TrainingJob): Record<string, unknown> {
  return withoutUndefined({
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    CreationTime: toSeconds(job.creationTime),
    TrainingEndTime: toSeconds(job.trainingEndTime),
    LastModifiedTime: toSeconds(job.lastModifiedTime),
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondaryStatus,
  });
}

function trainingSeconds({ trainingStartTime, trainingEndTime }: TrainingJob): number | undefined {
  if (trainingStartTime === undefined || trainingEndTime === undefined) return undefined;
  return Math.max(1, Math.ceil((trainingEndTime - trainingStartTime) / 1000));
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
