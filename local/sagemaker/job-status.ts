import type { SecondaryStatus, TrainingJob, TrainingJobStatus } from './training-job';

const STATUS_MESSAGES: Readonly<Record<SecondaryStatus, string>> = {
  Starting: 'Starting the training job',
  Downloading: 'Downloading input data',
  Training: 'Training in progress',
  Interrupted: 'The managed spot instances were reclaimed',
  Restarting: 'Restarting the training job after an internal error',
  Uploading: 'Uploading generated training model',
  Stopping: 'Stopping the training job',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job exceeded MaxRuntimeInSeconds',
  MaxWaitTimeExceeded: 'Training job exceeded MaxWaitTimeInSeconds',
  Completed: 'Training job completed',
  Failed: 'Training job failed',
};

/** Ends the transition that is open and begins the next. */
export function changeStatus(
  job: TrainingJob,
  status: TrainingJobStatus,
  secondaryStatus: SecondaryStatus,
  now: number,
  message: string = STATUS_MESSAGES[secondaryStatus],
): void {
  const last = job.transitions.at(-1);
  if (last !== undefined) last.endTime = now;
  const ended = status !== 'InProgress' && status !== 'Stopping';
  job.transitions.push({
    status: secondaryStatus,
    jobStatus: status,
    startTime: now,
    message,
    ...(ended ? { endTime: now } : {}),
  });
  job.status = status;
  job.secondaryStatus = secondaryStatus;
  job.lastModifiedTime = now;
}
