export type { DescribeTuningJobAnswer } from './describe-tuning-job';
export { TuningJobs } from './tuning-jobs';
export type { TuningQuota } from './tuning-quota';
export { runTuningJobTask } from './tuning-job-task';
