import { KnownResultDefinition, TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { historyOf } from '../../../../lambda/core/study/history';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, TestStudy } from '../../../support/lambda-study';

const KNOWN: KnownResultDefinition[] = [
  { configuration: { learning_rate: 0.01, optimizer: 'adam' }, metrics: { accuracy: 0.99 } },
  { configuration: { learning_rate: 0.02, optimizer: 'sgd', momentum: 0.9 }, metrics: {} },
];

async function opened(knownResults: KnownResultDefinition[], tuner: Partial<TunerDefinition> = {}) {
  const table = new MemoryItemTable();
  const study = await TestStudy.opened(table, { knownResults, ...tuner });
  return { study, table };
}

async function history(study: TestStudy) {
  const record = await study.studyRecord();
  return historyOf(record, await study.trials(), await study.store.loadKnownResults(record));
}

describe('results that are known from elsewhere', () => {
  test('are part of the history, under no trial’s number', async () => {
    const { study } = await opened(KNOWN);
    await study.train();
    expect(await history(study)).toEqual([
      { trial: 0, configuration: KNOWN[0].configuration, status: 'finished', losses: [-0.99] },
      { trial: 0, configuration: KNOWN[1].configuration, status: 'failed' },
      expect.objectContaining({ trial: 1, status: 'pending' }),
    ]);
  });

  test('are neither trials nor the best one', async () => {
    const { study } = await opened(KNOWN, { maxTrials: 1 });
    expect(await study.plan()).toMatchObject({ slots: [0] });
    await study.complete(await study.train(), 0.5);
    expect(await study.finish()).toMatchObject({ best: { trial: 1, value: 0.5 }, trials: { total: 1, completed: 1 } });
  });

  test('are not tried again', async () => {
    const { study } = await opened(
      [
        { configuration: { a: 1 }, metrics: { accuracy: 1 } },
        { configuration: { a: 2 }, metrics: {} },
      ],
      { searchSpace: [{ name: 'a', type: 'integer', min: 1, max: 3, scaling: 'linear' }] },
    );
    expect((await study.train()).hyperparameters).toEqual({ a: '3' });
    expect(await study.next(1)).toMatchObject({ action: 'none', reason: expect.stringContaining('have been tried') });
  });

  test('are kept beside the study, which every step reads', async () => {
    const { study } = await opened(KNOWN);
    expect(await study.studyRecord()).toMatchObject({ knownResults: 2, tuner: { knownResults: [] } });
  });

  test('are the same after a resume, or it is refused', async () => {
    const { study } = await opened(KNOWN);
    await study.resume(10);
    expect((await history(study)).filter(({ trial }) => trial === 0)).toHaveLength(2);
    study.tuner = { ...study.tuner, knownResults: KNOWN.slice(1) };
    await expect(study.resume(20, 'arn:execution-3')).rejects.toThrow(
      'study "digits" was created with another list of known results; give the study another name',
    );
  });

  test('that don’t fit are mapped or left out, and the result says so', async () => {
    const { study } = await opened([
      { configuration: { learning_rate: 0.01, optimizer: 'adam', dropout: 0.5 }, metrics: { accuracy: 0.9 } },
      { configuration: { learning_rate: 7, optimizer: 'adam' }, metrics: { accuracy: 0.9 } },
      { configuration: { learning_rate: '0.01' as unknown as number, optimizer: 'adam' }, metrics: { accuracy: 0.9 } },
    ]);
    expect((await history(study)).map(({ configuration }) => configuration)).toEqual([
      { learning_rate: 0.01, optimizer: 'adam' },
      { learning_rate: 0.01, optimizer: 'adam' },
    ]);
    const notes = [
      'known result 1 was used without "dropout"',
      'known result 2 was left out: "learning_rate" can\'t be 7',
    ];
    expect((await study.studyRecord()).searchNotes).toEqual(notes);
    await study.complete(await study.train(), 0.5);
    expect((await study.finish()).notes).toEqual(notes);
  });

  test('in great numbers that don’t fit are not told one by one', async () => {
    const bad = { configuration: { learning_rate: 7, optimizer: 'adam' }, metrics: { accuracy: 0.9 } };
    const { study } = await opened(Array.from({ length: 500 }, () => bad));
    const { searchNotes } = await study.studyRecord();
    expect(searchNotes).toHaveLength(21);
    expect(searchNotes![20]).toBe('and 480 more');
  });

  test('must not be more than 1,000', async () => {
    const tuner = { ...TUNER, knownResults: Array.from({ length: 1001 }, () => KNOWN[0]) };
    const study = new TestStudy(new MemoryItemTable(), tuner);
    await expect(study.open()).rejects.toMatchObject({
      name: 'InvalidStudyInput',
      message: 'knownResults must have at most 1000 entries, got 1001',
    });
  });
});

test('a study without known results writes and reads nothing for them', async () => {
  const { study, table } = await opened([]);
  await study.train();
  expect(JSON.stringify(table.contents())).not.toContain('KNOWN#');
});

test('a trial whose record no longer fits the space is left out of the history', async () => {
  const { study } = await opened([]);
  await study.complete(await study.train(), 0.5);
  await study.store.changeTrial('digits', 1, (trial) => ({ ...trial, configuration: { learning_rate: 5 } }));
  const record = await study.studyRecord();
  expect(historyOf(record, [await study.trial(1)])).toEqual([]);
});
