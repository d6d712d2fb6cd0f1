import { ExecutionStore } from './store';

/**
 * Ends what ran when an earlier process was killed: it can't go on, its tasks are gone.
 *
 * @param now milliseconds since the epoch
 */
export function endAbandoned(store: ExecutionStore, now: number): void {
  for (const record of store.executions.values()) {
    if (record.status !== 'RUNNING') continue;
    const events = store.resume(record.executionArn);
    const last = events.at(-1);
    const stopDate = Math.max(now, (last?.timestamp ?? 0) * 1000);
    const error = 'Runtime.Ended';
    const cause = 'The process of the local runtime ended before the execution did.';
    store.append(record.executionArn, {
      timestamp: stopDate / 1000,
      type: 'ExecutionAborted',
      id: events.length + 1,
      previousEventId: events.length,
      executionAbortedEventDetails: { error, cause },
    });
    Object.assign(record, { status: 'ABORTED', stopDate, error, cause });
    store.save(record);
  }
  for (const mapRun of store.mapRuns.values()) {
    if (mapRun.status !== 'RUNNING') continue;
    const counts = { ...mapRun.counts, pending: 0, running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0 };
    const children = [...store.executions.values()].filter((record) => record.mapRunArn === mapRun.arn);
    for (const { status } of children) {
      if (status === 'SUCCEEDED') counts.succeeded++;
      else if (status === 'FAILED') counts.failed++;
      else if (status === 'TIMED_OUT') counts.timedOut++;
      else counts.aborted++;
    }
    counts.total = children.length;
    store.saveMapRun({ ...mapRun, status: 'ABORTED', stopDate: now, counts });
  }
}
