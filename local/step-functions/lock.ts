import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps two processes from writing one folder: the second would take the first one's executions for ended. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, 'lock');
  const holder = read(path);
  if (holder !== undefined && holder.pid !== process.pid && started(holder.pid) === holder.started) {
    throw new Error(
      `folder ${folder} is in use by process ${holder.pid}: stop that process, or give another folder (delete ${path} if you know that nothing uses it)`,
    );
  }
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: started(process.pid) }));
  return () => {
    if (read(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function read(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** When a process started, since process ids come round again; `alive` where the system doesn't tell. */
function started(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch {
    return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return 'alive';
  }
}
