import { ItemTable } from './item-table';
import { WORKER_PREFIX, workerKey } from './keys';
import { changeItem } from './put-item';
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
  /** With `gone`, where it went without a word, for itself. */
  readonly isUnexplained?: boolean;
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
    return changeItem(this.table, study, workerKey(before.worker), change, before);
  }
}
