import { linkAbort } from './abort';
import { Interrupted } from './errors';
import { Frame } from './frame';
import { pool } from './pool';
import { Scope } from './scope';

/** Runs the iterations within this execution; the first failure stops the others. */
export async function runInline(frame: Frame, items: unknown[], limit: number): Promise<unknown[]> {
  const { state, level, name } = frame;
  const { history } = level.execution;
  const link = linkAbort(level.signal);
  const started = level.cursor.previous;
  const results: unknown[] = [];
  let failure: { error: unknown } | undefined;
  try {
    await pool(items.length, limit, async (index) => {
      if (failure !== undefined) return;
      const cursor = { previous: started };
      const details = { name, index };
      try {
        const item = await selectItem(frame, items[index], index);
        history.add(cursor, 'MapIterationStarted', { mapIterationStartedEventDetails: details });
        results[index] = await level.execution.branch(state.ItemProcessor!, item, {
          scope: new Scope(level.scope),
          cursor,
          signal: link.signal,
          nested: true,
        });
        history.add(cursor, 'MapIterationSucceeded', { mapIterationSucceededEventDetails: details });
      } catch (error) {
        const first = failure === undefined;
        failure ??= { error };
        if (error instanceof Interrupted) {
          if (error.scope === 'branch') {
            history.add(cursor, 'MapIterationAborted', { mapIterationAbortedEventDetails: details });
          }
        } else if (first) {
          history.add(cursor, 'MapIterationFailed', { mapIterationFailedEventDetails: details });
        }
        link.abort(new Interrupted('branch'));
      }
    });
  } finally {
    link.release();
  }
  level.cursor.previous = history.events.length;
  if (failure !== undefined) throw failure.error;
  return results;
}

/** The input of an item's run: the item, or what ItemSelector makes of it. */
export async function selectItem(frame: Frame, item: unknown, index: number): Promise<unknown> {
  if (frame.state.ItemSelector === undefined) return item;
  return frame.evaluate(frame.state.ItemSelector, 'ItemSelector', { mapItem: { Index: index, Value: item } });
}
