import type { BatchStateTimeLimit, JobQueueDescription } from '../template/description';

/** The queue's limit for a job that waits for this reason. */
export function timeLimitFor(
  { stateTimeLimits = [] }: JobQueueDescription,
  statusReason: string | undefined,
): BatchStateTimeLimit | undefined {
  return stateTimeLimits.find(({ reason }) => statusReason?.startsWith(reason));
}

/** What Batch says of a job that such an action has cancelled. */
export function cancelledBy({ reason }: BatchStateTimeLimit): string {
  return `Canceled by JobStateTimeLimit action due to reason: ${reason}`;
}
