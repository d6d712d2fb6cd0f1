import type { TrainingJob } from './training-job';

/** The job as it was at a time: what Describe and List show that do not know the last changes yet. */
export function jobAsOf(job: TrainingJob, time: number): TrainingJob {
  // a job is seen as soon as it is created.
  const last = Math.max(job.transitions.filter(({ startTime }) => startTime <= time).length, 1) - 1;
  if (last === job.transitions.length - 1) return job;
  const transition = job.transitions[last];
  const began = job.trainingStartTime !== undefined && job.trainingStartTime <= time;
  return {
    ...job,
    status: transition.jobStatus ?? 'InProgress',
    secondaryStatus: transition.status,
    transitions: [...job.transitions.slice(0, last), { ...transition, endTime: undefined }],
    lastModifiedTime: transition.startTime,
    trainingStartTime: began ? job.trainingStartTime : undefined,
    // the end is a job's last transition: all that comes with it is not known yet.
    trainingEndTime: undefined,
    billableSeconds: undefined,
    warmPool: undefined,
    failureReason: undefined,
    finalMetrics: [],
    modelArtifacts: undefined,
  };
}
