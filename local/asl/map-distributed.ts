import { Interrupted, StatesError } from './errors';
import type { Execution } from './execution';
import { Frame } from './frame';
import { batchItems } from './item-batcher';
import { readItems } from './item-reader';
import { MAX_PAYLOAD_BYTES, byteLength } from './json';
import { selectItem } from './map-inline';
import { MapRun } from './map-run';
import { pool } from './pool';
import type { ToleratedFailures } from './states/map';

/** Runs each item, or batch of items, as an execution of its own. */
export async function runDistributed(
  frame: Frame,
  given: unknown[] | undefined,
  limit: number,
  tolerated: ToleratedFailures,
): Promise<unknown[]> {
  const { level, state, name } = frame;
  const { execution } = level;
  const { host, history } = execution;
  const label = state.Label ?? (name.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 40) || 'Map');
  const machine = { arn: `${execution.stateMachine.arn}/${label}`, name: `${execution.stateMachine.name}/${label}` };
  const mapRun: MapRun = {
    arn: `arn:aws:states:${host.region}:${host.account}:mapRun:${machine.name}:${host.uniqueName()}`,
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachine.arn,
    maxConcurrency: limit,
    toleratedFailureCount: tolerated.count ?? 0,
    toleratedFailurePercentage: tolerated.percentage ?? 0,
    startDate: host.clock.now(),
    status: 'RUNNING',
    counts: { pending: 0, running: 0, succeeded: 0, failed: 0, timedOut: 0, aborted: 0, total: 0 },
  };
  history.add(level.cursor, 'MapRunStarted', { mapRunStartedEventDetails: { mapRunArn: mapRun.arn } });
  host.mapRunStarted?.(mapRun);
  try {
    const result = await runChildren(frame, mapRun, machine, await itemsOf(frame, given), limit, tolerated);
    mapRun.status = 'SUCCEEDED';
    history.add(level.cursor, 'MapRunSucceeded');
    return result;
  } catch (e) {
    mapRun.status = e instanceof StatesError ? 'FAILED' : 'ABORTED';
    if (e instanceof StatesError) {
      history.add(level.cursor, 'MapRunFailed', { mapRunFailedEventDetails: { error: e.error, cause: e.causeText } });
    } else if (e instanceof Interrupted && e.scope === 'branch') {
      history.add(level.cursor, 'MapRunAborted');
    }
    throw e;
  } finally {
    mapRun.stopDate = host.clock.now();
    host.mapRunEnded?.(mapRun);
  }
}

async function itemsOf(frame: Frame, given: unknown[] | undefined): Promise<unknown[]> {
  const items = given ?? (await readItems(frame));
  const selected: unknown[] = [];
  for (const [i, item] of items.entries()) selected.push(await selectItem(frame, item, i));
  return batchItems(frame, selected);
}

async function runChildren(
  frame: Frame,
  mapRun: MapRun,
  machine: { arn: string; name: string },
  items: unknown[],
  limit: number,
  tolerated: ToleratedFailures,
): Promise<unknown[]> {
  const { level, state } = frame;
  const { host } = level.execution;
  const { counts } = mapRun;
  counts.total = counts.pending = items.length;
  const results: unknown[] = [];
  const running = new Set<Execution>();
  let failure: StatesError | undefined;
  const stopAll = () => {
    for (const child of running) child.stop();
  };
  level.signal.addEventListener('abort', stopAll, { once: true });
  try {
    await pool(items.length, limit, async (index) => {
      counts.pending--;
      if (failure !== undefined || level.signal.aborted) {
        counts.aborted++;
        return;
      }
      const child = level.execution.child({
        arn: `arn:aws:states:${host.region}:${host.account}:execution:${machine.name}:`,
        stateMachine: machine,
        definition: state.ItemProcessor!,
        input: JSON.stringify(items[index]),
        roleArn: level.execution.roleArn,
        mapRunArn: mapRun.arn,
      });
      running.add(child);
      counts.running++;
      await child.run();
      counts.running--;
      running.delete(child);
      results[index] = record(child, counts);
      if (failure === undefined && exceeds(counts, items.length, tolerated)) {
        failure = new StatesError(
          'States.ExceedToleratedFailureThreshold',
          'The specified tolerated failure threshold was exceeded',
        );
        stopAll();
      }
    });
  } finally {
    level.signal.removeEventListener('abort', stopAll);
  }
  level.signal.throwIfAborted();
  if (failure !== undefined) throw failure;
  if (byteLength(JSON.stringify(results)) > MAX_PAYLOAD_BYTES) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${frame.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return results;
}

function record(child: Execution, counts: MapRun['counts']): unknown {
  switch (child.status) {
    case 'SUCCEEDED':
      counts.succeeded++;
      return JSON.parse(child.output!) as unknown;
    case 'TIMED_OUT':
      counts.timedOut++;
      break;
    case 'ABORTED':
      counts.aborted++;
      break;
    default:
      counts.failed++;
  }
  return { Error: child.error ?? null, Cause: child.cause ?? null };
}

/** Without a threshold, the first failure is one too many. A stopped child counts as a failed one. */
function exceeds(counts: MapRun['counts'], items: number, { count, percentage }: ToleratedFailures): boolean {
  return exceedsTolerated(counts.failed + counts.timedOut + counts.aborted, items, {
    count: count ?? (percentage === undefined ? 0 : undefined),
    percentage,
  });
}

/** Whether either threshold is passed; the first one reached decides. */
export function exceedsTolerated(failed: number, items: number, tolerated: ToleratedFailures): boolean {
  if (failed === 0) return false;
  if (tolerated.count !== undefined && failed > tolerated.count) return true;
  return tolerated.percentage !== undefined && (failed / items) * 100 > tolerated.percentage;
}
