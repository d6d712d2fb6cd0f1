import type { TrainingJob } from './training-job';
import { trainingSeconds } from './training-time';
import { warmPoolStatus } from './warm-pool';

/** The answer of DescribeTrainingJob, times as seconds since the epoch. */
export interface DescribeTrainingJobAnswer extends Record<string, unknown> {
  readonly TrainingJobName: string;
  readonly TrainingJobArn: string;
  readonly TrainingJobStatus: string;
  readonly SecondaryStatus: string;
  readonly FailureReason?: string;
}

/** @param now of the clock, by which a warm pool's time runs out */
export function describeTrainingJob(job: TrainingJob, now: number): DescribeTrainingJobAnswer {
  const { Tags: _tags, TrainingJobName: _name, ...request } = job.request as unknown as Record<string, unknown>;
  const seconds = trainingSeconds(job);
  return withoutUndefined({
    ...request,
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    TuningJobArn: job.tuningJobArn,
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
    BillableTimeInSeconds: job.billableSeconds ?? seconds,
    WarmPoolStatus: warmPoolStatus(job, now),
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

export function summarizeTrainingJob(job: TrainingJob, now: number): Record<string, unknown> {
  return withoutUndefined({
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    CreationTime: toSeconds(job.creationTime),
    TrainingEndTime: toSeconds(job.trainingEndTime),
    LastModifiedTime: toSeconds(job.lastModifiedTime),
    TrainingJobStatus: job.status,
    SecondaryStatus: job.secondaryStatus,
    WarmPoolStatus: warmPoolStatus(job, now),
  });
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
