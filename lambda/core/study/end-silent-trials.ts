import { StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { TrainingJobs } from './settle';
import { JobStopper } from './stop-jobs';

/**
 * Stops the jobs of trials that have never reported in their current attempt, when the study has reached its end: those that
 * report are told so by their next report, but a container without a client would train on.
 */
export async function endSilentTrials(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  { reason, at }: { readonly reason: string; readonly at: string },
  { store, jobs }: { readonly store: StudyStore; readonly jobs: TrainingJobs },
): Promise<void> {
  const stopper = new JobStopper(jobs, store, at);
  for (const trial of trials) {
    if (trial.state !== 'RUNNING' || trial.decision !== undefined) continue;
    const { attempt, jobName, firstReport } = currentAttempt(trial);
    if (firstReport !== undefined) continue;
    const job = await jobs.find(jobName, at);
    // it hasn't begun yet, and will be found when its slot's neighbours end.
    if (job === undefined) continue;
    const told = await store.changeTrial(study.study, trial.trial, (record) =>
      record.state === 'RUNNING' && currentAttempt(record).attempt === attempt && record.decision === undefined
        ? { ...record, decision: 'stop', decisionReason: reason }
        : record,
    );
    if (job.running && told.decision === 'stop') await stopper.stop(job.jobName);
  }
}
