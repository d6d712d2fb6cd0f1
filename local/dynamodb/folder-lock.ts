import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
}

type LevelModule = { readonly Level: new (path: string) => LevelDatabase };

/** A folder that no other server can take before it is given back. */
export interface LockedFolder {
  /** Where the data lies. */
  readonly data: string;
  release(): Promise<void>;
}

/**
 * Takes the folder. LevelDB locks what it has open with the file lock of the operating system, which ends with the
 * process: a LOCK file that a killed process left is not in the way. dynalite opens its database only on the first
 * call and throws where nobody can catch it, so an empty database beside it is opened for as long as the server runs.
 */
export async function lockFolder(folder: string): Promise<LockedFolder> {
  const lock = await open(folder, join(folder, 'lock'));
  const data = join(folder, 'data');
  try {
    // a database that is damaged shows here, where the error can be told.
    await (await open(folder, data)).close();
  } catch (error) {
    await lock.close();
    throw error;
  }
  return { data, release: () => lock.close() };
}

async function open(folder: string, path: string): Promise<LevelDatabase> {
  mkdirSync(path, { recursive: true });
  const { Level } = createRequire(require.resolve('dynalite'))('level') as LevelModule;
  const database = new Level(path);
  try {
    await database.open();
    return database;
  } catch (error) {
    const { cause } = error as Error;
    const reason = (cause ?? error) as NodeJS.ErrnoException;
    if (reason.code === 'LEVEL_LOCKED') {
      throw new Error(
        `the DynamoDB folder ${folder} is in use by another process. End the other local runtime or give another folder.`,
        { cause: error },
      );
    }
    throw new Error(`the DynamoDB folder ${folder} can't be opened: ${reason.message}. Delete it to start anew.`, {
      cause: error,
    });
  }
}
