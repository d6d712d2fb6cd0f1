import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive } from './process-identity';
import type { ProcessIdentity } from './process-identity';

const FILE = 'owner.json';

/** Takes a folder for this process, so that a second runtime does not end the jobs of a first one that still runs. */
export function takeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const owner = readOwner(folder);
  if (owner !== undefined && owner.pid !== process.pid && isAlive(owner)) {
    throw new Error(
      `the job folder ${folder} is in use by process ${owner.pid}. ` +
        'End the other local runtime or give another folder.',
    );
  }
  writeFileSync(join(folder, FILE), JSON.stringify(identify(process.pid)));
}

export function leaveFolder(folder: string): void {
  if (readOwner(folder)?.pid === process.pid) rmSync(join(folder, FILE), { force: true });
}

function readOwner(folder: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as ProcessIdentity;
  } catch {
    // none yet, or cut short by a kill.
    return undefined;
  }
}
