import { runJobTask } from '../job-task';
import type { JobTaskOptions } from '../job-task';
import type { SageMakerService } from '../sagemaker-service';
import type { DescribeTuningJobAnswer } from './describe-tuning-job';

/** The task `arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync`: creates the job and waits for its end. */
export function runTuningJobTask(
  { clock, tuning }: SageMakerService,
  input: Record<string, unknown>,
  options: JobTaskOptions<{ readonly HyperParameterTuningJobArn: string }> = {},
): Promise<DescribeTuningJobAnswer> {
  return runJobTask(
    {
      clock,
      create: () => tuning.create(input),
      name: input.HyperParameterTuningJobName as string,
      stop: (name) => tuning.stop(name),
      waitForEnd: (name) => tuning.waitForEnd(name),
      statusOf: (answer) => answer.HyperParameterTuningJobStatus,
    },
    options,
  );
}
