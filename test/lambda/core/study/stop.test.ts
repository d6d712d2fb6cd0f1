import * as fc from 'fast-check';
import { TrainAnswer } from '../../../../lib/contract/calls';
import { nextTrial } from '../../../../lambda/core/study/next';
import { openStudy } from '../../../../lambda/core/study/open';
import { reviewRound } from '../../../../lambda/core/study/review';
import { stopStudy } from '../../../../lambda/core/study/stop';
import { StudyStore } from '../../../../lambda/core/store/study-store';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { TestStudy, at, completed } from '../../../support/lambda-study';

withoutWaiting();

const RUNNING = { status: 'InProgress', billableSeconds: 30 };
const EXECUTION = 'arn:execution-1';

const stop = (study: TestStudy, seconds: number, execution = EXECUTION) =>
  stopStudy({ study: study.name, execution, at: at(seconds) }, study);

/** GIVEN a study with a trial that has ended, one whose job runs, one whose job has ended, and one without a job. */
async function interrupted() {
  const study = await TestStudy.opened(new MemoryItemTable());
  const answers = [await study.train(0), await study.train(1), await study.train(2), await study.train(3)];
  await study.report(answers[0], 1, 0.5);
  study.round++;
  await study.record(answers[0], { ...completed(), status: 'Failed', failureReason: 'exit code: 137' }, 10);
  study.jobs.add(answers[1].jobName, RUNNING);
  await study.report(answers[2], 1, 0.7);
  study.jobs.add(answers[2].jobName, completed(50));
  return { study, answers };
}

test('stops the jobs that still run, records those that ended, and leaves trials to be resumed', async () => {
  const { study, answers } = await interrupted();
  await stop(study, 100);
  expect(study.jobs.stopped).toEqual([`${answers[1].jobName}-0-0`]);
  expect((await study.trials()).map(({ state }) => state)).toEqual([
    'FAILED',
    'QUEUED',
    'COMPLETED',
    'QUEUED',
    'QUEUED',
  ]);
  expect(await study.studyRecord()).toMatchObject({
    status: 'STOPPED',
    endedAt: at(100),
  });
});

test('the same event again changes nothing', async () => {
  const { study } = await interrupted();
  await stop(study, 100);
  const before = (study.table as MemoryItemTable).contents();
  await stop(study, 200);
  expect((study.table as MemoryItemTable).contents()).toEqual(before);
  expect(study.jobs.stopped).toHaveLength(1);
});

test('a stop that fails on its way goes on when the event comes again', async () => {
  const { study, answers } = await interrupted();
  const refused = jest.spyOn(study.jobs, 'stop').mockRejectedValueOnce(new Error('ThrottlingException'));
  await expect(stop(study, 100)).rejects.toThrow('ThrottlingException');
  refused.mockRestore();
  await stop(study, 160);
  expect(study.jobs.stopped).toEqual([`${answers[1].jobName}-0-0`]);
  expect((await study.trials()).filter(({ state }) => state === 'RUNNING')).toEqual([]);
  expect(await study.studyRecord()).toMatchObject({ status: 'STOPPED', endedAt: at(160) });
});

test('a program that reports afterwards is told that its attempt has ended', async () => {
  const { study, answers } = await interrupted();
  await stop(study, 100);
  await expect(study.report(answers[1], 1, 0.5, 110)).rejects.toMatchObject({ name: 'AttemptEnded' });
});

test('slots that are still alive get no more trials', async () => {
  const { study } = await interrupted();
  await stop(study, 100);
  expect(await study.next(5, 0, 101)).toEqual({ action: 'none', reason: 'its execution was stopped' });
});

describe('a redrive of the stopped execution', () => {
  const next = (study: TestStudy, redrives: number, slot = 0) =>
    nextTrial(
      { study: study.name, run: 1, round: 2, slot, turn: 0, redrives, at: at(200) },
      study.store,
      study.services,
    );

  test('goes on with its study', async () => {
    const { study } = await interrupted();
    await stop(study, 100);
    expect(await next(study, 1)).toMatchObject({ action: 'train', trial: 2, attempt: 2, redrives: 1 });
    expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING', run: 1 });
    expect((await study.studyRecord()).endedAt).toBeUndefined();
  });

  test('can be stopped again, and redriven again, but not by what the first redrive left behind', async () => {
    const { study } = await interrupted();
    await stop(study, 100);
    const first = await next(study, 1);
    study.jobs.add((first as TrainAnswer).jobName, RUNNING);
    await stop(study, 210);
    expect(await next(study, 1, 7)).toEqual({ action: 'none', reason: 'its execution was stopped' });
    expect(await study.studyRecord()).toMatchObject({ status: 'STOPPED', endedAt: at(210) });
    expect(await next(study, 2, 8)).toMatchObject({ action: 'train', trial: 2, attempt: 3 });
  });

  test('does not go on with a study that another execution has resumed', async () => {
    const { study } = await interrupted();
    await stop(study, 100);
    await study.resume(110);
    expect(await next(study, 1)).toEqual({
      action: 'none',
      reason: 'the study has been resumed by another execution',
    });
  });
});

test('a reason that the study had for its end stays', async () => {
  const objective = { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 } as const;
  const study = await TestStudy.opened(new MemoryItemTable(), { objective });
  await study.complete(await study.train(), 0.95);
  await stop(study, 100);
  expect(await study.studyRecord()).toMatchObject({ ending: expect.stringContaining('reached the target') });
});

