import { TooMuchContention } from '../errors';
import { ItemTable } from './item-table';
import { Versioned } from './records';

/** Tries at a change that others keep overtaking; with 1,000 slots at once, some need many. */
export const MAX_TRIES = 50;

/**
 * Writes an item that need not exist, on the version that was read.
 *
 * @param change undefined leaves the item as it is
 */
export async function putItem<T extends Versioned>(
  table: ItemTable,
  partition: string,
  key: string,
  change: (before: T | undefined) => object | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const before = (await table.get(partition, key)) as T | undefined;
    const after = change(before);
    if (after === undefined) return;
    const record = { ...after, version: (before?.version ?? 0) + 1 };
    const written =
      before === undefined
        ? await table.insert(partition, key, record)
        : await table.replace(partition, key, record, before.version);
    if (written) return;
    await pause(attempt);
  }
  throw new TooMuchContention(`item ${key} of ${partition} kept changing`);
}

/**
 * Applies `change` to an item that exists until no one else came in between; what stays as it is isn't written.
 *
 * @param known what the caller has just read: saves a read, and is read anew if someone else came in between
 */
export async function changeItem<T extends Versioned>(
  table: ItemTable,
  partition: string,
  key: string,
  change: (record: T) => T,
  known?: T,
): Promise<T> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const fresh = attempt > 0 || known === undefined;
    const before = fresh ? ((await table.get(partition, key)) as T | undefined) : known;
    if (before === undefined) throw new Error(`the table has no item ${key} in study ${partition}`);
    const after = change(before);
    if (after === before) return before;
    const next = { ...after, version: before.version + 1 };
    if (await table.replace(partition, key, next, before.version)) return next;
    await pause(attempt);
  }
  throw new TooMuchContention(`item ${key} of study ${partition} kept changing`);
}

/** Full jitter: those who collided must not collide again. */
function pause(attempt: number): Promise<void> {
  const longest = Math.min(5 * 2 ** attempt, 200);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
