import { BatchClient, DescribeJobsCommand, ListJobsCommand, TerminateJobCommand } from '@aws-sdk/client-batch';
import { NAME_SEPARATOR, STOP_REASON, batchOutcome, hasEnded } from '../study/batch-outcome';
import { FoundJob, TrainingJobs } from '../study/settle';
import { CLIENT_SETTINGS } from './client-settings';

/** Jobs of AWS Batch; the name of one is its name and its id here, since Batch lets many have one name. */
export class BatchJobs implements TrainingJobs {
  private readonly client = new BatchClient(CLIENT_SETTINGS);

  constructor(private readonly jobQueue: string) {}

  async find(jobName: string, at: string): Promise<FoundJob | undefined> {
    const { jobSummaryList: jobs = [] } = await this.client.send(
      // with a filter, jobs of all states are listed.
      new ListJobsCommand({ jobQueue: this.jobQueue, filters: [{ name: 'JOB_NAME', values: [`${jobName}-*`] }] }),
    );
    const [newest] = [...jobs].sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
    if (newest === undefined) return undefined;
    const { jobs: [job] = [] } = await this.client.send(new DescribeJobsCommand({ jobs: [newest.jobId!] }));
    if (job === undefined) return undefined;
    const outcome = batchOutcome(job, at);
    const running = !hasEnded(job);
    return {
      jobName: outcome.jobName!,
      running,
      stopping: running && (job.isTerminated === true || job.isCancelled === true),
      outcome,
    };
  }

  /** A job that has ended meanwhile is left alone by Batch itself. */
  async stop(jobName: string): Promise<void> {
    await this.client.send(
      new TerminateJobCommand({ jobId: jobName.split(NAME_SEPARATOR).at(-1), reason: STOP_REASON }),
    );
  }
}
