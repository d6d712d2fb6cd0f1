import { spareShims } from '../../bin/bench-cluster/interpreter';
import { measureCluster, workerOf } from '../../bin/bench-cluster/measure';
import { temporaryFolder } from '../end-to-end/small-study';

const TRIALS = 24;

beforeAll(spareShims);

test('with the default search the next trials are prepared while others run, and no two are the same', async () => {
  const folder = temporaryFolder();
  const result = await measureCluster({ trials: TRIALS, seconds: 0.2, hosts: 2, slots: 4, search: null, folder });
  expect([result.status, result.cause]).toEqual(['SUCCEEDED', undefined]);
  expect(result.calls.prepare).toBeGreaterThanOrEqual(1 / TRIALS);
  expect(new Set(result.trials.map(({ configuration }) => JSON.stringify(configuration))).size).toBe(TRIALS);
}, 300_000);

test('the bench of a cluster sees each trial once, one after another in each slot, and counts the calls', async () => {
  const folder = temporaryFolder();
  const result = await measureCluster({ trials: TRIALS, seconds: 0.2, hosts: 2, slots: 4, search: 'random', folder });
  expect([result.status, result.cause]).toEqual(['SUCCEEDED', undefined]);
  expect(result.trials.map(({ state }) => state)).toEqual(Array<string>(TRIALS).fill('COMPLETED'));
  expect(result.trials.every(({ attempts }) => attempts.length === 1)).toBe(true);

  // every trial has a time, in one of at most eight slots of two hosts.
  const { times, gaps, overheads, calls, busy } = result;
  expect(times.map(({ trial }) => trial)).toEqual(result.trials.map(({ trial }) => trial));
  const slots = new Set(times.map(({ slot }) => slot));
  expect(slots.size).toBeLessThanOrEqual(8);
  expect(new Set(times.map(workerOf)).size).toBe(2);
  expect(gaps).toHaveLength(TRIALS - slots.size);
  // no slot begins a trial before the last one has ended; a single gap is blurred by how long an interpreter takes to start.
  expect(gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]).toBeGreaterThan(0);
  expect(Math.min(...overheads)).toBeGreaterThan(0);
  expect(busy).toBeGreaterThan(0);
  expect(busy).toBeLessThan(1);

  // one report and one record for each trial, or more where a busy machine made one of them again.
  expect(result.trials.every(({ curve }) => curve?.length === 1)).toBe(true);
  const report = Object.keys(calls).find((name) => /Report/.test(name))!;
  for (const name of ['record', report]) expect(calls[name]).toBeGreaterThanOrEqual(1);
  expect(calls.join).toBeGreaterThanOrEqual(2 / TRIALS);
  expect(calls.next).toBeGreaterThanOrEqual(slots.size / TRIALS);
}, 300_000);
