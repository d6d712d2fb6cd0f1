import { splitObservations } from '../../../../../lambda/core/models/parzen/split-observations';
import { Observation } from '../../../../../lambda/core/search/search-algorithm';

const finished = (trial: number, loss: number): Observation => ({
  trial,
  configuration: { x: trial },
  status: 'finished',
  losses: [loss],
});
const other = (trial: number, status: 'pending' | 'failed'): Observation => ({
  trial,
  configuration: { x: trial },
  status,
});
const split = (history: Observation[], goodCount: number, maxBad = 100) =>
  splitObservations(history, 1, { goodCount: () => goodCount, goodWeight: (rank) => 1 / (rank + 1), maxBad });
const trialsOf = (observations: readonly Observation[]) => observations.map(({ trial }) => trial);

test('the best are good, failed and pending trials are bad with the rest', () => {
  const { good, bad } = split(
    [other(1, 'failed'), finished(2, 5), finished(3, 1), other(4, 'pending'), finished(5, 3)],
    2,
  );
  expect(trialsOf(good.observations)).toEqual([3, 5]);
  expect([...good.weights]).toEqual([1, 0.5]);
  expect(trialsOf(bad.observations).sort()).toEqual([1, 2, 4]);
  expect([...bad.weights]).toEqual([1, 1, 1]);
});

test('the number of good ones is told how many trials have ended', () => {
  const history = [other(1, 'failed'), finished(2, 5), other(3, 'pending')];
  const goodCount = jest.fn(() => 2);
  const { good } = splitObservations(history, 1, { goodCount, goodWeight: () => 1, maxBad: 9 });
  expect(goodCount).toHaveBeenCalledWith(2);
  // no more than there are.
  expect(trialsOf(good.observations)).toEqual([2]);
});

test('of too many bad ones stay the next best, the newest pending ones, and of the rest some for all', () => {
  const history = [
    ...Array.from({ length: 1000 }, (_, i) => finished(i + 1, i)),
    ...Array.from({ length: 50 }, (_, i) => other(1001 + i, 'pending')),
  ];
  const { bad } = split(history, 10, 100);
  const trials = trialsOf(bad.observations);
  expect(trials).toHaveLength(100);
  expect(trials.slice(0, 25)).toEqual(Array.from({ length: 25 }, (_, i) => 11 + i));
  expect(trials.slice(50)).toEqual(Array.from({ length: 50 }, (_, i) => 1001 + i));
  const rest = trials.slice(25, 50);
  expect(Math.min(...rest)).toBeLessThan(80);
  expect(Math.max(...rest)).toBeGreaterThan(950);
  expect(bad.weights.reduce((a, b) => a + b)).toBeCloseTo(1040, 6);
});

test('pending trials fill no more than half of what is kept', () => {
  const history = [
    ...Array.from({ length: 100 }, (_, i) => finished(i + 1, i)),
    ...Array.from({ length: 100 }, (_, i) => other(101 + i, 'pending')),
  ];
  const { bad } = split(history, 10, 20);
  expect(trialsOf(bad.observations).slice(10)).toEqual(Array.from({ length: 10 }, (_, i) => 191 + i));
});
