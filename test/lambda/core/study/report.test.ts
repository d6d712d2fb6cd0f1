import { report } from '../../../../lambda/core/study/report';
import { MetricValue, ReportRequest, TrainAnswer } from '../../../../lib/contract/calls';
import { TunerDefinition } from '../../../../lib/contract/tuner-definition';
import { Dynamo, startDynamo } from '../../../support/lambda-dynamo';
import { MemoryItemTable } from '../../../support/lambda-memory-table';
import { TestStudy, at, completed, trainOf } from '../../../support/lambda-study';

let dynamo: Dynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

async function running(tuner: Partial<TunerDefinition> = {}) {
  const study = await TestStudy.opened(await dynamo.newTable(), tuner);
  return { study, first: await study.train() };
}

/** A report with changes, and what the study holds before and after. */
async function refused(changes: Partial<ReportRequest>, study: TestStudy, { trial, attempt, token }: TrainAnswer) {
  const request = { study: study.name, trial, attempt, token, resource: 1, metrics: { accuracy: 0.5 }, ...changes };
  const before = await study.table.query(study.name, ' ', '~');
  const error = await report(request, study.store, at(0), study.jobs).then(
    () => undefined,
    ({ name, message }: Error) => ({ name, message }),
  );
  expect(await study.table.query(study.name, ' ', '~')).toEqual(before);
  return error;
}

test('a report is stored and the trial goes on', async () => {
  const { study, first } = await running();
  expect(await study.report(first, 2, 0.25)).toEqual({ decision: 'continue' });
  expect(await study.report(first, 4, 0.75)).toEqual({ decision: 'continue' });
  expect(await study.trial(1)).toMatchObject({
    lastReport: { attempt: 1, resource: 4, metrics: { accuracy: 0.75 }, decision: 'continue' },
    curve: [
      { resource: 2, losses: [-0.25] },
      { resource: 4, losses: [-0.75] },
    ],
    lastResource: 4,
    metrics: { accuracy: 0.75 },
    value: 0.75,
    bestLoss: -0.75,
  });
});

test('a report is one read and one write of the table, and one more of each where trials are compared at a rung', async () => {
  let operations = 0;
  const table = new MemoryItemTable(async () => void operations++);
  const rungs = { minResource: 3, maxResource: 9, reductionFactor: 3 };
  const study = await TestStudy.opened(table, { scheduler: { name: 'asha', mode: 'stop', brackets: 1, ...rungs } });
  const first = await study.train();
  const counts: number[] = [];
  for (let resource = 1; resource <= 4; resource++) {
    operations = 0;
    await study.report(first, resource, 0.5);
    counts.push(operations);
  }
  expect(counts).toEqual([2, 2, 4, 2]);
});

