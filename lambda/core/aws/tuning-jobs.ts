import {
  DescribeHyperParameterTuningJobCommand,
  type HyperParameterTrainingJobSummary,
  ListHyperParameterTuningJobsCommand,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
  paginateListTrainingJobsForHyperParameterTuningJob,
} from '@aws-sdk/client-sagemaker';
import { FoundJob } from '../study/settle';
import { TunedJob, TuningJobs } from '../study/tuning/collect';
import { CLIENT_SETTINGS } from './client-settings';
import { inParallel } from './in-parallel';
import { SageMakerTrainingJobs } from './training-jobs';

/** DescribeTrainingJob allows five a second; the client's retries smooth the rest. */
const DESCRIBES_AT_ONCE = 2;

/** Jobs of SageMaker automatic model tuning. */
export class SageMakerTuningJobs implements TuningJobs {
  private readonly client = new SageMakerClient(CLIENT_SETTINGS);
  private readonly trainings = new SageMakerTrainingJobs();

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

  async trainingJobs(tuningJobName: string): Promise<TunedJob[]> {
    const summaries: HyperParameterTrainingJobSummary[] = [];
    const pages = paginateListTrainingJobsForHyperParameterTuningJob(
      { client: this.client, pageSize: 100 },
      { HyperParameterTuningJobName: tuningJobName, SortBy: 'CreationTime', SortOrder: 'Ascending' },
    );
    for await (const page of pages) summaries.push(...(page.TrainingJobSummaries ?? []));
    const jobs: TunedJob[] = [];
    await inParallel(summaries, DESCRIBES_AT_ONCE, async (summary, index) => {
      jobs[index] = await this.tuned(summary);
    });
    return jobs;
  }

  private async tuned(summary: HyperParameterTrainingJobSummary): Promise<TunedJob> {
    const jobName = summary.TrainingJobName!;
    const createdAt = summary.CreationTime!.toISOString();
    // the list doesn't tell what was billed, nor any metric but the objective.
    const found = await this.trainings.find(jobName, summary.TrainingEndTime?.toISOString() ?? createdAt, jobName);
    return {
      jobName,
      tuned: summary.TunedHyperParameters ?? {},
      createdAt,
      ...(summary.TrainingEndTime && { endedAt: summary.TrainingEndTime.toISOString() }),
      running: found?.running ?? false,
      outcome: found?.outcome ?? {
        jobName,
        status: summary.TrainingJobStatus,
        failureReason: summary.FailureReason,
      },
    };
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

function isNotThere({ name }: Error): boolean {
  return name === 'ValidationException' || name === 'ResourceNotFound';
}
