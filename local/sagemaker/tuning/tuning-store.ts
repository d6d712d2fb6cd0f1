import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TuningJob } from './tuning-job';

/** Tuning jobs in memory, and in a folder when there is one: a file each. */
export class TuningStore {
  private readonly jobs = new Map<string, TuningJob>();

  constructor(private readonly folder: string | undefined) {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const job = readJob(join(folder, file));
      this.jobs.set(job.name, job);
    }
  }

  get(name: string): TuningJob | undefined {
    return this.jobs.get(name);
  }

  all(): TuningJob[] {
    return [...this.jobs.values()];
  }

  /** Keeps the job's state; a kill at any moment leaves the old state or the new one. */
  save(job: TuningJob): void {
    this.jobs.set(job.name, job);
    if (this.folder === undefined) return;
    const file = join(this.folder, `${job.name}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(job, undefined, 2));
    renameSync(`${file}.new`, file);
  }
}

function readJob(file: string): TuningJob {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TuningJob;
  } catch (error) {
    throw new Error(`the tuning job state ${file} can't be read: ${(error as Error).message}. Delete it.`, {
      cause: error,
    });
  }
}