test('a long curve keeps its first point, its rungs and its newest, and a record that is small', async () => {
  const table = new MemoryItemTable();
  const rungs = { minResource: 1, maxResource: 1000, reductionFactor: 10 };
  const study = await TestStudy.opened(table, { scheduler: { name: 'asha', mode: 'promote', brackets: 1, ...rungs } });
  const first = await study.train();
  for (let resource = 0.5; resource <= 400; resource++) {
    const { decision } = await study.report(first, resource, resource / 1000);
    if (decision !== 'continue') break;
  }
  const paused = await study.trial(1);
  expect(paused.curve).toHaveLength(2);
  await study.record(first, completed());
  expect(await study.trial(1)).toMatchObject({ state: 'PAUSED' });

  const free = await TestStudy.opened(new MemoryItemTable());
  const trial = await free.train();
  for (let resource = 1; resource <= 400; resource++) await free.report(trial, resource, resource / 1000);
  const { curve } = await free.trial(1);
  expect(curve).toHaveLength(100);
  expect([curve![0].resource, curve![99].resource]).toEqual([1, 400]);
  // early points lie as close as ever, late ones are thinned out.
  expect(curve!.slice(0, 10).map(({ resource }) => resource)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a trial that is worse than the others is stopped, and stays stopped', async () => {
  // GIVEN three trials in slots, the scheduler after one report of two others
  const { study, first } = await running({ scheduler: { name: 'medianStopping', gracePeriod: 1, minimumTrials: 2 } });
  const others = [await study.train(1), await study.train(2)];
  for (const other of others) await study.report(other, 1, 0.9);
  // WHEN the first is worse
  const answer = await study.report(first, 1, 0.1);
  // THEN it has to stop, whatever it reports afterwards
  expect(answer).toEqual({ decision: 'stop', reason: 'worse than the median of 2 trials at resource 1' });
  expect(await study.report(first, 2, 1)).toEqual(answer);
  await study.record(first, { status: 'Stopped', secondaryStatus: 'Stopped' });
  expect(await study.trial(1)).toMatchObject({ state: 'STOPPED', value: 1, message: answer.reason });
});

test('a trial is not compared with the diverged and with its own earlier attempts', async () => {
  const { study, first } = await running({ scheduler: { name: 'medianStopping', gracePeriod: 1, minimumTrials: 1 } });
  await study.report(first, 1, 0.9);
  await study.report(await study.train(1), 1, 'NaN');
  const again = trainOf(await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' }));
  expect(await study.report(again, 1, 0.1)).toEqual({ decision: 'continue' });
});

test.each<MetricValue>(['NaN', 'Infinity', '-Infinity'])('%s stops the trial: it has diverged', async (value) => {
  const { study, first } = await running();
  await study.report(first, 1, 0.5);
  const answer = { decision: 'stop', reason: `the objective was ${value} at resource 2` };
  expect(await study.report(first, 2, value)).toEqual(answer);
  expect(await study.report(first, 2, value)).toEqual(answer);
  await study.record(first, { status: 'Stopped' });
  const trial = await study.trial(1);
  expect(trial).toMatchObject({ state: 'FAILED', failureClass: 'diverged', message: answer.reason });
  expect(trial.value).toBeUndefined();
});

test('another metric may be NaN', async () => {
  const { study, first } = await running();
  expect(await study.report(first, 1, 0.5, 0, { loss: 'NaN' })).toEqual({
    decision: 'continue',
  });
});

test.each([1e16, -1e20, 1e200, 1e-200])('a loss that explodes to %d is taken, as any finite number', async (loss) => {
  const { study, first } = await running();
  expect(await study.report(first, 1, loss).catch((error: Error) => error.message)).toHaveProperty('decision');
});

test('the same twice gives the same answer and changes nothing', async () => {
  const { study, first } = await running();
  const answer = await study.report(first, 1, 0.5, 1);
  const before = await study.table.query(study.name, ' ', '~');
  expect(await study.report(first, 1, 0.5, 99)).toEqual(answer);
  expect(await study.table.query(study.name, ' ', '~')).toEqual(before);
});

test('the same again later, out of order, gives the same answer too', async () => {
  const { study, first } = await running();
  const answer = await study.report(first, 1, 0.5);
  await study.report(first, 2, 0.6);
  expect(await study.report(first, 1, 0.5)).toEqual(answer);
  expect(await study.trial(1)).toMatchObject({
    lastResource: 2,
    value: 0.6,
    curve: [
      { resource: 1, losses: [-0.5] },
      { resource: 2, losses: [-0.6] },
    ],
  });
});

test('the same many times at once is counted once', async () => {
  const { study, first } = await running();
  await Promise.all(Array.from({ length: 8 }, () => study.report(first, 1, 0.5)));
  expect(await study.trial(1)).toMatchObject({ curve: [{ resource: 1, losses: [-0.5] }] });
});

describe('is refused and nothing is stored:', () => {
  test('a second report with other values', async () => {
    const { study, first } = await running();
    await study.report(first, 1, 0.5);
    expect(await refused({ metrics: { accuracy: 0.6 } }, study, first)).toEqual({
      name: 'InvalidReport',
      message: 'metrics at resource 1 were reported before with other values: {"accuracy":0.5}, now {"accuracy":0.6}',
    });
    expect(await refused({ metrics: { accuracy: 0.5, loss: 1 } }, study, first)).toMatchObject({
      name: 'InvalidReport',
    });
  });

  test('a report out of order', async () => {
    const { study, first } = await running();
    await study.report(first, 5, 0.5);
    expect(await refused({ resource: 4 }, study, first)).toEqual({
      name: 'InvalidReport',
      message: 'resource must grow from report to report, got 4 after 5',
    });
  });

  test('a report without the objective', async () => {
    const { study, first } = await running();
    expect(await refused({ metrics: { loss: 1, acc: 0.5 } }, study, first)).toEqual({
      name: 'InvalidReport',
      message: 'metrics must hold the objective "accuracy", got loss, acc',
    });
  });

  test.each<[string, Partial<ReportRequest>]>([
    ['trial', { trial: 7 }],
    ['study', { study: 'other' }],
  ])('an unknown %s', async (_, changes) => {
    const { study, first } = await running();
    const { study: name, trial } = { study: study.name, trial: first.trial, ...changes };
    expect(await refused(changes, study, first)).toEqual({
      name: 'InvalidReport',
      message: `trial ${trial} of study "${name}" doesn't exist; study and trial must be those of CDK_HPO_STUDY and CDK_HPO_TRIAL`,
    });
  });

  test('a wrong token, also that of another trial, and of an attempt that was never started', async () => {
    const { study, first } = await running();
    const second = await study.train(1);
    const message = "token isn't that of attempt 1 of trial 1; it must be that of CDK_HPO_TOKEN";
    expect(await refused({ token: 'x' }, study, first)).toEqual({ name: 'InvalidReport', message });
    expect(await refused({ token: second.token }, study, first)).toEqual({ name: 'InvalidReport', message });
    expect(await refused({ attempt: 2 }, study, first)).toMatchObject({ name: 'InvalidReport' });
  });

  test('a report for a trial that has ended', async () => {
    const { study, first } = await running();
    await study.complete(first, 0.5);
    expect(await refused({ resource: 2 }, study, first)).toEqual({
      name: 'AttemptEnded',
      message: 'attempt 1 of trial 1 has ended; the trial is COMPLETED',
    });
  });

  test('a report of an attempt after the next one has begun', async () => {
    const { study, first } = await running();
    await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' });
    expect(await refused({ resource: 2 }, study, first)).toMatchObject({ name: 'AttemptEnded' });
  });

  test('what is no report at all', async () => {
    const { study, first } = await running();
    expect(await refused({ resource: -1 }, study, first)).toMatchObject({ name: 'InvalidReport' });
    await expect(report(null as unknown as ReportRequest, study.store, at(0), study.jobs)).rejects.toMatchObject({
      name: 'InvalidReport',
    });
  });
});

describe('a new attempt', () => {
  async function restarted() {
    const { study, first } = await running();
    await study.report(first, 1, 0.2);
    await study.report(first, 2, 0.4);
    const again = trainOf(await study.record(first, { status: 'Failed', failureReason: 'InternalServerError' }));
    return { study, again };
  }

  test('that begins anew counts its own reports only', async () => {
    const { study, again } = await restarted();
    expect(await study.report(again, 1, 0.3)).toEqual({ decision: 'continue' });
    expect(await study.trial(1)).toMatchObject({
      lastReport: { attempt: 2 },
      lastResource: 1,
      value: 0.3,
      bestLoss: -0.3,
      curve: [{ resource: 1, losses: [-0.3] }],
    });
  });

  test('that goes on from its checkpoint continues the curve', async () => {
    const { study, again } = await restarted();
    await study.report(again, 3, 0.6);
    expect(await study.trial(1)).toMatchObject({
      lastResource: 3,
      value: 0.6,
      bestLoss: -0.6,
      curve: [{ losses: [-0.2] }, { losses: [-0.4] }, { losses: [-0.6] }],
    });
  });

  test('that reports nothing more keeps what the first reported', async () => {
    const { study, again } = await restarted();
    await study.record(again, completed());
    expect(await study.trial(1)).toMatchObject({ state: 'COMPLETED', value: 0.4 });
  });
});

test('when the time of the study is over, trials are told to stop', async () => {
  const { study, first } = await running({ maxDurationSeconds: 100 });
  expect(await study.report(first, 1, 0.5, 99)).toEqual({ decision: 'continue' });
  expect(await study.report(first, 2, 0.5, 100)).toEqual({
    decision: 'stop',
    reason: 'the maximum duration of 100 seconds is over',
  });
});

test('when the execution was stopped, trials are told to stop, which a resume forgets', async () => {
  const { study, first } = await running();
  await study.store.changeStudy(study.name, (record) => ({ ...record, status: 'STOPPED' }));
  expect(await study.report(first, 1, 0.5)).toEqual({
    decision: 'stop',
    reason: 'the execution of the study was stopped',
  });
  expect((await study.trial(1)).decision).toBeUndefined();
  study.jobs.add(first.jobName, { status: 'Stopped', secondaryStatus: 'Stopped' });
  await study.resume(60);
  expect(await study.train(0, 0, 300)).toMatchObject({ trial: 1, attempt: 2 });
});

test('when a trial has reached the target, the others are told to stop', async () => {
  const { study, first } = await running({
    objective: { metric: 'accuracy', direction: 'maximize', targetValue: 0.9 },
  });
  const second = await study.train(1);
  await study.report(second, 0.5, 0.5);
  expect(await study.complete(first, 0.95)).toMatchObject({ action: 'none' });
  expect(await study.report(second, 1, 0.5)).toMatchObject({ decision: 'stop' });
});

describe('a program that trains on in spite of its decision', () => {
  async function told() {
    const { study, first } = await running({ maxDurationSeconds: 100 });
    study.jobs.add(first.jobName, { status: 'InProgress' });
    expect(await study.report(first, 1, 0.5, 200)).toMatchObject({ decision: 'stop' });
    return { study, first, job: `${first.jobName}-0-0` };
  }

  test('is stopped at its second report after it', async () => {
    const { study, first, job } = await told();
    await study.report(first, 2, 0.5, 210);
    expect(study.jobs.stopped).toEqual([]);
    expect(await study.report(first, 3, 0.5, 220)).toMatchObject({ decision: 'stop' });
    expect(study.jobs.stopped).toEqual([job]);
  });

  test('is not stopped for a report that comes again', async () => {
    const { study, first } = await told();
    for (let i = 0; i < 5; i++) await study.report(first, 1, 0.5, 210);
    await study.report(first, 2, 0.5, 210);
    for (let i = 0; i < 5; i++) await study.report(first, 2, 0.5, 220);
    expect(study.jobs.stopped).toEqual([]);
  });

  test('is left alone where its job has ended', async () => {
    const { study, first } = await told();
    study.jobs.add(first.jobName, completed());
    for (let resource = 2; resource < 5; resource++) await study.report(first, resource, 0.5, 220);
    expect(study.jobs.stopped).toEqual([]);
  });

  test('is stopped when it should pause, and counted anew in its next attempt', async () => {
    const rungs = { minResource: 1, maxResource: 9, reductionFactor: 3 };
    const { study, first } = await running({ scheduler: { name: 'asha', mode: 'promote', brackets: 1, ...rungs } });
    study.jobs.add(first.jobName, { status: 'InProgress' });
    expect(await study.report(first, 1, 0.9)).toMatchObject({ decision: 'pause' });
    await study.report(first, 2, 0.9);
    await study.record(first, completed(), 10);
    for (const slot of [1, 2]) {
      const other = await study.train(slot, 1, 11);
      if (other.trial === 1) continue;
      await study.report(other, 1, 0.1, 12);
      await study.record(other, completed(), 13, slot);
    }
    const trial = await study.trial(1);
    expect(trial.attempts).toHaveLength(2);
    expect(trial.reportsSinceDecision).toBeUndefined();
    expect(study.jobs.stopped).toEqual([]);
  });
});
