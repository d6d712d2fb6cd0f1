import { FaultInjector } from '../../../local/faults';
import type { FaultPlan, FaultStrike, FaultSubject } from '../../../local/faults';

/** Names of what strikes each of the calls of CreateTrainingJob for these jobs. */
function strikes(plans: FaultPlan[], jobs: string[]): (string | undefined)[] {
  const injector = new FaultInjector(plans);
  return jobs.map((job) => injector.next('create', { job })?.name);
}

test('a fault strikes the first call, and no other', () => {
  expect(strikes([{ name: 'create-throttled' }], ['a', 'b'])).toEqual(['create-throttled', undefined]);
});

test('it strikes from the call that is said, so many times', () => {
  expect(strikes([{ name: 'create-quota', call: 2, times: 2 }], ['a', 'b', 'c', 'd'])).toEqual([
    undefined,
    'create-quota',
    'create-quota',
    undefined,
  ]);
});

test('only calls for the job count', () => {
  expect(strikes([{ name: 'create-quota', call: 2, job: '-7-' }], ['x-7-1', 'x-8-1', 'x-7-2'])).toEqual([
    undefined,
    undefined,
    'create-quota',
  ]);
});

test('of two that are due at one call, the second waits for the next', () => {
  const plans: FaultPlan[] = [{ name: 'create-throttled' }, { name: 'create-quota' }];
  expect(strikes(plans, ['a', 'b', 'c'])).toEqual(['create-throttled', 'create-quota', undefined]);
});

test('a job takes all faults that are due', () => {
  const injector = new FaultInjector([
    { name: 'slow-start' },
    { name: 'checkpoint-lost' },
    { name: 'spot-interrupted' },
  ]);
  const of = (subject: FaultSubject) => injector.all('job', subject).map(({ name }) => name);
  expect(of({ job: 'on-demand' })).toEqual(['slow-start']);
  expect(of({ job: 'spot', managedSpot: true, checkpoints: true })).toEqual(['checkpoint-lost', 'spot-interrupted']);
  expect(of({ job: 'spot', managedSpot: true, checkpoints: true })).toEqual([]);
});

test('a strike is told with what it does, one of a running program at its moment', () => {
  const told: FaultStrike[] = [];
  const injector = new FaultInjector([{ name: 'slow-start' }, { name: 'out-of-memory' }], (strike) =>
    told.push(strike),
  );
  const due = injector.all('job', { job: 'a' });
  expect(told.map(({ name }) => name)).toEqual(['slow-start']);
  due[1].announce();
  expect(told[1]).toMatchObject({
    name: 'out-of-memory',
    subject: { job: 'a' },
    description: expect.stringMatching(/137/),
  });
});

test('what has not struck is known', () => {
  const injector = new FaultInjector([{ name: 'stop-lost' }, { name: 'list-stale' }]);
  injector.next('list', {});
  expect(injector.unused()).toEqual([{ name: 'stop-lost' }]);
});
