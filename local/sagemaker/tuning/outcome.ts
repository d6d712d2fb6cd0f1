import type { ChildResult } from './objective';
import type { TuningJobStatus } from './tuning-job';

/** How a tuning job ends. */
export interface Ending {
  readonly status: TuningJobStatus;
  readonly reason?: string;
}

/** A tuning job ends when so many training jobs have ended and none of them has a result. */
const FRUITLESS_JOBS = 5;

/** Whether the training jobs so far show that there is no use in more of them. */
export function isHopeless(results: readonly ChildResult[]): boolean {
  const tried = results.filter(({ child, status }) => status !== 'Pending' && !child.replaced);
  return isFruitless(results) && tried.length >= FRUITLESS_JOBS;
}

/** How a tuning job ends that nobody has ended: by what its training jobs found. */
export function outcomeOf(results: readonly ChildResult[]): Ending {
  if (results.length === 0) {
    return { status: 'Failed', reason: 'No training job was launched: all hyperparameters there are have been tried.' };
  }
  if (!isFruitless(results)) return { status: 'Completed' };
  const ended = results.filter(({ status }) => status !== 'Pending');
  const reason = ended.every(({ job }) => job.status === 'Failed')
    ? `No training job succeeded after ${ended.length} attempts. For additional details, please take a look at the ` +
      'training job failures by listing training jobs for the hyperparameter tuning job.'
    : `No objective metrics found after running ${ended.length} training jobs. Please ensure that the custom algorithm ` +
      'is emitting the objective metric as defined by the regular expression provided.';
  return { status: 'Failed', reason };
}

function isFruitless(results: readonly ChildResult[]): boolean {
  return results.every(({ value }) => value === undefined);
}
