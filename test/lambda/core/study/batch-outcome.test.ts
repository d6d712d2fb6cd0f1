import { AttemptOutcome } from '../../../../lib/contract/calls';
import {
  BatchJobDetail,
  STOP_REASON,
  batchJobOf,
  batchOutcome,
  hasEnded,
} from '../../../../lambda/core/study/batch-outcome';
import { ended } from '../../../support/lambda-ended-trial';
import { at } from '../../../support/lambda-study';

const START = Date.parse(at(0));
const ms = (seconds: number) => START + seconds * 1000;

const JOB: BatchJobDetail = { jobName: 'tuner-1-1-0-0', jobId: 'b6c3', startedAt: ms(10), stoppedAt: ms(70) };
const ESSENTIAL = 'Essential container in task exited';

/** What the documentation says of jobs that an action of their queue has ended. */
const BY_QUEUE = 'Canceled by JobStateTimeLimit action due to reason: ';
const NO_CAPACITY = 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY';

test.each<[string, BatchJobDetail, Partial<AttemptOutcome>]>([
  ['completed', { status: 'SUCCEEDED', container: { exitCode: 0 } }, { status: 'Completed' }],
  [
    'failed by the exit code of its program',
    { status: 'FAILED', statusReason: ESSENTIAL, container: { exitCode: 3 } },
    { status: 'Failed', failureReason: `${ESSENTIAL}, exit code: 3` },
  ],
  [
    'failed for its memory',
    {
      status: 'FAILED',
      statusReason: ESSENTIAL,
      container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
    },
    {
      status: 'Failed',
      failureReason: `${ESSENTIAL}; OutOfMemoryError: Container killed due to memory usage, exit code: 137`,
    },
  ],
  [
    'lost its host',
    { status: 'FAILED', statusReason: 'Host EC2 (instance i-0123) terminated.' },
    { status: 'Failed', failureReason: 'Host EC2 (instance i-0123) terminated.' },
  ],
  [
    'ran out of its time',
    { status: 'FAILED', statusReason: 'Job attempt duration exceeded timeout', isTerminated: true },
    { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' },
  ],
  [
    'ran out of its time by the clock of its own container',
    { status: 'FAILED', statusReason: 'Essential container in task exited', container: { exitCode: 124 } },
    { status: 'Stopped', secondaryStatus: 'MaxRuntimeExceeded' },
  ],
  [
    'was stopped by us',
    { status: 'FAILED', statusReason: STOP_REASON, container: { exitCode: 143 } },
    { status: 'Stopped', secondaryStatus: 'Stopped' },
  ],
  [
    'was terminated by a person',
    { status: 'FAILED', statusReason: 'no longer needed', isTerminated: true },
    { status: 'Stopped', secondaryStatus: 'Stopped' },
  ],
  [
    'was cancelled before it ran',
    { status: 'FAILED', statusReason: 'no longer needed', isCancelled: true },
    { status: 'Stopped', secondaryStatus: 'Stopped' },
  ],
  [
    'was cancelled by its queue, since no instance can hold it',
    { status: 'FAILED', statusReason: `${BY_QUEUE}MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`, isCancelled: true },
    {
      status: 'Failed',
      failureReason:
        'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT; no instance of the job ' +
        'queue can ever hold the job: lower vcpus, memory or gpus, or allow larger instanceTypes and more maxVcpus',
    },
  ],
  [
    'was terminated by its queue, since all its instances together are too small',
    {
      status: 'FAILED',
      statusReason:
        'Terminated by JobStateTimeLimit action due to reason: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
      isTerminated: true,
    },
    { status: 'Failed', failureReason: expect.stringContaining('; no instance of the job queue') as string },
  ],
  [
    'was cancelled by its queue and says why it waited',
    { status: 'FAILED', statusReason: 'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - no role', isCancelled: true },
    { status: 'Failed', failureReason: 'MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - no role' },
  ],
  [
    'was cancelled by its queue for want of capacity',
    { status: 'FAILED', statusReason: `${BY_QUEUE}${NO_CAPACITY}`, isCancelled: true },
    { status: 'Failed', failureReason: `${BY_QUEUE}${NO_CAPACITY}` },
  ],
  [
    'was cancelled by a person who speaks of its queue',
    { status: 'FAILED', statusReason: 'the queue has a MISCONFIGURATION: see above', isCancelled: true },
    { status: 'Stopped', secondaryStatus: 'Stopped' },
  ],
  ['failed without a word', { status: 'FAILED' }, { status: 'Failed', failureReason: 'no reason given' }],
  [
    'failed with empty words',
    { status: 'FAILED', statusReason: '', container: { reason: '', exitCode: 1 } },
    { status: 'Failed', failureReason: 'no reason given, exit code: 1' },
  ],
  [
    'completed though it was told to stop',
    { status: 'SUCCEEDED', statusReason: STOP_REASON, isTerminated: true },
    { status: 'Completed' },
  ],
])('a job that %s', (_, job, expected) => {
  expect(hasEnded(job)).toBe(true);
  expect(batchOutcome({ ...JOB, ...job }, at(100))).toEqual({
    jobName: 'tuner-1-1-0-0:b6c3',
    billableSeconds: 60,
    ...expected,
  });
});

test.each(['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', undefined])(
  'a job that is %s has not ended',
  (status) => {
    expect(hasEnded({ status })).toBe(false);
    expect(batchOutcome({ ...JOB, status, stoppedAt: undefined }, at(100))).toEqual({
      jobName: 'tuner-1-1-0-0:b6c3',
      status: 'InProgress',
      billableSeconds: 90,
    });
  },
);

test('one that is terminated and still runs has not ended either', () => {
  const job = { ...JOB, status: 'RUNNING', statusReason: STOP_REASON, isTerminated: true, stoppedAt: undefined };
  expect(batchOutcome(job, at(100))).toMatchObject({ status: 'InProgress', billableSeconds: 90 });
});

describe('the seconds', () => {
  const seconds = (job: BatchJobDetail, time = at(1000)) =>
    batchOutcome({ jobName: 'j', jobId: 'i', ...job }, time).billableSeconds;
  const attempt = (from?: number, to?: number) => ({
    ...(from !== undefined && { startedAt: ms(from) }),
    ...(to !== undefined && { stoppedAt: ms(to) }),
  });

  test.each<[string, BatchJobDetail, number]>([
    ['of a job that never began: none', { status: 'FAILED', attempts: [] }, 0],
    ['of one that waits: none', { status: 'RUNNABLE' }, 0],
    [
      'of one attempt, which the job repeats',
      { status: 'FAILED', ...attempt(10, 70), attempts: [attempt(10, 70)] },
      60,
    ],
    [
      'of all attempts',
      { status: 'SUCCEEDED', ...attempt(300, 400), attempts: [attempt(10, 70), attempt(100, 200), attempt(300, 400)] },
      260,
    ],
    [
      'of earlier attempts and of the one that runs',
      { status: 'RUNNING', ...attempt(900), attempts: [attempt(10, 70), attempt(100, 200)] },
      260,
    ],
    [
      'of earlier attempts, while the next one waits for a host',
      { status: 'RUNNABLE', ...attempt(100, 200), attempts: [attempt(10, 70), attempt(100, 200)] },
      160,
    ],
    ['of attempts that never began: none', { status: 'FAILED', attempts: [attempt(), attempt(undefined, 5)] }, 0],
    ['of clocks that go backwards: none', { status: 'FAILED', ...attempt(70, 10) }, 0],
    ['are whole ones', { status: 'SUCCEEDED', startedAt: ms(0), stoppedAt: ms(0) + 1499 }, 1],
  ])('%s', (_, job, expected) => {
    expect(seconds(job)).toBe(expected);
  });

  test('are a number even where the time of now isn’t known', () => {
    expect(seconds({ status: 'FAILED', ...attempt(10) }, '')).toBe(0);
  });
});

describe('what Step Functions brings as the cause of a failed task', () => {
  const DESCRIPTION = {
    JobName: 'tuner-1-1-0-0',
    JobId: 'b6c3',
    Status: 'FAILED',
    StatusReason: ESSENTIAL,
    StartedAt: ms(10),
    StoppedAt: ms(70),
    Attempts: [
      { StartedAt: ms(0), StoppedAt: ms(5), Container: { Reason: 'x' } },
      { StartedAt: ms(10), StoppedAt: ms(70), Container: { ExitCode: 1 } },
    ],
    Container: { ExitCode: 1, Environment: [{ Name: 'A', Value: 'b' }] },
    Tags: {},
  };
  const failedWith = (description: object): AttemptOutcome => ({
    error: 'States.TaskFailed',
    cause: JSON.stringify({ ...DESCRIPTION, ...description }),
  });

  test('is the same job', () => {
    expect(batchJobOf(DESCRIPTION)).toMatchObject({
      jobName: 'tuner-1-1-0-0',
      jobId: 'b6c3',
      status: 'FAILED',
      container: { exitCode: 1, environment: [{ name: 'A', value: 'b' }] },
      attempts: [{ startedAt: ms(0) }, { container: { exitCode: 1 } }],
    });
  });

  test.each([{}, { TrainingJobName: 'x', TrainingJobStatus: 'Failed' }, { JobId: 7 }, { jobId: 'b6c3' }])(
    'is none of Batch: %j',
    (description) => {
      expect(batchJobOf(description)).toBeUndefined();
    },
  );

  test.each<[string, object, object]>([
    ['by its program', {}, { state: 'FAILED', failureClass: 'userCode', message: `${ESSENTIAL}, exit code: 1` }],
    ['for its memory', { Container: { ExitCode: 137 } }, { state: 'FAILED', failureClass: 'outOfMemory' }],
    [
      'at its time limit',
      { StatusReason: 'Job attempt duration exceeded timeout' },
      { state: 'FAILED', failureClass: 'timeOut' },
    ],
    ['by a person', { IsTerminated: true }, { state: 'FAILED', failureClass: 'stoppedByPerson' }],
    [
      'that fits nowhere',
      { StatusReason: `${BY_QUEUE}MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT`, IsCancelled: true, Container: {} },
      { state: 'FAILED', failureClass: 'badRequest', message: expect.stringContaining('lower vcpus, memory or gpus') },
    ],
    [
      'that is told too much',
      { StatusReason: 'Container Overrides length must be at most 8192', Container: {} },
      { state: 'FAILED', failureClass: 'badRequest', message: expect.stringContaining('shorten names and values') },
    ],
    [
      'whose program speaks of both',
      { Container: { ExitCode: 1, Reason: 'MISCONFIGURATION: Container Overrides length must be at most 1' } },
      { state: 'FAILED', failureClass: 'userCode' },
    ],
  ])('ends the trial %s', async (_, description, expected) => {
    const { trial } = await ended(failedWith(description));
    expect(trial).toMatchObject(expected);
    expect(trial.attempts[0].outcome).toMatchObject({ jobName: 'tuner-1-1-0-0:b6c3', billableSeconds: 65 });
    expect(trial.attempts[0].outcome?.cause).toBeUndefined();
  });

  test('of a lost host counts against the infrastructure, and the trial goes on', async () => {
    const { next } = await ended(failedWith({ StatusReason: 'Host EC2 (instance i-0123) terminated.' }));
    expect(next).toMatchObject({ action: 'train', trial: 1, attempt: 2 });
  });

  test('for want of capacity: the trial waits for another try', async () => {
    const { next, trial } = await ended(
      failedWith({ StatusReason: `${BY_QUEUE}${NO_CAPACITY}`, IsCancelled: true, Container: {} }),
    );
    expect(trial).toMatchObject({ state: 'QUEUED', attempts: [{ failureClass: 'quota' }] });
    expect(next).toMatchObject({ action: 'wait' });
  });

  test('of a job that began and whose end isn’t known is recorded all the same', async () => {
    const { trial } = await ended(failedWith({ StoppedAt: undefined, Attempts: [] }));
    expect(trial.attempts[0].outcome).toMatchObject({ billableSeconds: 0 });
  });

  test('keeps what the trial has reported at its time limit', async () => {
    const { trial } = await ended(failedWith({ StatusReason: 'Job attempt duration exceeded timeout' }), 0.5);
    expect(trial).toMatchObject({ state: 'STOPPED', value: 0.5, failureClass: 'timeOut' });
  });
});
