import type { DescribeTrainingJobAnswer } from './describe-training-job';
import { runJobTask } from './job-task';
import type { JobTaskOptions } from './job-task';
import type { SageMakerService } from './sagemaker-service';

export { TaskFailure } from './job-task';

export type TrainingJobTaskOptions = JobTaskOptions<{ readonly TrainingJobArn: string }>;

/** The task `arn:aws:states:::sagemaker:createTrainingJob.sync`: creates the job and waits for its end. */
export function runTrainingJobTask(
  service: SageMakerService,
  input: Record<string, unknown>,
  options: TrainingJobTaskOptions = {},
): Promise<DescribeTrainingJobAnswer> {
  return runJobTask(
    {
      clock: service.clock,
      create: () => service.createTrainingJob(input),
      name: input.TrainingJobName as string,
      stop: (name) => service.stop(name),
      waitForEnd: (name) => service.waitForEnd(name),
      statusOf: (answer) => answer.TrainingJobStatus,
    },
    options,
  );
}
