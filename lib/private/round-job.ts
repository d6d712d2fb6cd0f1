/**
 * Where one job runs all trials of a round. Its name never repeats, and a redrive doesn't begin it again: its trials have been
 * settled by then, and Plan round makes another one.
 */
export const ROUND_JOB_NAME =
  "{% $states.context.Execution.RedriveCount > $job.redrives ? $error('the execution was redriven') : " +
  "$job.name & '-' & $string($states.context.State.RetryCount) & '-' & $string($states.context.Execution.RedriveCount) %}";

/** How the round's training job ended. */
export const ROUND_OUTCOME =
  "{% { 'jobName': $states.result.TrainingJobName, 'status': $states.result.TrainingJobStatus, " +
  "'secondaryStatus': $states.result.SecondaryStatus, 'failureReason': $states.result.FailureReason, " +
  "'billableSeconds': $states.result.BillableTimeInSeconds, 'trainingSeconds': $states.result.TrainingTimeInSeconds } %}";

/** How the round's job of automatic model tuning ended. */
export const TUNING_OUTCOME =
  "{% { 'jobName': $states.result.HyperParameterTuningJobName, 'status': $states.result.HyperParameterTuningJobStatus, " +
  "'failureReason': $states.result.FailureReason } %}";
