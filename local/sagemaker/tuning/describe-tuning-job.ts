import { hasEnded } from '../training-job';
import type { TrainingJob } from '../training-job';
import { trainingSeconds } from '../training-time';
import { jobsWithoutImprovement } from './completion';
import { bestOf, childResults } from './objective';
import type { ChildResult, FindJob } from './objective';
import { definitionsOf } from './tuning-job';
import type { TuningJob } from './tuning-job';

/** The answer of DescribeHyperParameterTuningJob, times as seconds since the epoch. */
export interface DescribeTuningJobAnswer extends Record<string, unknown> {
  readonly HyperParameterTuningJobName: string;
  readonly HyperParameterTuningJobArn: string;
  readonly HyperParameterTuningJobStatus: string;
  readonly FailureReason?: string;
  readonly BestTrainingJob?: Record<string, unknown>;
}

/** @param parents those of a warm start */
export function describeTuningJob(
  tuning: TuningJob,
  parents: readonly TuningJob[],
  find: FindJob,
): DescribeTuningJobAnswer {
  const { Tags: _tags, HyperParameterTuningJobName: _name, ...request } = tuning.request;
  const results = childResults(tuning, find);
  const best = bestOf(results);
  return withoutUndefined({
    ...request,
    HyperParameterTuningJobName: tuning.name,
    HyperParameterTuningJobArn: tuning.arn,
    HyperParameterTuningJobStatus: tuning.status,
    CreationTime: toSeconds(tuning.creationTime)!,
    HyperParameterTuningEndTime: toSeconds(tuning.endTime),
    LastModifiedTime: toSeconds(tuning.lastModifiedTime),
    ...counters(results),
    BestTrainingJob: best && summarizeChild(tuning, best),
    OverallBestTrainingJob: overallBest(tuning, parents, find),
    FailureReason: tuning.failureReason,
    TuningJobCompletionDetails: withoutUndefined({
      NumberOfTrainingJobsObjectiveNotImproving: jobsWithoutImprovement(results),
      ConvergenceDetectedTime: toSeconds(tuning.convergenceTime),
    }),
    ConsumedResources: { RuntimeInSeconds: results.reduce((sum, { job }) => sum + (trainingSeconds(job) ?? 0), 0) },
  });
}

export function summarizeTuningJob(tuning: TuningJob, find: FindJob): Record<string, unknown> {
  const { Strategy, ResourceLimits } = tuning.request.HyperParameterTuningJobConfig;
  return withoutUndefined({
    HyperParameterTuningJobName: tuning.name,
    HyperParameterTuningJobArn: tuning.arn,
    HyperParameterTuningJobStatus: tuning.status,
    Strategy,
    CreationTime: toSeconds(tuning.creationTime),
    HyperParameterTuningEndTime: toSeconds(tuning.endTime),
    LastModifiedTime: toSeconds(tuning.lastModifiedTime),
    ...counters(childResults(tuning, find)),
    ResourceLimits,
  });
}

export function summarizeChild(tuning: TuningJob, { child, job, objective, status, value }: ChildResult) {
  return withoutUndefined({
    TrainingJobDefinitionName: definitionsOf(tuning.request)[child.definition].DefinitionName,
    TrainingJobName: job.name,
    TrainingJobArn: job.arn,
    CreationTime: toSeconds(job.creationTime),
    TrainingStartTime: toSeconds(job.trainingStartTime),
    TrainingEndTime: toSeconds(job.trainingEndTime),
    TrainingJobStatus: job.status,
    TunedHyperParameters: child.tuned,
    FailureReason: job.failureReason,
    FinalHyperParameterTuningJobObjectiveMetric:
      value === undefined ? undefined : { Type: objective.Type, MetricName: objective.MetricName, Value: value },
    ObjectiveStatus: status,
  });
}

// only where parents had the same data and algorithm are their results those of this one.
function overallBest(tuning: TuningJob, parents: readonly TuningJob[], find: FindJob) {
  if (tuning.request.WarmStartConfig?.WarmStartType !== 'IdenticalDataAndAlgorithm') return undefined;
  const all = [tuning, ...parents].flatMap((owner) => childResults(owner, find).map((result) => ({ owner, result })));
  const best = bestOf(all.map(({ result }) => result));
  if (best === undefined) return undefined;
  const { owner } = all.find(({ result }) => result === best)!;
  return { ...summarizeChild(owner, best), TuningJobName: owner.name };
}

function counters(results: readonly ChildResult[]) {
  const jobs = (filter: (job: TrainingJob) => boolean) => results.filter(({ job }) => filter(job)).length;
  const isInternal = ({ failureReason = '' }: TrainingJob) => failureReason.startsWith('InternalServerError');
  const objectives = (wanted: string) => results.filter(({ status }) => status === wanted).length;
  return {
    TrainingJobStatusCounters: {
      Completed: jobs(({ status }) => status === 'Completed'),
      InProgress: jobs((job) => !hasEnded(job)),
      RetryableError: jobs((job) => job.status === 'Failed' && isInternal(job)),
      NonRetryableError: jobs((job) => job.status === 'Failed' && !isInternal(job)),
      Stopped: jobs(({ status }) => status === 'Stopped'),
    },
    ObjectiveStatusCounters: {
      Succeeded: objectives('Succeeded'),
      Pending: objectives('Pending'),
      Failed: objectives('Failed'),
    },
  };
}

function toSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as T;
}
