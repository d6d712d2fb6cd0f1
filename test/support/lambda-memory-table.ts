import { ItemTable } from '../../lambda/core/store/item-table';

type Item = Record<string, unknown>;

/** The table in memory, with DynamoDB's conditions; `test/lambda/core/store/item-table.test.ts` holds both together. */
export class MemoryItemTable implements ItemTable {
  private readonly partitions = new Map<string, Map<string, Item>>();

  /** @param pause awaited before each operation, so that a test decides in which order calls come through */
  constructor(private readonly pause: () => Promise<unknown> = () => Promise.resolve()) {}

  async get(partition: string, key: string): Promise<Item | undefined> {
    await this.pause();
    const item = this.partition(partition).get(key);
    return item && structuredClone(item);
  }

  async getBoth(partition: string, first: string, second: string) {
    await this.pause();
    return [first, second].map((key) => {
      const item = this.partition(partition).get(key);
      return item && structuredClone(item);
    });
  }

  async query(partition: string, from: string, to: string): Promise<Item[]> {
    await this.pause();
    return [...this.partition(partition)]
      .filter(([key]) => from <= key && key < to)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, item]) => structuredClone(item));
  }

  async insert(partition: string, key: string, item: object): Promise<boolean> {
    await this.pause();
    if (this.partition(partition).has(key)) return false;
    this.put(partition, key, item);
    return true;
  }

  async replace(partition: string, key: string, item: object, version: number): Promise<boolean> {
    await this.pause();
    if (this.partition(partition).get(key)?.version !== version) return false;
    this.put(partition, key, item);
    return true;
  }

  /** All items, for comparisons of the whole. */
  contents(): Record<string, Item> {
    return Object.fromEntries(
      [...this.partitions].flatMap(([partition, items]) =>
        [...items].map(([key, item]) => [`${partition} ${key}`, structuredClone(item)]),
      ),
    );
  }

  private put(partition: string, key: string, item: object): void {
    const refuseSpecialNumbers = (_: string, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`DynamoDB has no number ${value}`);
      return value;
    };
    const plain = JSON.parse(JSON.stringify(item, refuseSpecialNumbers)) as Item;
    this.partition(partition).set(key, { ...plain, study: partition, item: key });
  }

  private partition(name: string): Map<string, Item> {
    const partition = this.partitions.get(name) ?? new Map<string, Item>();
    this.partitions.set(name, partition);
    return partition;
  }
}
