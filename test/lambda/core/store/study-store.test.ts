import { TooMuchContention } from '../../../../lambda/core/errors';
import { ItemTable } from '../../../../lambda/core/store/item-table';
import { rungKey, slotKey, trialKey } from '../../../../lambda/core/store/keys';
import { RungRecord, StudyRecord, TrialRecord } from '../../../../lambda/core/store/records';
import { StudyStore } from '../../../../lambda/core/store/study-store';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, at } from '../../../support/lambda-study';

const study: StudyRecord = {
  study: 's',
  id: 'id-1',
  status: 'RUNNING',
  tuner: TUNER,
  seed: 1,
  secret: 'secret',
  run: 1,
  execution: 'arn:1',
  round: 0,
  createdAt: at(0),
  startedAt: at(0),
  version: 1,
};

const trial = (number: number, state: TrialRecord['state'] = 'RUNNING'): TrialRecord => ({
  study: 's',
  trial: number,
  state,
  configuration: {},
  attempts: [],
  createdAt: at(0),
  version: 1,
});

class CountingTable extends MemoryItemTable {
  readonly queries: string[] = [];

  query(partition: string, from: string, to: string) {
    this.queries.push(from);
    return super.query(partition, from, to);
  }
}

test('a study is created once', async () => {
  const store = new StudyStore(new MemoryItemTable());
  expect(await store.createStudy(study)).toBe(true);
  expect(await store.createStudy({ ...study, id: 'id-2' })).toBe(false);
  expect(await store.getStudy('s')).toMatchObject(study);
});

test('changes that overtake each other all count', async () => {
  const table = new MemoryItemTable(() => new Promise((resolve) => setImmediate(resolve)));
  const store = new StudyStore(table);
  await store.createStudy(study);

  await Promise.all(
    Array.from({ length: 10 }, () => store.changeStudy('s', (one) => ({ ...one, round: one.round + 1 }))),
  );

  expect(await store.getStudy('s')).toMatchObject({ round: 10, version: 11 });
});

test('a change that changes nothing is not written', async () => {
  const store = new StudyStore(new MemoryItemTable());
  await store.createStudy(study);
  await store.changeStudy('s', (one) => one);
  expect((await store.getStudy('s'))!.version).toBe(1);
});

test('a change of what does not exist is an error with its key', async () => {
  const store = new StudyStore(new MemoryItemTable());
  await expect(store.changeTrial('s', 7, (one) => one)).rejects.toThrow(
    'the table has no item TRIAL#00000007 in study s',
  );
});

test('a change that is overtaken again and again ends with an error by name', async () => {
  const table: ItemTable = Object.assign(new MemoryItemTable(), { replace: () => Promise.resolve(false) });
  const store = new StudyStore(table);
  await store.createStudy(study);
  const noWait = jest.spyOn(Math, 'random').mockReturnValue(0);
  await expect(store.changeStudy('s', (one) => ({ ...one }))).rejects.toThrow(TooMuchContention);
  noWait.mockRestore();
});

test('trials come in the order of their numbers, past ten and a hundred', async () => {
  const store = new StudyStore(new MemoryItemTable());
  for (let number = 120; number > 0; number--) await store.createTrial(trial(number));
  expect((await store.loadTrials(study)).map((one) => one.trial)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
});

test('trials that have ended are not read again, and changes of the others are seen', async () => {
  const table = new CountingTable();
  const store = new StudyStore(table);
  await store.createTrial(trial(1, 'COMPLETED'));
  await store.createTrial(trial(2, 'RUNNING'));
  await store.createTrial(trial(3, 'FAILED'));
  await store.loadTrials(study);

  await new StudyStore(table).changeTrial('s', 2, (one) => ({ ...one, state: 'STOPPED' }));
  const trials = await store.loadTrials(study);
  await store.loadTrials(study);

  expect(trials.map(({ state }) => state)).toEqual(['COMPLETED', 'STOPPED', 'FAILED']);
  expect(table.queries).toEqual([trialKey(1), trialKey(2), trialKey(4)]);
});

test('what is remembered of a study is not taken for a later one of the same name', async () => {
  const table = new MemoryItemTable();
  const store = new StudyStore(table);
  await store.createTrial(trial(1, 'COMPLETED'));
  await store.loadTrials(study);
  // someone empties the table and starts over.
  await table.replace('s', trialKey(1), trial(1, 'RUNNING'), 1);
  expect(await store.loadTrials({ ...study, id: 'id-2' })).toMatchObject([{ state: 'RUNNING' }]);
});

test('starts of jobs queue up', async () => {
  const store = new StudyStore(new MemoryItemTable());
  expect(await store.reserveStart(1000, 100)).toBe(1000);
  expect(await store.reserveStart(1000, 100)).toBe(1100);
  expect(await store.reserveStart(1050, 100)).toBe(1200);
  expect(await store.reserveStart(9000, 100)).toBe(9000);
});

test('starts reserved at once get places of their own', async () => {
  const store = new StudyStore(new MemoryItemTable(() => new Promise((resolve) => setImmediate(resolve))));
  const places = await Promise.all(Array.from({ length: 10 }, () => store.reserveStart(0, 100)));
  expect(places.sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i * 100));
});

test('a slot remembers the last that it was told', async () => {
  const store = new StudyStore(new MemoryItemTable());
  await store.putSlot('s', 3, { claim: '1/1/3/0', reason: 'first' });
  await store.putSlot('s', 3, { claim: '1/2/3/0', reason: 'second' });
  expect(await store.getSlot('s', 3)).toMatchObject({ claim: '1/2/3/0', reason: 'second', version: 2 });
  expect(await store.getSlot('s', 4)).toBeUndefined();
});

describe('results at rungs', () => {
  const entry = (trialNumber: number, rung: number, loss = 0.5): RungRecord => ({
    trial: trialNumber,
    bracket: 0,
    resource: rung,
    losses: [loss],
    rung,
  });

  test('at one rung are found together, and no others', async () => {
    const store = new StudyStore(new MemoryItemTable());
    const rungs = [1, 10, 0.5, 1.5, 1e12];
    for (const rung of rungs) {
      for (const number of [2, 1, 11]) expect(await store.createRungEntry('s', entry(number, rung))).toBe(true);
    }
    for (const rung of rungs) {
      expect((await store.rungEntries('s', rung)).map((one) => [one.trial, one.rung])).toEqual([
        [1, rung],
        [2, rung],
        [11, rung],
      ]);
    }
  });

  test('are stored once for each trial: the first one stays', async () => {
    const store = new StudyStore(new MemoryItemTable());
    expect(await store.createRungEntry('s', entry(1, 3))).toBe(true);
    expect(await store.createRungEntry('s', entry(1, 3, 0.9))).toBe(false);
    expect(await store.rungEntries('s', 3)).toMatchObject([{ losses: [0.5] }]);
  });
});

test('keys sort like the numbers in them', () => {
  const sorted = (keys: string[]) => [...keys].sort();
  const trials = [1, 9, 10, 99_999, 100_000].map(trialKey);
  expect(sorted(trials)).toEqual(trials);
  const slots = [0, 9, 10, 999].map(slotKey);
  expect(sorted(slots)).toEqual(slots);
  const rungs = [1e-6, 0.5, 1, 1.5, 9, 10, 81, 1e6, 1e12].map((rung) => rungKey(rung, 1));
  expect(sorted(rungs)).toEqual(rungs);
});
