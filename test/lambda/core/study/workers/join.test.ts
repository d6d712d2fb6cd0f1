import { EndedAnswer } from '../../../../../lib/contract/worker-calls';
import { Dynamo, startDynamo } from '../../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../../support/lambda-memory-table';
import { at } from '../../../../support/lambda-study';
import { CLUSTER, WorkerStudy } from '../../../../support/lambda-workers';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

const opened = async (...tuner: Parameters<typeof WorkerStudy.opened> extends [unknown, ...infer T] ? T : never) =>
  WorkerStudy.opened(await dynamo.newTable(), ...tuner);
const request = { call: 'join', study: 'digits', host: 'laptop', nonce: 'n', slots: 2 };

test('gives the worker a number, its heartbeat and its program', async () => {
  const study = await opened();
  expect(await study.call(request)).toEqual({
    worker: 1,
    heartbeatSeconds: 20,
    fenceSeconds: 80,
    ...CLUSTER.program,
  });
  expect(await study.worker(1)).toMatchObject({
    worker: 1,
    run: 1,
    host: 'laptop',
    nonce: 'n',
    slots: 2,
    seenAt: at(0),
  });
});

test('the same process asking again gets the same, and nothing changes', async () => {
  const study = await WorkerStudy.opened(new MemoryItemTable());
  const first = await study.call(request);
  await study.work(1);
  const before = (study.table as MemoryItemTable).contents();
  expect(await study.call(request, 5)).toEqual(first);
  expect((study.table as MemoryItemTable).contents()).toEqual(before);
});

test('a process that was given up joins again with a new number, and asking again gets that one', async () => {
  const study = await opened();
  const [lost, other] = [await study.join('laptop', 0, 'n'), await study.join('server', 100)];
  await study.beat(other, 121);
  const again = await study.join('laptop', 130, 'n');
  expect(again).not.toBe(lost);
  expect(await study.join('laptop', 131, 'n')).toBe(again);
  await expect(study.beat(again, 132)).resolves.toMatchObject({ ended: false });
});

test('machines have numbers in turn, however many join at once', async () => {
  const study = await opened();
  const numbers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((host) => study.join(host)));
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5, 6]);
});

test('one process that joins twice at once is one worker', async () => {
  const study = await opened();
  expect(await Promise.all([study.join(), study.join(), study.join()])).toEqual([1, 1, 1]);
  expect(await study.store.workers.load(study.name)).toHaveLength(1);
});

describe('a process that was started anew on its machine', () => {
  async function restarted() {
    const study = await opened({ maxTrials: 3 });
    const first = await study.join('laptop', 0, 'first');
    const other = await study.join('server', 0);
    const [one, two] = [await study.work(first, 0, 0), await study.work(first, 0, 1)];
    await study.work(other, 0);
    const second = await study.join('laptop', 10, 'second');
    return { study, first, second, one, two };
  }

  test('takes the place of the one before, whose trials others go on with at once', async () => {
    const { study, first, second, one, two } = await restarted();
    expect(await study.worker(first)).toMatchObject({ gone: 'its worker was restarted' });
    expect(await study.states()).toEqual(['QUEUED', 'QUEUED', 'RUNNING']);
    const again = [await study.work(second, 11, 0), await study.work(second, 11, 1)];
    expect(again.map(({ trial, attempt, checkpointUri }) => ({ trial, attempt, checkpointUri }))).toEqual([
      { trial: one.trial, attempt: 2, checkpointUri: one.checkpointUri },
      { trial: two.trial, attempt: 2, checkpointUri: two.checkpointUri },
    ]);
    expect((await study.trial(1)).attempts[0]).toMatchObject({
      worker: first,
      endedAt: at(10),
      message: 'its worker was restarted',
    });
  });

  test('that is no failure of a trial, however often it happens', async () => {
    const { study } = await restarted();
    for (let i = 0; i < 7; i++) {
      const worker = await study.join('laptop', 20 + i, `again ${i}`);
      await study.work(worker, 20 + i);
    }
    expect(await study.trial(1)).toMatchObject({ state: 'RUNNING' });
    expect((await study.trial(1)).failureClass).toBeUndefined();
  });

  test('a report of the one before is told that its attempt has ended', async () => {
    const { study, one } = await restarted();
    await expect(study.report(one, 1, 0.5, 11)).rejects.toMatchObject({ name: 'AttemptEnded' });
  });
});

describe('a study that is over takes no worker', () => {
  const join = async (study: WorkerStudy, seconds = 1) => (await study.call(request, seconds)) as EndedAnswer;

  test('since its target is reached', async () => {
    const study = await opened({ objective: { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 } });
    const worker = await study.join('server');
    const trial = await study.work(worker);
    await study.report(trial, 1, 0.95);
    await study.ends(worker, trial);
    expect(await join(study)).toEqual({ ended: true, reason: 'trial 1 reached the target value 0.9 with 0.95' });
  });

  test('since its time is over', async () => {
    const study = await opened({ maxDurationSeconds: 60 });
    expect(await join(study, 60)).toEqual({ ended: true, reason: 'the maximum duration of 60 seconds is over' });
  });

  test('since its execution was stopped', async () => {
    const study = await opened();
    await study.stop(1);
    expect(await join(study)).toEqual({ ended: true, reason: 'the execution of the study was stopped' });
  });

  test('since its execution has ended', async () => {
    const study = await opened();
    await study.finish(1);
    expect(await join(study)).toEqual({ ended: true, reason: 'the study has ended' });
  });
});
