import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';

interface LevelDatabase {
  open(): Promise<void>;
  close(): Promise<void>;
}

type LevelModule = { readonly Level: new (path: string) => LevelDatabase };

/**
 * Makes sure that nobody else has the database open. LevelDB locks its folder with the file lock of the operating
 * system, which ends with the process: a LOCK file that a killed process left is not in the way. dynalite itself would
 * only throw, outside of anybody's reach, on the first call.
 */
export async function checkFolderIsFree(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { Level } = createRequire(require.resolve('dynalite'))('level') as LevelModule;
  const database = new Level(folder);
  try {
    await database.open();
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
  await database.close();
}
