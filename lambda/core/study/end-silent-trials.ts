import { StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { TrainingJobs } from './settle';
import { JobStopper } from './stop-jobs';

/** An attempt without a job after this time has lost its slot: it never begins. */
const LONGEST_BEGIN_MS = 10 * 60_000;

/**
 * Stops the jobs of trials that have never reported in their current attempt, when the study has reached its end: those that
 * report are told so by their next report, but a container without a client would train on.
 *
 * @returns when those begin that have no job yet and have to be looked at again, in milliseconds since the epoch
 */
export async function endSilentTrials(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  { reason, at }: { readonly reason: string; readonly at: string },
  { store, jobs }: { readonly store: StudyStore; readonly jobs: TrainingJobs },
): Promise<number[]> {
  const beginning: number[] = [];
  const stopper = new JobStopper(jobs, store, at);
  for (const trial of trials) {
    if (trial.state !== 'RUNNING' || trial.decision !== undefined) continue;
    const { attempt, jobName, startAt, firstReport, worker } = currentAttempt(trial);
    // a worker hears it in the answer to its heartbeat.
    if (firstReport !== undefined || worker !== undefined) continue;
    const job = await jobs.find(jobName, at);
    const begins = Date.parse(startAt);
    if (job === undefined && Date.parse(at) - begins < LONGEST_BEGIN_MS) beginning.push(begins);
    // one that has ended speaks for itself.
    if (!job?.running) continue;
    // first the job: a trial that has been told isn't looked at again.
    if (!job.stopping) await stopper.stop(job.jobName);
    await store.changeTrial(study.study, trial.trial, (record) =>
      record.state === 'RUNNING' && currentAttempt(record).attempt === attempt && record.decision === undefined
        ? { ...record, decision: 'stop', decisionReason: reason }
        : record,
    );
  }
  return beginning;
}
