import {
  DescribeHyperParameterTuningJobCommand,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  type HyperParameterTrainingJobSummary,
  ListHyperParameterTuningJobsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
} from '@aws-sdk/client-sagemaker';
import { FoundJob } from '../study/settle';
import { TunedJob, TunedJobs, TunedJobsRequest, TuningJobs } from '../study/tuning/collect';
import { CLIENT_SETTINGS } from './client-settings';
import { inParallel } from './in-parallel';
import { trainingInstances, trainingOutcome } from './training-outcome';

/** SageMaker answers no more at once. */
const JOBS_AT_ONCE = 100;

/** DescribeTrainingJob allows five a second; the client's retries smooth the rest. */
const DESCRIBES_AT_ONCE = 2;

/** Jobs of SageMaker automatic model tuning. */
export class SageMakerTuningJobs implements TuningJobs {
  private readonly client = new SageMakerClient(CLIENT_SETTINGS);

  async find(name: string, _at: string, fullName?: string): Promise<FoundJob | undefined> {
    const known = fullName ?? (await this.newest(name));
    return known === undefined ? undefined : this.describe(known);
  }

  async stop(name: string): Promise<void> {
    try {
      await this.client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }));
    } catch (error) {
      // it has ended meanwhile, or someone else is stopping it: what was wanted.
      if (!(error instanceof Error) || !isNotThere(error)) throw error;
    }
  }

  async trainingJobs(tuningJobName: string, { from, known }: TunedJobsRequest): Promise<TunedJobs> {
    const { TrainingJobSummaries = [], NextToken } = await this.client.send(
      new ListTrainingJobsForHyperParameterTuningJobCommand({
        HyperParameterTuningJobName: tuningJobName,
        SortBy: 'CreationTime',
        SortOrder: 'Ascending',
        MaxResults: JOBS_AT_ONCE,
        NextToken: from,
      }),
    );
    const wanted = TrainingJobSummaries.filter((summary) => !known.has(summary.TrainingJobName!));
    const jobs: TunedJob[] = [];
    await inParallel(wanted, DESCRIBES_AT_ONCE, async (summary, index) => {
      // the list doesn't tell what was billed, on what the job ran, nor any metric but the objective.
      jobs[index] = tunedJob(summary, await this.describeTraining(summary.TrainingJobName!));
    });
    return { jobs, next: NextToken };
  }

  private async describeTraining(name: string): Promise<DescribeTrainingJobCommandOutput | undefined> {
    try {
      return await this.client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
    } catch (error) {
      if (error instanceof Error && isNotThere(error)) return undefined;
      throw error;
    }
  }

  private async newest(name: string): Promise<string | undefined> {
    const { HyperParameterTuningJobSummaries: jobs = [] } = await this.client.send(
      new ListHyperParameterTuningJobsCommand({ NameContains: name, SortBy: 'CreationTime', SortOrder: 'Descending' }),
    );
    return jobs.map((job) => job.HyperParameterTuningJobName!).find((candidate) => candidate.startsWith(`${name}-`));
  }

  private async describe(name: string): Promise<FoundJob | undefined> {
    try {
      const job = await this.client.send(
        new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }),
      );
      const status = job.HyperParameterTuningJobStatus;
      return {
        jobName: name,
        running: status === 'InProgress' || status === 'Stopping',
        stopping: status === 'Stopping',
        outcome: { jobName: name, status, failureReason: job.FailureReason },
      };
    } catch (error) {
      if (error instanceof Error && isNotThere(error)) return undefined;
      throw error;
    }
  }
}

function tunedJob(summary: HyperParameterTrainingJobSummary, job?: DescribeTrainingJobCommandOutput): TunedJob {
  const jobName = summary.TrainingJobName!;
  const status = job?.TrainingJobStatus ?? summary.TrainingJobStatus;
  // it may have ended since the list was made.
  const endTime = job?.TrainingEndTime ?? summary.TrainingEndTime;
  const instances = job && trainingInstances(job);
  return {
    jobName,
    tuned: summary.TunedHyperParameters ?? {},
    createdAt: summary.CreationTime!.toISOString(),
    ...(endTime && { endedAt: endTime.toISOString() }),
    running: status === 'InProgress' || status === 'Stopping',
    outcome: job === undefined ? { jobName, status, failureReason: summary.FailureReason } : trainingOutcome(job),
    ...(instances && { instances }),
  };
}

function isNotThere({ name }: Error): boolean {
  return name === 'ValidationException' || name === 'ResourceNotFound';
}
