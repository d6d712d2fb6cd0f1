import { observationsAt } from '../../../../lambda/core/schedulers/fidelity-history';
import { ScheduledTrial } from '../../../../lambda/core/schedulers/scheduler';

/** A trial that reported these losses at the rungs 1, 3 and 9, as far as it came. */
function trial(number: number, losses: number[], change: Partial<ScheduledTrial> = {}): ScheduledTrial {
  return {
    trial: number,
    configuration: { x: number },
    state: 'ended',
    failed: false,
    bracket: 0,
    target: undefined,
    curve: losses.map((loss, i) => ({ resource: 3 ** i, rung: 3 ** i, losses: [loss] })),
    ...change,
  };
}

const lossesOf = (trials: ScheduledTrial[], parameters: number) =>
  observationsAt(trials, parameters).map(({ status, losses }) => losses?.[0] ?? status);

test('trials are compared at the highest rung that parameters + 2 of them have reached', () => {
  const trials = [[9, 6, 3], [8, 5, 2], [7, 4], [6, 3], [5]].map((losses, i) => trial(i + 1, losses));
  expect(lossesOf(trials, 0)).toEqual([3, 2, 3, 3, 3]);
  expect(lossesOf(trials, 1)).toEqual([6, 5, 4, 3, 6]);
  expect(lossesOf(trials, 3)).toEqual([9, 8, 7, 6, 5]);
});

test('while no rung has as many, at the highest that any has reached', () => {
  expect(lossesOf([trial(1, [5, 4]), trial(2, [3], { state: 'paused' })], 5)).toEqual([4, 4]);
});

test('one that ended or waits below the rung counts as the worst seen there, one on its way is pending', () => {
  const trials = [
    trial(1, [9, 6]),
    trial(2, [8, 7]),
    trial(3, [1], { state: 'paused' }),
    trial(4, [1], { state: 'running' }),
    trial(5, [1]),
    trial(6, [9, 3], { state: 'running' }),
  ];
  expect(lossesOf(trials, 0)).toEqual([6, 7, 7, 'pending', 7, 3]);
});

test('trials that failed or diverged have failed, and count for no rung', () => {
  const trials = [
    trial(1, [9, 6], { failed: true }),
    trial(2, [8, Infinity]),
    trial(3, [7, 5]),
    trial(4, [6, 4]),
    trial(5, [5], { failed: true }),
  ];
  expect(lossesOf(trials, 0)).toEqual(['failed', 'failed', 5, 4, 'failed']);
});

test('a trial that passed the rung without stopping there has the first result beyond it', () => {
  const passed = trial(3, [], {
    curve: [
      { resource: 2, losses: [5] },
      { resource: 4, rung: 4, losses: [3] },
    ],
  });
  expect(lossesOf([trial(1, [9, 6]), trial(2, [8, 7]), passed], 1)).toEqual([6, 7, 3]);
});

test('without rungs a trial that has ended counts with its last result', () => {
  const curve = [4, 2].map((loss, i) => ({ resource: i + 1, losses: [loss, 1], violations: [-1] }));
  expect(observationsAt([trial(1, [], { curve }), trial(2, [], { curve, state: 'running' }), trial(3, [])], 1)).toEqual(
    [
      { trial: 1, configuration: { x: 1 }, status: 'finished', losses: [2, 1], violations: [-1] },
      { trial: 2, configuration: { x: 2 }, status: 'pending' },
      { trial: 3, configuration: { x: 3 }, status: 'finished', losses: [2, 1] },
    ],
  );
});

test('of several objectives the worst of each is taken', () => {
  const curve = (a: number, b: number) => [{ resource: 1, rung: 1, losses: [a, b] }];
  const trials = [trial(1, [], { curve: curve(1, 5) }), trial(2, [], { curve: curve(4, 2) }), trial(3, [])];
  expect(observationsAt(trials, 0)[2].losses).toEqual([4, 5]);
});
