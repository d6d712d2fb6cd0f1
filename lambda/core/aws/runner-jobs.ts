import { STEP_ENVIRONMENT } from '../../../lib/contract/environment';
import { TrainingJobs } from '../study/settle';
import { BatchJobs } from './batch-jobs';
import { SageMakerTrainingJobs } from './training-jobs';

/** The jobs of the tuner's trial runner: those of AWS Batch where it has a queue, else SageMaker's. */
export function runnerJobs(): TrainingJobs {
  const jobQueue = process.env[STEP_ENVIRONMENT.JOB_QUEUE];
  return jobQueue === undefined ? new SageMakerTrainingJobs() : new BatchJobs(jobQueue);
}
