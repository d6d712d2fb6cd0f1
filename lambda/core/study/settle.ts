import { AttemptOutcome } from '../../../lib/contract/calls';
import { StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { requeued, withOutcome } from './outcome';

export interface FoundJob {
  readonly jobName: string;
  readonly running: boolean;
  readonly outcome: AttemptOutcome;
}

/** What settling asks of the service that runs the attempts. */
export interface TrainingJobs {
  /** The newest job whose name starts with this, if there is one. */
  find(jobName: string): Promise<FoundJob | undefined>;

  /** Asks the job to stop; a job that has ended meanwhile is no error. */
  stop(jobName: string): Promise<void>;
}

/**
 * Settles the trials that no slot looks after any more: a job that has ended is recorded, one that still runs is stopped
 * and its trial waits for a slot again, with the same checkpoints.
 */
export async function settleRunningTrials(
  study: StudyRecord,
  at: string,
  { store, jobs }: { store: StudyStore; jobs: TrainingJobs },
): Promise<void> {
  for (const trial of await store.loadTrials(study)) {
    if (trial.state === 'RUNNING') {
      await settle(study, trial, at, store, jobs);
    }
  }
}

async function settle(study: StudyRecord, trial: TrialRecord, at: string, store: StudyStore, jobs: TrainingJobs) {
  const { attempt, jobName } = currentAttempt(trial);
  const job = await jobs.find(jobName);
  if (job?.running) {
    await jobs.stop(job.jobName);
  }
  await store.changeTrial(study.study, trial.trial, (record) => {
    if (record.state !== 'RUNNING' || currentAttempt(record).attempt !== attempt) return record;
    // its fate is sealed, whether or not its job has noticed.
    if (record.decision === 'stop') return withOutcome(study, record, { ...job?.outcome, status: 'Stopped' }, at);
    if (job === undefined || job.running)
      return requeued(record, at, 'the execution ended before the training job did');

    const ended = withOutcome(study, record, job.outcome, at);
    // what took down the execution may have taken the job with it: that counts against neither.
    return currentAttempt(ended).failureClass === 'infrastructure'
      ? requeued(record, at, job.outcome.failureReason ?? 'the infrastructure failed')
      : ended;
  });
}
