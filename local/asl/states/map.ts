import { isDistributed } from '../definition';
import { Frame } from '../frame';
import { runDistributed } from '../map-distributed';
import { runInline } from '../map-inline';

/** Map: one run of the processor an item, here or as executions of their own. */
export async function runMap(frame: Frame): Promise<unknown[]> {
  const maxConcurrency = await frame.number(frame.state.MaxConcurrency, 'MaxConcurrency');
  if (maxConcurrency !== undefined && (!Number.isInteger(maxConcurrency) || maxConcurrency < 0)) {
    throw frame.runtimeError(`MaxConcurrency must be a whole number of 0 or more but was: ${maxConcurrency}`);
  }
  const items = frame.state.ItemReader === undefined ? await mapItems(frame) : undefined;
  const { history } = frame.level.execution;
  history.add(frame.level.cursor, 'MapStateStarted', { mapStateStartedEventDetails: { length: items?.length ?? 0 } });
  const tolerated = await toleratedFailures(frame);
  const result = isDistributed(frame.state)
    ? await runDistributed(frame, items, maxConcurrency || 10_000, tolerated)
    : await runInline(frame, items ?? [], Math.min(maxConcurrency || 40, 40));
  history.add(frame.level.cursor, 'MapStateSucceeded');
  return result;
}

/** How many failed items a Distributed Map bears. */
export interface ToleratedFailures {
  readonly count?: number;
  readonly percentage?: number;
}

/** The items that stand in the state or its input. */
export async function mapItems(frame: Frame): Promise<unknown[]> {
  const { state, input } = frame;
  if (state.Items === undefined) {
    if (!Array.isArray(input)) {
      throw frame.evaluationError(`Map state input must be an array but was: ${JSON.stringify(input)}`);
    }
    return input;
  }
  const items = await frame.evaluate(state.Items, 'Items');
  if (!Array.isArray(items)) throw frame.typeError(state.Items, 'Items', 'array', items);
  return items;
}

/** Reads and checks both thresholds; a bad one ends the execution, as on AWS. */
export async function toleratedFailures(frame: Frame): Promise<ToleratedFailures> {
  const count = await frame.number(frame.state.ToleratedFailureCount, 'ToleratedFailureCount');
  if (count !== undefined && count < 0) throw frame.runtimeError('ToleratedFailureCount cannot be negative.');
  const percentage = await frame.number(frame.state.ToleratedFailurePercentage, 'ToleratedFailurePercentage');
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw frame.runtimeError('ToleratedFailurePercentage must be between 0 and 100.');
  }
  return { count, percentage };
}
