import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { withoutWaiting } from '../../../support/lambda-no-wait';
import { NO_ROOM, TestStudy, at, completed, secondsOf, trainOf } from '../../../support/lambda-study';

withoutWaiting();

const objective = { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 } as const;
const REASON = 'trial 1 reached the target value 0.9 with 0.95';
const RUNNING = { status: 'InProgress', billableSeconds: 30 };

/** GIVEN a study with a trial in each of four slots, all of whose jobs run. */
async function withFourTrials() {
  const study = await TestStudy.opened(new MemoryItemTable(), { objective });
  const answers = [await study.train(0), await study.train(1), await study.train(2), await study.train(3)];
  for (const { jobName } of answers) study.jobs.add(jobName, RUNNING);
  return { study, answers };
}

test('when the study has come to its end, trials that never report are stopped, and those that do are told', async () => {
  const { study, answers } = await withFourTrials();
  await study.report(answers[2], 1, 0.5);

  expect(await study.complete(answers[0], 0.95, 10)).toEqual({ action: 'none', reason: REASON });

  expect(study.jobs.stopped).toEqual([`${answers[1].jobName}-0-0`, `${answers[3].jobName}-0-0`]);
  const decisions = (await study.trials()).map(({ decision, decisionReason }) => [decision, decisionReason]);
  expect(decisions).toEqual([
    [undefined, undefined],
    ['stop', REASON],
    [undefined, undefined],
    ['stop', REASON],
  ]);
  expect(await study.report(answers[2], 2, 0.5, 20)).toEqual({ decision: 'stop', reason: REASON });
});

test('each is stopped once, whoever asks again', async () => {
  const { study, answers } = await withFourTrials();
  await study.complete(answers[0], 0.95, 10);
  const { stopped } = study.jobs;
  expect(stopped).toHaveLength(3);
  await study.record(answers[0], completed(), 10);
  await study.record(answers[1], { status: 'Stopped' }, 20, 1);
  await study.next(0, 9, 30);
  expect(stopped).toHaveLength(3);
});

test('its record says that it was stopped with the study, and is no failure', async () => {
  const { study, answers } = await withFourTrials();
  await study.complete(answers[0], 0.95, 10);
  await study.record(answers[1], { status: 'Stopped', secondaryStatus: 'Stopped', billableSeconds: 40 }, 20, 1);
  const trial = await study.trial(2);
  expect(trial).toMatchObject({ state: 'STOPPED', message: REASON });
  expect(trial.failureClass).toBeUndefined();
});

test('a job that has not begun yet is stopped when the next slot ends', async () => {
  const { study, answers } = await withFourTrials();
  const late = answers[3].jobName;
  study.jobs.jobs.delete(late);
  await study.complete(answers[0], 0.95, 10);
  expect(study.jobs.stopped).not.toContain(`${late}-0-0`);
  expect((await study.trial(4)).decision).toBeUndefined();
  study.jobs.add(late, RUNNING);
  await study.record(answers[1], { status: 'Stopped' }, 20, 1);
  expect(study.jobs.stopped).toContain(`${late}-0-0`);
});

test('slots wait for jobs that are about to begin, seconds at a time, and not for one that never does', async () => {
  const { study, answers } = await withFourTrials();
  const late = answers[3];
  study.jobs.jobs.delete(late.jobName);
  const reason = `${REASON}; 1 training jobs begin, to be stopped`;
  expect(await study.complete(answers[0], 0.95, 10)).toEqual({ action: 'wait', turn: 1, until: at(15), reason });
  expect(await study.next(0, 2, 70)).toMatchObject({ action: 'wait', until: at(75) });
  const start = secondsOf(late.startAt);
  expect(await study.next(0, 3, start + 599)).toMatchObject({ action: 'wait' });
  // its slot is lost.
  expect(await study.next(0, 4, start + 600)).toEqual({ action: 'none', reason: REASON });
});

test('a job that is being stopped already is not asked again', async () => {
  const { study, answers } = await withFourTrials();
  const find = study.jobs.find.bind(study.jobs);
  study.jobs.find = async (name) => {
    const job = await find(name);
    return job && { ...job, stopping: true };
  };
  await study.complete(answers[0], 0.95, 10);
  expect(study.jobs.stopped).toEqual([]);
  expect((await study.trial(2)).decision).toBe('stop');
});

test('a job that has just ended keeps its own end', async () => {
  const { study, answers } = await withFourTrials();
  const outcome = { ...completed(60), metrics: [{ MetricName: 'accuracy', Value: 0.7 }] };
  study.jobs.add(answers[1].jobName, outcome);
  await study.complete(answers[0], 0.95, 10);
  await study.record(answers[1], outcome, 12, 1);
  expect(await study.trial(2)).toMatchObject({ state: 'COMPLETED', value: 0.7 });
  expect(study.jobs.stopped).not.toContain(`${answers[1].jobName}-0-0`);
});

test('a trial that reported in an earlier attempt, but not in this one, is silent', async () => {
  const { study, answers } = await withFourTrials();
  await study.report(answers[1], 1, 0.5);
  const again = trainOf(
    await study.record(answers[1], { status: 'Failed', failureReason: 'InternalServerError' }, 5, 1),
  );
  study.jobs.add(again.jobName, RUNNING);
  await study.complete(answers[0], 0.95, 10);
  expect(study.jobs.stopped).toContain(`${again.jobName}-0-0`);
});

test('trials that wait in the queue have no job to stop', async () => {
  const { study, answers } = await withFourTrials();
  await study.record(answers[1], NO_ROOM, 5, 1);
  await study.complete(answers[0], 0.95, 10);
  expect(study.jobs.stopped).not.toContain(`${answers[1].jobName}-0-0`);
});

test('a stop that SageMaker refuses is made up for when the call is repeated', async () => {
  const { study, answers } = await withFourTrials();
  await study.report(answers[0], 1, 0.95);
  const stop = jest.spyOn(study.jobs, 'stop').mockRejectedValueOnce(new Error('ThrottlingException'));
  await expect(study.record(answers[0], completed(), 10)).rejects.toThrow('ThrottlingException');
  stop.mockRestore();
  await study.record(answers[0], completed(), 10);
  expect(study.jobs.stopped).toHaveLength(3);
});
