import { ItemTable } from '../../../../lambda/core/store/item-table';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../support/lambda-memory-table';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

/** What both tables must do alike: the tests that use the one in memory say something about DynamoDB only then. */
describe.each<[string, () => Promise<ItemTable>]>([
  ['DynamoDB', () => dynamo.newTable()],
  ['the table in memory', () => Promise.resolve(new MemoryItemTable())],
])('%s', (_, newTable) => {
  let table: ItemTable;
  beforeEach(async () => {
    table = await newTable();
  });

  test('has nothing that was never written', async () => {
    expect(await table.get('s', 'A')).toBeUndefined();
    expect(await table.query('s', '', '~')).toEqual([]);
  });

  test('gives back two items at once, in the order asked for', async () => {
    await table.insert('s', 'A', { version: 1 });
    await table.insert('s', 'B', { version: 2 });
    const [b, a] = await table.getBoth('s', 'B', 'A');
    expect([b, a]).toMatchObject([
      { item: 'B', version: 2 },
      { item: 'A', version: 1 },
    ]);
    expect(await table.getBoth('s', 'missing', 'B')).toEqual([undefined, b]);
    expect(await table.getBoth('other', 'A', 'B')).toEqual([undefined, undefined]);
  });

  test('gives back what was inserted, without what is undefined, with its keys', async () => {
    const item = {
      version: 1,
      list: [{ a: 1, b: undefined }],
      text: '',
      flag: false,
      none: null,
      x: -1.5e-7,
      deep: { y: {} },
    };
    expect(await table.insert('s', 'A', item)).toBe(true);
    expect(await table.get('s', 'A')).toEqual({
      study: 's',
      item: 'A',
      version: 1,
      list: [{ a: 1 }],
      text: '',
      flag: false,
      none: null,
      x: -1.5e-7,
      deep: { y: {} },
    });
  });

  test('inserts only what does not exist yet', async () => {
    await table.insert('s', 'A', { version: 1, by: 'first' });
    expect(await table.insert('s', 'A', { version: 1, by: 'second' })).toBe(false);
    expect(await table.get('s', 'A')).toMatchObject({ by: 'first' });
    expect(await table.insert('other', 'A', { version: 1 })).toBe(true);
  });

  test('replaces only the version that was read', async () => {
    await table.insert('s', 'A', { version: 1, old: true });
    expect(await table.replace('s', 'A', { version: 2 }, 2)).toBe(false);
    expect(await table.replace('s', 'A', { version: 2 }, 1)).toBe(true);
    expect(await table.replace('s', 'A', { version: 2, late: true }, 1)).toBe(false);
    expect(await table.get('s', 'A')).toEqual({ study: 's', item: 'A', version: 2 });
  });

  test('replaces nothing that does not exist', async () => {
    expect(await table.replace('s', 'A', { version: 2 }, 1)).toBe(false);
    expect(await table.get('s', 'A')).toBeUndefined();
  });

  test('of many that replace the same version lets one through', async () => {
    await table.insert('s', 'A', { version: 1 });
    const written = await Promise.all(
      Array.from({ length: 8 }, (__, by) => table.replace('s', 'A', { version: 2, by }, 1)),
    );
    expect(written.filter(Boolean)).toHaveLength(1);
    expect(await table.get('s', 'A')).toMatchObject({ by: written.indexOf(true) });
  });

  test('finds the keys from the first to before the last, in order', async () => {
    for (const key of ['D', 'B', 'A', 'C', 'B#1']) await table.insert('s', key, { version: 1 });
    await table.insert('t', 'B', { version: 1 });
    const keys = async (from: string, to: string) => (await table.query('s', from, to)).map(({ item }) => item);
    expect(await keys('B', 'D')).toEqual(['B', 'B#1', 'C']);
    expect(await keys('A', '~')).toEqual(['A', 'B', 'B#1', 'C', 'D']);
    expect(await keys('E', '~')).toEqual([]);
  });

  test('finds more than a page of DynamoDB holds', async () => {
    const text = 'x'.repeat(100_000);
    for (let i = 10; i < 25; i++) await table.insert('s', `K${i}`, { version: 1, text });
    expect((await table.query('s', 'K', 'L')).map(({ item }) => item)).toEqual(
      Array.from({ length: 15 }, (__, i) => `K${i + 10}`),
    );
  });

  test('refuses numbers that JSON does not have', async () => {
    await expect(table.insert('s', 'A', { version: 1, x: NaN })).rejects.toThrow();
    await expect(table.insert('s', 'A', { version: 1, x: Infinity })).rejects.toThrow();
  });

  test('what was read is the reader’s own', async () => {
    await table.insert('s', 'A', { version: 1, list: [1] });
    const read = (await table.get('s', 'A'))!;
    (read.list as number[]).push(2);
    expect(await table.get('s', 'A')).toMatchObject({ list: [1] });
  });
});
