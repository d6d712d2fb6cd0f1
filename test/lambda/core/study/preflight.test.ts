import { ComputeDefinition } from '../../../../lib/contract/tuner-definition';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TUNER, TestStudy } from '../../../support/lambda-study';

const ARN = 'arn:aws:states:eu-central-1:123456789012:execution:tuner:one';
const PAGE = 'https://eu-central-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas/L-1';
const M5 = 'ml.m5.xlarge for training job usage';
const G5 = 'ml.g5.xlarge for training job usage';

/** Opens a study of four slots in an account with these quotas. @returns the notes of its result, or the refusal */
async function open(quotas: Record<string, number>, compute: Partial<ComputeDefinition> = {}, execution = ARN) {
  const table = new MemoryItemTable();
  const study = new TestStudy(table, { compute: { ...TUNER.compute, quotaCheck: 'fail', ...compute } });
  for (const [name, value] of Object.entries(quotas)) study.quotas.values.set(name, value);
  const refusal = await study.open({ execution }).then(
    () => undefined,
    ({ name, message }: Error) => ({ name, message }),
  );
  if (refusal !== undefined) {
    expect(table.contents()).toEqual({});
    return refusal;
  }
  return (await study.finish()).notes ?? [];
}

test('a quota that allows not a single trial fails the study before anything is created', async () => {
  expect(await open({ [M5]: 0 })).toEqual({
    name: 'QuotaTooSmall',
    message: `the quota "${M5}" of account 123456789012 in eu-central-1 is 0, so no trial can start on it; ask for 4 at ${PAGE}`,
  });
});

test('or only warns, as the tuner says', async () => {
  expect(await open({ [M5]: 0 }, { quotaCheck: 'warn' })).toEqual([
    expect.stringContaining('so no trial can start on it'),
  ]);
});

test('or is not looked at', async () => {
  const study = new TestStudy(new MemoryItemTable());
  study.quotas.find = () => Promise.reject(new Error('nobody was to ask'));
  await study.open();
  expect(await study.finish()).not.toHaveProperty('notes');
});

test.each([
  [1, 'so at most 1 trials train at the same time, and the others wait'],
  [3, 'so at most 3 trials train at the same time, and the others wait'],
])('a quota of %i for four slots is a note', async (quota, words) => {
  expect(await open({ [M5]: quota })).toEqual([expect.stringContaining(words)]);
});

test('a quota for all slots is no note, nor is one that Service Quotas does not know', async () => {
  expect(await open({ [M5]: 4 })).toEqual([]);
  expect(await open({})).toEqual([]);
});

test('slots count no more than trials', async () => {
  const study = new TestStudy(new MemoryItemTable(), {
    maxTrials: 2,
    compute: { ...TUNER.compute, quotaCheck: 'fail' },
  });
  study.quotas.values.set(M5, 2);
  await study.open();
  expect(await study.finish()).not.toHaveProperty('notes');
});

test('a trial of several instances needs as many', async () => {
  expect(await open({ [M5]: 2 }, { instanceCount: 3 })).toMatchObject({
    name: 'QuotaTooSmall',
    message: expect.stringContaining('is 2, so no trial can start on it; ask for 12 at'),
  });
  expect(await open({ [M5]: 7 }, { instanceCount: 3 })).toEqual([expect.stringContaining('so at most 2 trials')]);
});

