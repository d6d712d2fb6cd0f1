import * as fc from 'fast-check';
import { AttemptRecord } from '../../../../lambda/core/store/records';
import { warmPoolSeconds } from '../../../../lambda/core/study/warm-pools';
import { computeWith } from '../../../support/lambda-money';
import { at } from '../../../support/lambda-study';

const COMPUTE = computeWith({ keepAliveSeconds: 600 });

let numbers = 0;
/** An attempt in a slot from its start to its end, in seconds; without an end it runs. */
const attempt = (slot: number, start: number, end?: number, more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  attempt: ++numbers,
  claim: `1/1/${slot}/${numbers}`,
  jobName: `job-${numbers}`,
  tokenHash: '',
  startAt: at(start),
  instanceType: 'ml.m5.xlarge',
  instanceCount: 1,
  ...(end !== undefined && { endedAt: at(end), outcome: { status: 'Completed', billableSeconds: end - start } }),
  ...more,
});
const NEVER_RAN: Partial<AttemptRecord> = { outcome: { error: 'ResourceLimitExceeded' }, failureClass: 'quota' };

/** For how long the instances of each are kept, in the order given. */
const kept = (attempts: AttemptRecord[], compute = COMPUTE) => {
  const seconds = warmPoolSeconds(compute, attempts);
  return attempts.map((one) => seconds.get(one));
};

test('without keepAlivePeriod none are kept', () => {
  expect(kept([attempt(0, 0, 100)], computeWith({}))).toEqual([undefined]);
});

test.each([
  ['soon', 160, 60],
  ['just in time', 700, 600],
  ['too late', 701, 600],
  ['at once', 100, 0],
])('instances are kept until the next job begins: %s', (_, start, seconds) => {
  expect(kept([attempt(0, 0, 100), attempt(0, start)])).toEqual([seconds, undefined]);
});

test('instances that no job takes are kept to the end', () => {
  expect(kept([attempt(0, 0, 100), attempt(1, 20)])).toEqual([600, undefined]);
});

test('of several that are kept, the oldest are taken: so they are kept for as long as can be', () => {
  const ended = [attempt(0, 0, 100), attempt(1, 0, 150)];
  expect(kept([...ended, attempt(1, 200)])).toEqual([100, 600, undefined]);
  expect(kept([...ended, attempt(1, 200), attempt(0, 210)])).toEqual([100, 60, undefined, undefined]);
  // those of the first are gone by then.
  expect(kept([...ended, attempt(1, 720)])).toEqual([600, 570, undefined]);
});

test('attempts come in any order, of any round', () => {
  const [first, second, third] = [attempt(0, 0, 100), attempt(0, 150, 300), attempt(0, 310)];
  expect(kept([third, first, second])).toEqual([undefined, 50, 10]);
  const other = { claim: '2/7/0/3' };
  expect(kept([attempt(0, 0, 100), attempt(0, 130, undefined, other)])).toEqual([30, undefined]);
});

test('a job that was not billed had no instances to keep', () => {
  expect(kept([attempt(0, 0, 100, { outcome: { status: 'Failed', billableSeconds: 0 } })])).toEqual([undefined]);
});

describe('instances are not taken by', () => {
  test('a start that found no room', () => {
    expect(kept([attempt(0, 0, 100), attempt(0, 110, 115, NEVER_RAN), attempt(0, 400)])).toEqual([
      300,
      undefined,
      undefined,
    ]);
  });

  test('an attempt whose job never began', () => {
    const lost = { outcome: undefined, message: 'the execution ended before the training job began' };
    const refused = { outcome: { error: 'ValidationException' }, failureClass: 'badRequest' as const };
    for (const never of [lost, refused]) {
      expect(kept([attempt(0, 0, 100), attempt(0, 110, 115, never)])).toEqual([600, undefined]);
    }
  });

  test('a job on other instances', () => {
    expect(kept([attempt(0, 0, 100), attempt(0, 110, undefined, { instanceType: 'ml.g5.xlarge' })])[0]).toBe(600);
    expect(kept([attempt(0, 0, 100), attempt(0, 110, undefined, { instanceCount: 2 })])[0]).toBe(600);
  });
});

test('however jobs take instances of each other, no more is kept in all than is counted', () => {
  const job = fc.record({
    slot: fc.nat({ max: 3 }),
    gap: fc.nat({ max: 900 }),
    runs: fc.integer({ min: 1, max: 900 }),
    type: fc.constantFrom('ml.m5.xlarge', 'ml.g5.xlarge'),
    instanceCount: fc.integer({ min: 1, max: 2 }),
  });
  fc.assert(
    fc.property(fc.array(job, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (jobs, choices) => {
      const free = new Map<number, number>();
      const attempts = jobs.map(({ slot, gap, runs, type, instanceCount }) => {
        const start = (free.get(slot) ?? 0) + gap;
        free.set(slot, start + runs);
        return attempt(slot, start, start + runs, { instanceType: type, instanceCount });
      });
      const counted = kept(attempts).reduce(
        (sum: number, seconds, i) => sum + seconds! * attempts[i].instanceCount!,
        0,
      );

      // SageMaker gives a job any instances of its type and number that are kept at its start.
      let billed = 0;
      const pools: { from: number; kind: string; count: number }[] = [];
      const secondsOf = (time: string) => (Date.parse(time) - Date.parse(at(0))) / 1000;
      for (const { startAt, instanceType, instanceCount } of [...attempts].sort((a, b) =>
        a.startAt < b.startAt ? -1 : 1,
      )) {
        const start = secondsOf(startAt);
        // those that have ended by then.
        for (const one of attempts) {
          const end = secondsOf(one.endedAt!);
          if (end <= start && !pools.some(({ kind }) => kind.endsWith(` ${one.attempt}`))) {
            pools.push({
              from: end,
              kind: `${one.instanceType} ${one.instanceCount} ${one.attempt}`,
              count: one.instanceCount!,
            });
          }
        }
        const fitting = pools.filter(
          ({ from, kind, count }) =>
            count > 0 && kind.startsWith(`${instanceType} ${instanceCount} `) && start - from < 600,
        );
        if (fitting.length === 0) continue;
        const taken = fitting[choices.next().value! % fitting.length];
        billed += (start - taken.from) * taken.count;
        taken.count = 0;
      }
      // all that no job has taken is kept to its end.
      const takenCount = pools.filter(({ count }) => count === 0).map(({ kind }) => Number(kind.split(' ')[2]));
      for (const one of attempts) if (!takenCount.includes(one.attempt)) billed += 600 * one.instanceCount!;
      expect(billed).toBeLessThanOrEqual(counted);
    }),
    { numRuns: 200 },
  );
});
