import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STATE_FILE = 'job.json';
const LOG_FILE = 'output.log';
/** What is kept of a job's output when there is no folder. */
const MAX_LOG_CHARACTERS = 65_536;

export interface JobStoreOptions<Job> {
  /** @default - jobs are kept in memory only */
  readonly folder?: string;
  /** For messages, such as "training job". */
  readonly kind: string;
  /** What a job is known by, and its folder named: it has been validated and holds no separator. */
  readonly keyOf: (job: Job) => string;
}

/** Jobs in memory, and in a folder when there is one: a folder each, with its state and what it printed. */
export class JobStore<Job> {
  private readonly jobs = new Map<string, Job>();
  private readonly logs = new Map<string, string>();

  constructor(private readonly options: JobStoreOptions<Job>) {
    const { folder, keyOf } = options;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const job = entry.isDirectory() ? this.read(join(folder, entry.name, STATE_FILE)) : undefined;
      if (job !== undefined) this.jobs.set(keyOf(job), job);
    }
  }

  get(key: string): Job | undefined {
    return this.jobs.get(key);
  }

  all(): IterableIterator<Job> {
    return this.jobs.values();
  }

  /** Keeps the job's state; a kill at any moment leaves the old state or the new one. */
  save(job: Job): void {
    const key = this.options.keyOf(job);
    this.jobs.set(key, job);
    if (this.options.folder === undefined) return;
    const folder = this.folderOf(key);
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${STATE_FILE}.new`);
    writeFileSync(temporary, JSON.stringify(job, undefined, 2));
    renameSync(temporary, join(folder, STATE_FILE));
  }

  appendLog(key: string, text: string): void {
    if (this.options.folder !== undefined) {
      appendFileSync(join(this.folderOf(key), LOG_FILE), text);
    } else {
      this.logs.set(key, ((this.logs.get(key) ?? '') + text).slice(-MAX_LOG_CHARACTERS));
    }
  }

  readLog(key: string): string {
    if (this.options.folder === undefined) return this.logs.get(key) ?? '';
    try {
      return readFileSync(join(this.folderOf(key), LOG_FILE), 'utf8');
    } catch {
      // a job that has printed nothing has no file.
      return '';
    }
  }

  /** The job's own folder. */
  folderOf(key: string): string {
    const { folder, kind } = this.options;
    if (folder === undefined) throw new Error(`${kind}s that run as processes need the option folder.`);
    return join(folder, key);
  }

  private read(file: string): Job | undefined {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Job;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const reason = (error as Error).message;
      throw new Error(`the ${this.options.kind} state ${file} can't be read: ${reason}. Delete its folder.`, {
        cause: error,
      });
    }
  }
}
