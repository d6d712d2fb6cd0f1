import { StudyStore } from '../../../../lambda/core/store/study-store';
import { JobStopper } from '../../../../lambda/core/study/stop-jobs';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { FakeJobs, at, secondsOf } from '../../../support/lambda-study';

beforeEach(() => {
  jest.useFakeTimers({ now: Date.parse(at(0)) });
});
afterEach(() => {
  jest.useRealTimers();
});

/** Training jobs that note when each was asked to stop, in seconds. */
class TimedJobs extends FakeJobs {
  readonly times: number[] = [];

  override stop(jobName: string): Promise<void> {
    this.times.push(secondsOf(new Date().toISOString()));
    return super.stop(jobName);
  }
}

test('jobs are stopped 1.1 seconds apart at least, the first at once', async () => {
  const jobs = new TimedJobs();
  const stopper = new JobStopper(jobs, new StudyStore(new MemoryItemTable()), at(0));
  const stopping = (async () => {
    for (const name of ['a', 'b', 'c', 'd']) await stopper.stop(name);
  })();
  await jest.advanceTimersByTimeAsync(60_000);
  await stopping;
  expect(jobs.stopped).toEqual(['a', 'b', 'c', 'd']);
  expect(jobs.times[0]).toBe(0);
  jobs.times.slice(1).forEach((time, i) => expect(time - jobs.times[i]).toBeGreaterThanOrEqual(1.1));
  expect(jobs.times[3]).toBeLessThan(3 * 2.5);
});

test('functions that stop jobs at the same time share the pace', async () => {
  const jobs = new TimedJobs();
  const table = new MemoryItemTable();
  const stopping = Array.from({ length: 6 }, (_, i) =>
    new JobStopper(jobs, new StudyStore(table), at(0)).stop(`job-${i}`),
  );
  await jest.advanceTimersByTimeAsync(60_000);
  await Promise.all(stopping);
  expect(new Set(jobs.stopped).size).toBe(6);
  jobs.times.slice(1).forEach((time, i) => expect(time - jobs.times[i]).toBeGreaterThan(1));
});

test('a turn is not waited for longer than a step may take', async () => {
  const jobs = new TimedJobs();
  const store = new StudyStore(new MemoryItemTable());
  // others are always faster.
  store.takeStop = () => Promise.resolve(1100);
  const stopping = new JobStopper(jobs, store, at(0)).stop('a').catch(({ name }: Error) => name);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(await stopping).toBe('TooMuchContention');
  expect(jobs.times).toEqual([]);
});

test('a step that dies while it waits takes nobody’s turn', async () => {
  const jobs = new TimedJobs();
  const store = new StudyStore(new MemoryItemTable());
  expect(await store.takeStop(Date.parse(at(0)), 1100)).toBe(0);
  for (let i = 0; i < 5; i++) expect(await store.takeStop(Date.parse(at(0.5)), 1100)).toBe(600);
  expect(await store.takeStop(Date.parse(at(1.099)), 1100)).toBe(1);
  expect(await store.takeStop(Date.parse(at(1.1)), 1100)).toBe(0);
  expect(jobs.times).toEqual([]);
});

test('a step that is called again with the time of its first try waits no longer than others', async () => {
  const jobs = new TimedJobs();
  const store = new StudyStore(new MemoryItemTable());
  jest.setSystemTime(Date.parse(at(60)));
  await store.takeStop(Date.parse(at(60)), 1100);
  const stopping = new JobStopper(jobs, store, at(0)).stop('a');
  await jest.advanceTimersByTimeAsync(60_000);
  await stopping;
  expect(jobs.times[0]).toBeLessThan(65);
});

test('nobody waits when the last stop is long ago', async () => {
  const jobs = new TimedJobs();
  const stopper = new JobStopper(jobs, new StudyStore(new MemoryItemTable()), at(0));
  await stopper.stop('a');
  await jest.advanceTimersByTimeAsync(60_000);
  await stopper.stop('b');
  expect(jobs.times).toEqual([0, 60]);
});

test('stops hold back no starts', async () => {
  const store = new StudyStore(new MemoryItemTable());
  await new JobStopper(new TimedJobs(), store, at(0)).stop('a');
  expect(await store.reserveStart(Date.parse(at(0)), 1100)).toBe(Date.parse(at(0)));
});

test('what the service refuses is thrown', async () => {
  const jobs = new TimedJobs();
  jobs.stop = () => Promise.reject(new Error('ThrottlingException'));
  const stopper = new JobStopper(jobs, new StudyStore(new MemoryItemTable()), at(0));
  await expect(stopper.stop('a')).rejects.toThrow('ThrottlingException');
});
