import { AshaMode, Scheduler } from '../../lib';
import { SimulatedStudyOptions, simulateStudy } from './simulated-study';

const simulate = (scheduler: Scheduler, options: Partial<SimulatedStudyOptions> = {}) =>
  simulateStudy({
    epochs: 9,
    secondsPerEpoch: 600,
    startUpSeconds: 120,
    ...options,
    tuner: { maxTrials: 27, maxParallelTrials: 4, scheduler, ...options.tuner },
  });

/** Where trials ended their training, and how many there. */
function reached(trained: string[]): Record<number, number> {
  const last = new Map<string, number>();
  for (const [trial, epoch] of trained.map((one) => one.split('/'))) last.set(trial, Number(epoch));
  const counts: Record<number, number> = {};
  for (const epoch of last.values()) counts[epoch] = (counts[epoch] ?? 0) + 1;
  return counts;
}

const trainedTwice = (trained: string[]) => trained.filter((one, i) => trained.indexOf(one) < i);

test('successive halving in rounds: 27 trials, then the best 9, then the best 3, each from its checkpoint', async () => {
  const { result, trials, trained } = await simulate(Scheduler.successiveHalving({ maxResource: 9 }), {
    tuner: { maxTrials: 9 },
  });
  expect(reached(trained)).toEqual({ 1: 6, 3: 2, 9: 1 });
  expect(trainedTwice(trained)).toEqual([]);
  expect(result.trials).toMatchObject({ total: 9, completed: 1, stoppedEarly: 8, unfinished: 0 });
  const best = trials.find(({ state }) => state === 'COMPLETED')!;
  expect(best.attempts.map(({ target }) => target)).toEqual([1, 3, 9]);
  expect(result.best!.trial).toBe(best.trial);
});

test('Hyperband in rounds runs each bracket of the paper', async () => {
  const { result, trained } = await simulate(Scheduler.hyperband({ maxResource: 9 }), { tuner: { maxTrials: 17 } });
  // s = 2: 9, 3, 1; s = 1: 5 at 3, 1 at 9; s = 0: 3 at 9.
  expect(reached(trained)).toEqual({ 1: 6, 3: 6, 9: 5 });
  expect(trainedTwice(trained)).toEqual([]);
  expect(result.reason).toMatch(/17 trials/);
});

test('ASHA with promotion keeps 16 slots busy and trains nothing twice', async () => {
  const { result, trained, busy } = await simulate(Scheduler.asha({ maxResource: 9, mode: AshaMode.PROMOTE }), {
    tuner: { maxTrials: 48, maxParallelTrials: 16 },
  });
  expect(busy).toBeGreaterThanOrEqual(0.95);
  expect(trainedTwice(trained)).toEqual([]);
  const { 1: first, 3: second, 9: last, ...others } = reached(trained);
  expect([first + second + last, others]).toEqual([48, {}]);
  // some lead their rung late, when others have been promoted before them.
  expect(second + last).toBeLessThanOrEqual((48 / 3) * 1.5);
  expect(last).toBeGreaterThanOrEqual(2);
  expect(result.trials.completed).toBe(last);
});

test.each([
  ['ASHA that stops', Scheduler.asha({ maxResource: 9 })],
  ['PASHA', Scheduler.pasha({ maxResource: 9 })],
  ['a population', Scheduler.populationBased({ maxResource: 18, interval: 2, populationSize: 20 })],
  ['the model of the curves', Scheduler.multiFidelity({ maxResource: 9 })],
])('%s keeps 16 slots busy and trains nothing twice', async (_, scheduler) => {
  const { trained, busy } = await simulate(scheduler, {
    epochs: 18,
    tuner: { maxTrials: 48, maxParallelTrials: 16 },
  });
  expect(busy).toBeGreaterThanOrEqual(0.95);
  expect(trainedTwice(trained)).toEqual([]);
});

test('ASHA that stops needs no checkpoints and starts nothing twice', async () => {
  const { result, trials, trained } = await simulate(Scheduler.asha({ maxResource: 9 }), { keepsCheckpoints: false });
  expect(trainedTwice(trained)).toEqual([]);
  expect(trials.every(({ attempts }) => attempts.length === 1)).toBe(true);
  expect(result.trials.stoppedEarly).toBeGreaterThan(10);
  expect(result.trials.completed + result.trials.stoppedEarly).toBe(27);
});

test('a program that reports nothing trains up to each rung and is judged by its last line', async () => {
  const { trained, trials } = await simulate(Scheduler.successiveHalving({ maxResource: 9 }), {
    reports: false,
    tuner: { maxTrials: 9 },
  });
  expect(reached(trained)).toEqual({ 1: 6, 3: 2, 9: 1 });
  expect(trials.find(({ state }) => state === 'COMPLETED')!.curve!.map(({ rung }) => rung)).toEqual([1, 3]);
});

test('a promoted trial without a checkpoint begins anew, and says so', async () => {
  const { trained, trials } = await simulate(Scheduler.successiveHalving({ maxResource: 9 }), {
    keepsCheckpoints: false,
    tuner: { maxTrials: 9 },
  });
  expect(reached(trained)).toEqual({ 1: 6, 3: 2, 9: 1 });
  const best = trials.find(({ state }) => state === 'COMPLETED')!;
  expect(trained.filter((one) => one === `${best.trial}/1`)).toHaveLength(3);
  expect(best.attempts[1].reason).toMatch(/begins anew, since there is no checkpoint in s3:\/\//);
});

test('population based training replaces the worst by copies that continue from the checkpoint of the best', async () => {
  const { trained, trials, result } = await simulate(
    Scheduler.populationBased({ maxResource: 8, interval: 2, populationSize: 8 }),
    { epochs: 8, tuner: { maxTrials: 16, maxParallelTrials: 4 } },
  );
  expect(trainedTwice(trained)).toEqual([]);
  const copies = trials.filter(({ parent }) => parent !== undefined);
  expect(copies.length).toBeGreaterThan(0);
  for (const { trial, replaces } of copies) {
    // its first epoch is the one after its parent's checkpoint.
    const first = trained.find((one) => one.startsWith(`${trial}/`))!;
    expect(Number(first.split('/')[1])).toBeGreaterThan(2);
    expect(trials[replaces! - 1]).toMatchObject({ state: 'STOPPED', message: `trial ${trial} has taken its place` });
  }
  expect(result.trials.completed).toBe(8);
});

test('the model of the curves spends less on more trials', async () => {
  const { trained, result, trials } = await simulate(Scheduler.multiFidelity({ maxResource: 9 }), {
    tuner: { maxTrials: 20 },
  });
  expect(trainedTwice(trained)).toEqual([]);
  expect(trained.length).toBeLessThan(20 * 9 * 0.8);
  expect(trials).toHaveLength(20);
  expect(Math.abs(Math.log10(result.best!.hyperparameters.learning_rate as number) + 2)).toBeLessThan(0.5);
});
