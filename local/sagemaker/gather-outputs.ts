import { constants, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { JobFailure } from './job-failure';

type Upload = (folder: string, entries: readonly string[]) => Promise<void>;

/** Uploads one folder with what all hosts wrote into theirs, by way of `temporary`; answers whether there was anything. */
export async function gather(
  hostFolders: readonly string[],
  part: string,
  temporary: string,
  upload: Upload,
): Promise<boolean> {
  const written = hostFolders.map((folder) => join(folder, part)).filter((folder) => entriesOf(folder).length > 0);
  if (written.length === 0) return false;
  if (written.length === 1) {
    await upload(written[0], entriesOf(written[0]));
    return true;
  }
  try {
    for (const folder of written) await merge(folder, temporary, part);
    await upload(temporary, entriesOf(temporary));
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return true;
}

// of two files with one name the later host's is kept: SageMaker only says that there should be none.
async function merge(from: string, to: string, part: string): Promise<void> {
  try {
    await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  } catch (error) {
    throw new JobFailure(
      `ClientError: the ${part} folders of the job's hosts can't be packed together: ${(error as Error).message}. ` +
        'Let each host write names of its own, or only one host write.',
    );
  }
}

// a program may have removed the folder.
function entriesOf(folder: string): string[] {
  return existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
}
