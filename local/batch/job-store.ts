import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchJob } from './batch-job';

const STATE_FILE = 'job.json';
const LOG_FILE = 'output.log';
/** What is kept of a job's output when there is no folder. */
const MAX_LOG_CHARACTERS = 65_536;

/** Jobs in memory, and in a folder when there is one: a folder each, with its state and what it printed. */
export class JobStore {
  private readonly jobs = new Map<string, BatchJob>();
  private readonly logs = new Map<string, string>();

  constructor(private readonly folder: string | undefined) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const job = entry.isDirectory() ? readJob(join(folder, entry.name, STATE_FILE)) : undefined;
      if (job !== undefined) this.jobs.set(job.id, job);
    }
  }

  get(id: string): BatchJob | undefined {
    return this.jobs.get(id);
  }

  all(): IterableIterator<BatchJob> {
    return this.jobs.values();
  }

  /** Keeps the job's state; a kill at any moment leaves the old state or the new one. */
  save(job: BatchJob): void {
    this.jobs.set(job.id, job);
    if (this.folder === undefined) return;
    const folder = this.folderOf(job.id);
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${STATE_FILE}.new`);
    writeFileSync(temporary, JSON.stringify(job, undefined, 2));
    renameSync(temporary, join(folder, STATE_FILE));
  }

  appendLog(id: string, text: string): void {
    if (this.folder !== undefined) {
      appendFileSync(join(this.folderOf(id), LOG_FILE), text);
    } else {
      this.logs.set(id, ((this.logs.get(id) ?? '') + text).slice(-MAX_LOG_CHARACTERS));
    }
  }

  readLog(id: string): string {
    if (this.folder === undefined) return this.logs.get(id) ?? '';
    try {
      return readFileSync(join(this.folderOf(id), LOG_FILE), 'utf8');
    } catch {
      // a job that has printed nothing has no file.
      return '';
    }
  }

  /** An empty working folder: a container that is started anew finds nothing of the last attempt. */
  attemptFolder(id: string, attempt: number): string {
    const folder = join(this.folderOf(id), `attempt-${attempt}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  private folderOf(id: string): string {
    if (this.folder === undefined) throw new Error('Batch jobs that run as processes need the option folder.');
    return join(this.folder, id);
  }
}

function readJob(file: string): BatchJob | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as BatchJob;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`the Batch job state ${file} can't be read: ${(error as Error).message}. Delete its folder.`, {
      cause: error,
    });
  }
}