describe('with several instance types', () => {
  const compute = { instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'] };

  test('one with room is enough, and the other one is a note', async () => {
    expect(await open({ [M5]: 0, [G5]: 4 }, compute)).toEqual([expect.stringContaining(`"${M5}"`)]);
    expect(await open({ [M5]: 0 }, compute)).toEqual([expect.stringContaining(`"${M5}"`)]);
  });

  test('none with room fails the study, and says all', async () => {
    expect(await open({ [M5]: 0, [G5]: 0 }, compute)).toMatchObject({
      name: 'QuotaTooSmall',
      message: expect.stringMatching(/"ml\.m5\.xlarge for.*; the quota "ml\.g5\.xlarge for/),
    });
  });
});

test('where the search chooses the type, each has to do', async () => {
  const compute = { instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'], instanceTypeParameter: 'type' };
  expect(await open({ [M5]: 0, [G5]: 4 }, compute)).toMatchObject({
    name: 'QuotaTooSmall',
    message: expect.stringContaining(`"${M5}"`),
  });
  expect(await open({ [M5]: 1, [G5]: 4 }, compute)).toEqual([expect.stringContaining('so at most 1 trials')]);
});

describe('with groups of instances', () => {
  const instanceGroups = [
    { instanceType: 'ml.m5.xlarge', instanceCount: 2 },
    { instanceType: 'ml.g5.xlarge', instanceCount: 1 },
  ];
  const compute = { instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'], instanceGroups };

  test('each needs room', async () => {
    expect(await open({ [M5]: 2, [G5]: 0 }, compute)).toMatchObject({ name: 'QuotaTooSmall' });
    expect(await open({ [M5]: 1, [G5]: 4 }, compute)).toMatchObject({ name: 'QuotaTooSmall' });
    expect(await open({ [M5]: 2, [G5]: 1 }, compute)).toHaveLength(2);
    expect(await open({ [M5]: 8, [G5]: 4 }, compute)).toEqual([]);
  });

  test('those of one type need room together', async () => {
    const two = [...instanceGroups, { instanceType: 'ml.m5.xlarge', instanceCount: 3 }];
    expect(await open({ [M5]: 4 }, { ...compute, instanceGroups: two })).toMatchObject({
      name: 'QuotaTooSmall',
      message: expect.stringContaining('ask for 20 at'),
    });
    expect(await open({ [M5]: 20 }, { ...compute, instanceGroups: two })).toEqual([]);
  });
});

test('with spot the quota for spot counts', async () => {
  const spot = 'ml.m5.xlarge for spot training job usage';
  expect(await open({ [M5]: 0, [spot]: 4 }, { spot: true })).toEqual([]);
  expect(await open({ [M5]: 4, [spot]: 0 }, { spot: true })).toMatchObject({
    name: 'QuotaTooSmall',
    message: expect.stringContaining(`"${spot}"`),
  });
});

test('too few instances for warm pools never fail a study', async () => {
  const warm = 'ml.m5.xlarge for training warm pool usage';
  expect(await open({ [M5]: 4, [warm]: 0 }, { keepAliveSeconds: 600 })).toEqual([
    `the quota "${warm}" of account 123456789012 in eu-central-1 is 0, so not every slot keeps its instances; ask for 4 at ${PAGE}`,
  ]);
  expect(await open({ [M5]: 4, [warm]: 4 }, { keepAliveSeconds: 600 })).toEqual([]);
  expect(await open({ [M5]: 4, [warm]: 0 })).toEqual([]);
});

test('an error of Service Quotas is a note', async () => {
  const study = new TestStudy(new MemoryItemTable(), { compute: { ...TUNER.compute, quotaCheck: 'fail' } });
  const denied = Object.assign(new Error('not authorized to perform servicequotas:ListServiceQuotas'), {
    name: 'AccessDeniedException',
  });
  study.quotas.find = () => Promise.reject(denied);
  await study.open();
  expect((await study.finish()).notes).toEqual([
    "the quotas of instances couldn't be read: AccessDeniedException: not authorized to perform servicequotas:ListServiceQuotas",
  ]);
});

test.each([
  ['aws-cn', 'cn-north-1', 'https://cn-north-1.console.amazonaws.cn/servicequotas/'],
  ['aws-us-gov', 'us-gov-west-1', 'https://us-gov-west-1.console.amazonaws-us-gov.com/servicequotas/'],
])('the link is of the console of the partition: %s', async (partition, region, link) => {
  const arn = `arn:${partition}:states:${region}:123456789012:execution:tuner:one`;
  expect(await open({ [M5]: 0 }, {}, arn)).toMatchObject({ message: expect.stringContaining(link) });
});

test('a resume looks again, and has its own notes', async () => {
  const study = new TestStudy(new MemoryItemTable(), { compute: { ...TUNER.compute, quotaCheck: 'fail' } });
  study.quotas.values.set(M5, 1);
  await study.open();
  study.quotas.values.set(M5, 0);
  await expect(study.resume(60)).rejects.toMatchObject({ name: 'QuotaTooSmall' });
  expect(await study.studyRecord()).toMatchObject({ run: 1 });
  study.quotas.values.set(M5, 4);
  await study.resume(60);
  expect(await study.finish()).not.toHaveProperty('notes');
});
