export { TrainingJobLogs } from './training-job-logs';
export type { TrainingJobLogsOptions } from './training-job-logs';
export { trainingJobSubscriptions } from './training-job-subscriptions';
export type { TrainingJobSubscription } from './training-job-subscriptions';
