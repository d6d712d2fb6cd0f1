import { Interrupted } from '../errors';
import { linkAbort } from '../abort';
import { Frame } from '../frame';
import { Scope } from '../scope';

/** Parallel: every branch with the same input; the first failure stops the others. */
export async function runParallel(frame: Frame): Promise<unknown[]> {
  const { state, level, input } = frame;
  const { history } = level.execution;
  const branchInput = state.Arguments === undefined ? input : await frame.evaluate(state.Arguments, 'Arguments');
  const started = history.add(level.cursor, 'ParallelStateStarted');
  const link = linkAbort(level.signal);
  let failure: { error: unknown } | undefined;
  const results: unknown[] = [];
  try {
    await Promise.all(
      state.Branches!.map(async (branch, i) => {
        try {
          results[i] = await level.execution.branch(branch, branchInput, {
            scope: new Scope(level.scope),
            cursor: { previous: started },
            signal: link.signal,
            nested: true,
          });
        } catch (error) {
          failure ??= { error };
          link.abort(new Interrupted('branch'));
        }
      }),
    );
  } finally {
    link.release();
  }
  level.cursor.previous = history.events.length;
  if (failure !== undefined) throw failure.error;
  history.add(level.cursor, 'ParallelStateSucceeded');
  return results;
}
