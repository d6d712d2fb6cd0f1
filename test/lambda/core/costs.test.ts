import { MemoryItemTable } from '../../support/lambda-memory-table';
import { TUNER, TestStudy } from '../../support/lambda-study';
import {
  CALL_SECONDS,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUEST,
  READ_UNIT,
  SEARCH_SECONDS,
  TRANSITION,
  WRITE_UNIT,
} from '../../../bin/four-ways/orchestration-prices';
import { TrainAnswer } from '../../../lib/contract/calls';

/** Trial to run?, Pace, Train, Record trial; the frames of slots and rounds add some to a study, not to a trial. */
const TRANSITIONS_PER_TRIAL = 4;
const RECORD_GB = 1769 / 1024;
const REPORT_GB = 0.5;

/** Counts the capacity units that DynamoDB would charge: 4 KB a consistent read, 1 KB a write, refused ones too. */
class MeteredItemTable extends MemoryItemTable {
  reads = 0;
  writes = 0;

  override async get(partition: string, key: string) {
    const item = await super.get(partition, key);
    this.reads += Math.max(1, Math.ceil(sizeOf(item ?? {}) / 4096));
    return item;
  }

  override async getBoth(partition: string, first: string, second: string) {
    const items = await super.getBoth(partition, first, second);
    // a batch is charged item by item.
    for (const item of items) this.reads += Math.max(1, Math.ceil(sizeOf(item ?? {}) / 4096));
    return items;
  }

  override async query(partition: string, from: string, to: string) {
    const items = await super.query(partition, from, to);
    this.reads += Math.max(1, Math.ceil(sizeOf(items) / 4096));
    return items;
  }

  override insert(partition: string, key: string, item: object) {
    this.writes += Math.max(1, Math.ceil(sizeOf(item) / 1024));
    return super.insert(partition, key, item);
  }

  override replace(partition: string, key: string, item: object, version: number) {
    this.writes += Math.max(1, Math.ceil(sizeOf(item) / 1024));
    return super.replace(partition, key, item, version);
  }
}

const sizeOf = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** What a study of so many trials with ten reports each costs in four slots, with median stopping, which reads the most. */
async function costsOf(trials: number) {
  const table = new MeteredItemTable();
  const reports = 10;
  const study = await TestStudy.opened(table, {
    maxTrials: trials,
    maxSpendUsd: 1e6,
    compute: { ...TUNER.compute, prices: [{ instanceType: 'ml.m5.xlarge', usdPerHour: 0.23 }] },
    scheduler: { name: 'medianStopping', gracePeriod: 1, minimumTrials: 5 },
  });

  let calls = 0;
  const slots: (TrainAnswer | undefined)[] = [];
  for (let slot = 0; slot < 4; slot++) slots.push(await study.train(slot));
  for (let ended = 0; ended < trials; ended++) {
    const slot = ended % 4;
    const answer = slots[slot]!;
    for (let epoch = 1; epoch <= reports; epoch++) {
      calls++;
      // each trial is better than the ones before, so none is stopped.
      await study.report(answer, epoch, ended + epoch / 100);
    }
    const next = await study.record(answer, { status: 'Completed', billableSeconds: 60 }, ended, slot);
    slots[slot] = next.action === 'train' ? next : undefined;
  }
  expect(calls).toBe(trials * reports);
  const lambdaSeconds = trials * SEARCH_SECONDS * RECORD_GB + calls * CALL_SECONDS * REPORT_GB;
  return {
    stepFunctions: trials * TRANSITIONS_PER_TRIAL * TRANSITION,
    lambda: (trials + calls) * LAMBDA_REQUEST + lambdaSeconds * LAMBDA_GB_SECOND,
    writes: table.writes * WRITE_UNIT,
    reads: table.reads * READ_UNIT,
  };
}

const sumOf = (costs: Record<string, number>) => Object.values(costs).reduce((sum, part) => sum + part, 0);

test('100 trials with ten reports each cost at most 2 cents beside their training jobs', async () => {
  const costs = await costsOf(100);
  if (process.env.SHOW_COSTS) console.log(sumOf(costs), costs);
  expect(sumOf(costs)).toBeLessThanOrEqual(0.02);
});

test('1,000 trials with ten reports each cost at most 20 cents beside their training jobs', async () => {
  const { stepFunctions, lambda, writes, reads } = await costsOf(400);
  // what is read grows with the square of the trials, so this is more than 1,000 trials read.
  const scale = 1000 / 400;
  const costs = {
    stepFunctions: scale * stepFunctions,
    lambda: scale * lambda,
    writes: scale * writes,
    reads: scale ** 2 * reads,
  };
  if (process.env.SHOW_COSTS) console.log(sumOf(costs), costs);
  expect(sumOf(costs)).toBeLessThanOrEqual(0.2);
});
