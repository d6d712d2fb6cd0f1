import { AttemptOutcome } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { computeWith } from '../../../support/lambda-money';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { NO_ROOM, TestStudy, completed, trainOf } from '../../../support/lambda-study';

withoutWaiting();

/** A study whose instances cost a tenth of a cent a second. */
const opened = (tuner: Partial<TunerDefinition> = {}, compute: Partial<TunerDefinition['compute']> = {}) =>
  TestStudy.opened(new MemoryItemTable(), { compute: computeWith(compute), ...tuner });

/** Runs a trial in the study's first slots that reports at this resource and ends like this. */
async function run(study: TestStudy, slot: number, resource: number, outcome: AttemptOutcome, accuracy = 0.5) {
  const answer = await study.train(slot);
  const told = await study.report(answer, resource, accuracy);
  await study.record(answer, outcome, 0, slot);
  return told.decision;
}
const stopped = (billableSeconds: number): AttemptOutcome => ({
  status: 'Stopped',
  secondaryStatus: 'Stopped',
  billableSeconds,
});

test('a study costs what its attempts were billed, on all their instances', async () => {
  const study = await opened({}, { instanceCount: 2, instanceTypes: ['ml.m5.xlarge', 'ml.g5.xlarge'] });
  await run(study, 0, 1, completed(100));
  // on the first type there is no room any more: each second of the other one costs twice as much.
  const again = trainOf(await study.record(await study.train(1), NO_ROOM, 5, 1));
  await study.record(again, { status: 'Failed', failureReason: 'InternalServerError', billableSeconds: 50 }, 9, 1);
  expect((await study.finish()).cost).toEqual({ instanceSeconds: 300, usd: 0.4 });
});

test('what ran on a type without a price has no sum in dollars, and no savings', async () => {
  const compute = { instanceTypes: ['ml.unheard.of'], spot: true };
  const study = await opened({}, compute);
  await run(study, 0, 1, { ...completed(100), trainingSeconds: 500 });
  expect((await study.finish()).cost).toEqual({ instanceSeconds: 100, usd: null });
});

test('spot saves the seconds that were trained and not billed', async () => {
  const attempt = { ...completed(300), trainingSeconds: 1000 };
  const study = await opened({}, { spot: true, instanceCount: 2 });
  await run(study, 0, 1, attempt);
  // 300 seconds of two instances were billed, and 700 more of each were not.
  expect((await study.finish()).cost).toEqual({ instanceSeconds: 600, usd: 0.6, savedBySpotUsd: 1.4 });

  const onDemand = await opened();
  await run(onDemand, 0, 1, attempt);
  expect((await onDemand.finish()).cost).toEqual({ instanceSeconds: 300, usd: 0.3 });
});

describe('early stopping saves', () => {
  const scheduler = {
    name: 'asha',
    mode: 'stop',
    brackets: 1,
    minResource: 1,
    maxResource: 9,
    reductionFactor: 3,
  } as const;

  test('what a stopped trial would have taken to the end of the scheduler, at its own pace', async () => {
    const study = await opened({ scheduler });
    for (const slot of [0, 1, 2]) await run(study, slot, 1, completed(5), 0.9);
    const before = (await study.finish()).cost;
    expect(await run(study, 3, 1, stopped(300), 0.1)).toBe('stop');
    const { cost } = await study.finish();
    // 300 seconds for one unit of nine: eight more at 30 cents each.
    expect(cost.savedByEarlyStoppingUsd! - (before.savedByEarlyStoppingUsd ?? 0)).toBeCloseTo(2.4);
  });

  test('what a paused trial would have taken', async () => {
    const study = await opened({ scheduler: { ...scheduler, mode: 'promote' } });
    expect(await run(study, 0, 1, completed(20))).toBe('pause');
    expect((await study.finish()).cost).toEqual({ instanceSeconds: 20, usd: 0.02, savedByEarlyStoppingUsd: 0.16 });
  });

  test('as far as the longest trial went, where the scheduler says no end', async () => {
    const study = await opened({ scheduler: { name: 'medianStopping', gracePeriod: 1, minimumTrials: 1 } });
    const long = await study.train(0);
    await study.report(long, 2, 0.9);
    expect(await run(study, 1, 2, stopped(100), 0.1)).toBe('stop');
    await study.report(long, 10, 0.95);
    await study.record(long, completed(500));
    // 100 seconds for two units of ten.
    expect((await study.finish()).cost).toEqual({ instanceSeconds: 600, usd: 0.6, savedByEarlyStoppingUsd: 0.4 });
  });

  test('nothing where a person stopped the job, where time was over, and where the trial was at its end', async () => {
    const study = await opened({ scheduler });
    await run(study, 0, 1, stopped(100));
    await run(study, 1, 2, { ...stopped(100), secondaryStatus: 'MaxRuntimeExceeded' });
    await run(study, 2, 9, completed(100));
    expect((await study.finish()).cost).toEqual({ instanceSeconds: 300, usd: 0.3 });
  });
});

test('instances that were kept are part of the cost, and told apart', async () => {
  const study = await opened({}, { keepAliveSeconds: 600 });
  const first = await study.train();
  await study.complete(first, 0.5, 100);
  // the next trial began at once, and then none any more.
  expect((await study.finish()).cost).toEqual({ instanceSeconds: 60, usd: 0.06, warmPoolUsd: 0 });
  const other = await opened({ maxTrials: 1 }, { keepAliveSeconds: 600 });
  await other.complete(await other.train(), 0.5, 100);
  expect((await other.finish()).cost).toEqual({ instanceSeconds: 660, usd: 0.66, warmPoolUsd: 0.6 });
});

test('the table holds what is spent and kept, after each end', async () => {
  const study = await opened({ maxSpendUsd: 10 });
  await run(study, 0, 1, completed(1000));
  const [item] = await study.table.query(study.name, 'SPENDING', 'SPENDING~');
  expect(item).toMatchObject({ instanceSeconds: 1000, usd: 1, at: '2026-01-31T12:00:00.000Z' });
});
