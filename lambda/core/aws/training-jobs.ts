import {
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  ListTrainingJobsCommand,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { FoundJob, TrainingJobs } from '../study/settle';
import { CLIENT_SETTINGS } from './client-settings';
import { trainingOutcome } from './training-outcome';

export class SageMakerTrainingJobs implements TrainingJobs {
  private readonly client = new SageMakerClient(CLIENT_SETTINGS);

  async find(jobName: string, at: string, fullName?: string): Promise<FoundJob | undefined> {
    const known = fullName === undefined ? undefined : await this.describe(fullName, at);
    if (known !== undefined) return known;
    const { TrainingJobSummaries: jobs = [] } = await this.client.send(
      new ListTrainingJobsCommand({ NameContains: jobName, SortBy: 'CreationTime', SortOrder: 'Descending' }),
    );
    // "contains" is wider than "is this attempt's": attempt 1 is also found in the name of attempt 12.
    const name = jobs.map((job) => job.TrainingJobName!).find((candidate) => candidate.startsWith(`${jobName}-`));
    return name === undefined ? undefined : this.describe(name, at);
  }

  private async describe(name: string, at: string): Promise<FoundJob | undefined> {
    const job = await this.describeIfThere(name);
    if (job === undefined) return undefined;
    const running = job.TrainingJobStatus === 'InProgress' || job.TrainingJobStatus === 'Stopping';
    const trained = (Date.parse(at) - (job.TrainingStartTime?.getTime() ?? Date.parse(at))) / 1000;
    return {
      jobName: name,
      running,
      stopping: job.TrainingJobStatus === 'Stopping',
      outcome: {
        ...trainingOutcome(job),
        // of a running job SageMaker doesn't tell yet; with spot it will be less.
        ...(running && { billableSeconds: Math.max(Math.round(trained), 0) }),
      },
    };
  }

  /** SageMaker answers ValidationException for a job that doesn't exist. */
  private async describeIfThere(name: string): Promise<DescribeTrainingJobCommandOutput | undefined> {
    try {
      return await this.client.send(new DescribeTrainingJobCommand({ TrainingJobName: name }));
    } catch (error) {
      if (error instanceof Error && error.name === 'ValidationException') return undefined;
      throw error;
    }
  }

  async stop(jobName: string): Promise<void> {
    try {
      await this.client.send(new StopTrainingJobCommand({ TrainingJobName: jobName }));
    } catch (error) {
      // it has ended meanwhile, or someone else is stopping it: what was wanted.
      if (!(error instanceof Error) || error.name !== 'ValidationException') throw error;
    }
  }
}
