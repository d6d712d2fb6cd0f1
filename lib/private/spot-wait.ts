import { Duration } from 'aws-cdk-lib';
import { MAX_WAIT_SECONDS } from '../contract/limits';

const DAY_SECONDS = 86_400;

/**
 * How long a job on spare capacity waits and runs, together: a day more than it may run, unless told otherwise.
 *
 * @param most seconds: less than SageMaker's own limit for images that keep no checkpoints
 */
export function spotWait(
  maxWait: Duration | undefined,
  maxRuntime: Duration,
  most: number = MAX_WAIT_SECONDS,
): Duration {
  const wait =
    maxWait ??
    (maxRuntime.isUnresolved()
      ? maxRuntime
      : Duration.seconds(Math.max(Math.min(maxRuntime.toSeconds() + DAY_SECONDS, most), maxRuntime.toSeconds())));
  if (!wait.isUnresolved() && wait.toSeconds() > most) {
    throw new Error(
      `maxWait must be at most ${most} seconds for an image that keeps no checkpoints, got ${wait.toSeconds()}; lower maxWait and maxRuntime, or don't use spot`,
    );
  }
  return wait;
}
