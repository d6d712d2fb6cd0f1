import { TooMuchContention } from '../errors';
import { ItemTable } from './item-table';
import { WORKER_PREFIX, workerKey } from './keys';
import { MAX_TRIES, pause } from './put-item';
import { Versioned } from './records';

/** A process that runs trials of a study. */
export interface WorkerRecord extends Versioned {
  readonly worker: number;
  /** The study's run that it joined. */
  readonly run: number;
  readonly host: string;
  readonly nonce: string;
  readonly slots: number;
  /** Of its last call. */
  readonly seenAt: string;
  /** Why it no longer counts: its trials have been given to others. */
  readonly gone?: string;
  /** With `gone`, where its process may still be there: until then it has heard of it, and nobody goes on with its trials. */
  readonly trialsNotBefore?: string;
}

/** The workers of a study. */
export class WorkerStore {
  constructor(private readonly table: ItemTable) {}

  async get(study: string, worker: number): Promise<WorkerRecord | undefined> {
    return (await this.table.get(study, workerKey(worker))) as WorkerRecord | undefined;
  }

  /** In order of their numbers, which have no gaps. */
  async load(study: string): Promise<WorkerRecord[]> {
    return (await this.table.query(study, WORKER_PREFIX, `${WORKER_PREFIX}~`)) as unknown as WorkerRecord[];
  }

  /** False if there is a worker of this number already. */
  async create(study: string, record: WorkerRecord): Promise<boolean> {
    return this.table.insert(study, workerKey(record.worker), record);
  }

  async change(
    study: string,
    before: WorkerRecord,
    change: (record: WorkerRecord) => WorkerRecord,
  ): Promise<WorkerRecord> {
    let known: WorkerRecord | undefined = before;
    for (let attempt = 0; attempt < MAX_TRIES && known !== undefined; attempt++) {
      const after = change(known);
      if (after === known) return known;
      const next = { ...after, version: known.version + 1 };
      if (await this.table.replace(study, workerKey(known.worker), next, known.version)) return next;
      await pause(attempt);
      known = await this.get(study, before.worker);
    }
    throw new TooMuchContention(`worker ${before.worker} of study ${study} kept changing`);
  }
}
