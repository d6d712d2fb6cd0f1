import type { TrainingJob } from './training-job';

/** A run of the program begins with its download: from here on the instances are paid for. */
export function beginRun(job: TrainingJob, now: number): void {
  job.trainingStartTime ??= now;
  job.runStartTime = now;
}

/** Ends the run that is under way, if one is. */
export function endRun(job: TrainingJob, now: number): void {
  if (job.runStartTime === undefined) return;
  job.trainedMilliseconds = (job.trainedMilliseconds ?? 0) + Math.max(0, now - job.runStartTime);
  job.runStartTime = undefined;
}

/** The job trains no more: what it is billed is settled. */
export function endTraining(job: TrainingJob, now: number, spotDiscount: number): void {
  endRun(job, now);
  if (job.trainingStartTime === undefined) return;
  job.trainingEndTime = Math.max(now, job.trainingStartTime);
  const seconds = trainingSeconds(job)!;
  // what is saved is rounded down; a share such as 0.7 is a little less than it says.
  const saved = job.request.EnableManagedSpotTraining ? Math.floor(seconds * spotDiscount + 1e-9) : 0;
  job.billableSeconds = seconds - saved;
}

/** Seconds of all runs so far, without the time in which the job had no instances. */
export function trainedSeconds(job: TrainingJob, now: number): number {
  const running = job.runStartTime === undefined ? 0 : now - job.runStartTime;
  return ((job.trainedMilliseconds ?? 0) + running) / 1000;
}

/** TrainingTimeInSeconds of a job that has ended. */
export function trainingSeconds({
  trainingStartTime,
  trainingEndTime,
  trainedMilliseconds,
}: TrainingJob): number | undefined {
  if (trainingStartTime === undefined || trainingEndTime === undefined) return undefined;
  return Math.max(1, Math.ceil((trainedMilliseconds ?? trainingEndTime - trainingStartTime) / 1000));
}
