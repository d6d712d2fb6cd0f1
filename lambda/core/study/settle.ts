import { AttemptOutcome } from '../../../lib/contract/calls';
import { AttemptRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { afterStop, requeued, withOutcome } from './outcome';
import { JobStopper } from './stop-jobs';

export interface FoundJob {
  readonly jobName: string;
  /** It has not ended yet. */
  readonly running: boolean;
  /** It has been asked to end. */
  readonly stopping?: boolean;
  readonly outcome: AttemptOutcome;
}

/** What settling asks of the service that runs the attempts. */
export interface TrainingJobs {
  /**
   * The newest job whose name starts with this, if there is one.
   *
   * @param at now: what a running job has been billed so far
   * @param fullName the job's whole name, where it is known: it is found although lists don't have it yet
   */
  find(jobName: string, at: string, fullName?: string): Promise<FoundJob | undefined>;

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
  // the jobs of automatic model tuning are its own.
  if (study.tuner.compute.tuning !== undefined) return;
  const stopper = new JobStopper(jobs, store, at);
  for (const trial of await store.loadTrials(study)) {
    // a later execution may have opened the study meanwhile: its slots look after their trials.
    if (trial.state !== 'RUNNING' || runOf(currentAttempt(trial)) > study.run) continue;
    // a worker's trials are no jobs.
    if (currentAttempt(trial).worker !== undefined) continue;
    const job = await jobs.find(currentAttempt(trial).jobName, at);
    if (job?.running && !job.stopping) await stopper.stop(job.jobName);
    await settle(study, trial, at, store, job);
  }
}

/** Of a claim `run/round/slot/turn`. */
function runOf({ claim }: AttemptRecord): number {
  return Number(claim.split('/')[0]);
}

async function settle(
  study: StudyRecord,
  trial: TrialRecord,
  at: string,
  store: StudyStore,
  job: FoundJob | undefined,
): Promise<void> {
  const { attempt } = currentAttempt(trial);
  await store.changeTrial(study.study, trial.trial, (record) => {
    if (record.state !== 'RUNNING' || currentAttempt(record).attempt !== attempt) return record;
    // its fate is sealed, whether or not its job has noticed.
    if (record.decision === 'stop') return withOutcome(study, record, { ...job?.outcome, status: 'Stopped' }, at);
    if (job === undefined) return requeued(record, at, 'the execution ended before the training job began');
    if (job.running) {
      return requeued(record, at, 'the execution ended before the training job did', job.outcome, afterStop(at));
    }

    const ended = withOutcome(study, record, job.outcome, at);
    // what took down the execution may have taken the job with it, and Step Functions stops the jobs of one that is stopped:
    // that counts against neither.
    switch (currentAttempt(ended).failureClass) {
      case 'infrastructure':
        return requeued(record, at, job.outcome.failureReason ?? 'the infrastructure failed', job.outcome);
      case 'stoppedByPerson':
        return requeued(record, at, 'the training job was stopped with its execution', job.outcome);
      default:
        return ended;
    }
  });
}