describe('leaves alone', () => {
  test('a study that there is not', async () => {
    const study = new TestStudy(new MemoryItemTable());
    await stop(study, 100);
    expect((study.table as MemoryItemTable).contents()).toEqual({});
  });

  test('a study of another execution', async () => {
    const { study } = await interrupted();
    const before = (study.table as MemoryItemTable).contents();
    await stop(study, 100, 'arn:execution-0');
    expect((study.table as MemoryItemTable).contents()).toEqual(before);
    expect(study.jobs.stopped).toEqual([]);
  });

  test('a study that has been resumed meanwhile', async () => {
    const { study } = await interrupted();
    await study.resume(60);
    const again = await study.train(0, 0, 61);
    study.jobs.add(again.jobName, RUNNING);
    const before = (study.table as MemoryItemTable).contents();
    await stop(study, 100);
    expect((study.table as MemoryItemTable).contents()).toEqual(before);
  });

  test('a study that has come to its end', async () => {
    const study = await TestStudy.opened(new MemoryItemTable(), { maxTrials: 1 });
    await study.complete(await study.train(), 0.5);
    await study.finish(60);
    const before = (study.table as MemoryItemTable).contents();
    await stop(study, 100);
    expect((study.table as MemoryItemTable).contents()).toEqual(before);
  });
});

test('a resume afterwards goes on with each trial, three minutes after its job was stopped', async () => {
  const { study, answers } = await interrupted();
  await stop(study, 100);
  await study.resume(110);
  expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING', run: 2 });
  const record = await study.studyRecord();
  expect([record.ending, record.endedAt]).toEqual([undefined, undefined]);
  expect(await study.train(0, 0, 111)).toMatchObject({
    trial: 2,
    attempt: 2,
    checkpointUri: answers[1].checkpointUri,
    startAt: at(280),
  });
  // whose job never began need not wait.
  expect(await study.train(1, 0, 111)).toMatchObject({
    trial: 4,
    attempt: 2,
    startAt: expect.stringMatching(/^2026-01-31T12:01:5/),
  });
});

test('a stop that comes late leaves the trials of the next execution alone', async () => {
  const { study } = await interrupted();
  // GIVEN a stop that has begun, and is held up before it looks for trials
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const store = new StudyStore(study.table);
  const load = store.loadTrials.bind(store);
  store.loadTrials = async (record) => {
    await held;
    return load(record);
  };
  const stopping = stopStudy(
    { study: study.name, execution: EXECUTION, at: at(100) },
    { store, jobs: study.jobs, tuningJobs: study.tuningJobs },
  );
  while ((await study.studyRecord()).status !== 'STOPPED') await Promise.resolve();
  // WHEN another execution has resumed the study and given a trial to a slot
  await study.resume(110);
  const again = await study.train(0, 0, 111);
  study.jobs.add(again.jobName, RUNNING);
  const before = await study.trials();
  goOn();
  await stopping;
  // THEN the trial runs on
  expect(await study.trials()).toEqual(before);
  expect(study.jobs.stopped).not.toContain(`${again.jobName}-0-0`);
  expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING', run: 2 });
});

test('whenever a resume comes in between, no trial is lost, and none runs twice', async () => {
  const job = fc.constantFrom(RUNNING, completed(20), undefined);
  const delays = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { minLength: 1, maxLength: 4 }),
      delays,
      fc.nat({ max: 30 }),
      async (left, drawn, lag) => {
        let operation = 0;
        let slow = false;
        const table = new MemoryItemTable(async () => {
          for (let i = slow ? drawn[operation++ % drawn.length] : 0; i > 0; i--) await Promise.resolve();
        });
        const study = await TestStudy.opened(table);
        for (const [slot, outcome] of left.entries()) {
          const answer = await study.train(slot);
          await study.report(answer, 1, 0.5);
          if (outcome !== undefined) study.jobs.add(answer.jobName, outcome);
        }
        slow = true;
        const request = {
          input: { study: study.name },
          tuner: study.tuner,
          execution: 'arn:execution-2',
          executionName: 'execution-2',
          at: at(100),
        };
        const resume = (async () => {
          for (let i = 0; i < lag; i++) await Promise.resolve();
          const store = new StudyStore(table);
          study.run = (
            await openStudy(request, {
              store,
              jobs: study.jobs,
              tuningJobs: study.tuningJobs,
              executions: study.executions,
              quotas: study.quotas,
            })
          ).run;
          const next = await study.next(0, 0, 101);
          return next.action === 'train' ? next : undefined;
        })();
        const stopping = stopStudy(
          { study: study.name, execution: EXECUTION, at: at(99) },
          { store: new StudyStore(table), jobs: study.jobs, tuningJobs: study.tuningJobs },
        );
        const [given] = await Promise.all([resume, stopping]);
        slow = false;

        expect(await study.studyRecord()).toMatchObject({ status: 'RUNNING', run: 2 });
        const trials = await study.trials();
        for (const [i, outcome] of left.entries()) {
          const { state, trial } = trials[i];
          const expected =
            trial === given?.trial ? 'RUNNING' : outcome?.status === 'Completed' ? 'COMPLETED' : 'QUEUED';
          expect(state).toBe(expected);
        }
        // each of them comes to its end.
        if (given !== undefined) await study.complete(given, 0.5, 300);
        for (
          let turn = 2;
          (await study.trials()).some(({ state }) => state === 'QUEUED' || state === 'RUNNING');
          turn++
        ) {
          const next = await study.next(1, turn, 300 + turn);
          if (next.action === 'train') await study.complete(next, 0.5, 300 + turn, 1);
          if (next.action === 'none') await reviewRound({ study: study.name, run: 2, round: turn, at: at(400) }, study);
          expect(turn).toBeLessThan(100);
        }
        expect((await study.trials()).length).toBe(10);
      },
    ),
    { numRuns: 150 },
  );
});
