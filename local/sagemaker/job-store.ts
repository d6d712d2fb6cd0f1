import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainingJob } from './training-job';

const STATE_FILE = 'job.json';
const LOG_FILE = 'output.log';
/** What is kept of a job's output when there is no folder. */
const MAX_LOG_CHARACTERS = 65_536;

/** Training jobs in memory, and in a folder when there is one: a folder each, with its state and what it printed. */
export class JobStore {
  private readonly jobs = new Map<string, TrainingJob>();
  private readonly logs = new Map<string, string>();

  constructor(private readonly folder: string | undefined) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const job = entry.isDirectory() ? readJob(join(folder, entry.name, STATE_FILE)) : undefined;
      if (job !== undefined) this.jobs.set(job.name, job);
    }
  }

  get(name: string): TrainingJob | undefined {
    return this.jobs.get(name);
  }

  all(): IterableIterator<TrainingJob> {
    return this.jobs.values();
  }

  /** Keeps the job's state; a kill at any moment leaves the old state or the new one. */
  save(job: TrainingJob): void {
    this.jobs.set(job.name, job);
    if (this.folder === undefined) return;
    const folder = this.folderOf(job.name);
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${STATE_FILE}.new`);
    writeFileSync(temporary, JSON.stringify(job, undefined, 2));
    renameSync(temporary, join(folder, STATE_FILE));
  }

  appendLog(name: string, text: string): void {
    if (this.folder !== undefined) {
      appendFileSync(join(this.folderOf(name), LOG_FILE), text);
    } else {
      this.logs.set(name, ((this.logs.get(name) ?? '') + text).slice(-MAX_LOG_CHARACTERS));
    }
  }

  readLog(name: string): string {
    if (this.folder === undefined) return this.logs.get(name) ?? '';
    try {
      return readFileSync(join(this.folderOf(name), LOG_FILE), 'utf8');
    } catch {
      // a job that has printed nothing has no file.
      return '';
    }
  }

  /** The job's own folder; the name has been validated and holds no separator. */
  folderOf(name: string): string {
    if (this.folder === undefined) throw new Error('training jobs that run as processes need the option folder.');
    return join(this.folder, name);
  }
}

function readJob(file: string): TrainingJob | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TrainingJob;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`the training job state ${file} can't be read: ${(error as Error).message}. Delete its folder.`, {
      cause: error,
    });
  }
}
