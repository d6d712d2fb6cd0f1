import { ItemTable } from '../../lambda/core/store/item-table';

/** What a test sees instead of the end of a Lambda's process. */
export class Crash extends Error {}

export interface Fault {
  /** The write that the process doesn't survive, from 1. */
  readonly write: number;
  readonly when: 'before' | 'after';
}

/** A table whose caller dies at a given write: just before it, or after it and before it learns of it. */
export class FaultyItemTable implements ItemTable {
  private fault: Fault | undefined;
  private writes = 0;

  constructor(private readonly table: ItemTable) {}

  /** From now on: counts writes anew, and fails as told, once. */
  arm(fault: Fault | undefined): void {
    this.fault = fault;
    this.writes = 0;
  }

  get(partition: string, key: string) {
    return this.table.get(partition, key);
  }

  getBoth(partition: string, first: string, second: string) {
    return this.table.getBoth(partition, first, second);
  }

  query(partition: string, from: string, to: string) {
    return this.table.query(partition, from, to);
  }

  insert(partition: string, key: string, item: object) {
    return this.write(() => this.table.insert(partition, key, item));
  }

  replace(partition: string, key: string, item: object, version: number) {
    return this.write(() => this.table.replace(partition, key, item, version));
  }

  private async write(write: () => Promise<boolean>): Promise<boolean> {
    const fails = ++this.writes === this.fault?.write;
    if (fails && this.fault?.when === 'before') throw new Crash('before the write');
    const written = await write();
    if (fails) throw new Crash('after the write');
    return written;
  }
}
