import { Duration } from 'aws-cdk-lib';
import { AshaMode, Objective, QuotaCheck, Scheduler } from '../../../lib';
import { TrialRecord, currentAttempt } from '../../../lambda/core/store/records';
import type { LocalRuntime } from '../../../local/runtime';
import { startExecution } from '../small-study';
import { FaultyStudy, FaultyStudyOptions, STUDY, settled } from './study-with-faults';

/** A fault, what a study makes of it, and what its user reads: a row of docs/failures.md, and a test. */
export interface FailureCase extends FaultyStudyOptions {
  readonly fault: string;
  /** How it is injected. */
  readonly injected: string;
  readonly answer: string;
  readonly read: string;
  /** The trials' states in the end. @default all COMPLETED */
  readonly states?: string[];
  /** @default SUCCEEDED */
  readonly status?: string;
  /** Epochs may be trained again: the checkpoint or the job was lost. @default false */
  readonly trainsAgain?: boolean;
  /** A fault may find nothing to strike. @default false */
  readonly mayMiss?: boolean;
  readonly check?: (study: FaultyStudy) => void;
}

const C = 'COMPLETED';
const trial = ({ trials }: FaultyStudy, number: number): TrialRecord => trials[number - 1];
const attemptsOf = (study: FaultyStudy, number: number) => trial(study, number).attempts;
const failures = ({ result }: FaultyStudy) => result!.failures!.trials;
const notes = ({ result }: FaultyStudy) => (result!.notes ?? []).join('\n');

const ONE_SLOT = { maxParallelTrials: 1, maxTrials: 2 };
const PROMOTING = Scheduler.asha({ minResource: 1, maxResource: 3, reductionFactor: 3, mode: AshaMode.PROMOTE });

/** Waits on the study's clock. */
const after = (seconds: number, act: (runtime: LocalRuntime, executionArn: string) => unknown) => {
  return async (runtime: LocalRuntime, executionArn: string) => {
    await runtime.clock.sleep(seconds * 1000);
    await act(runtime, executionArn);
  };
};

const stopExecution = (runtime: LocalRuntime, executionArn: string) =>
  runtime.stepFunctions.handle('StopExecution', { executionArn });

export const FAILURE_CASES: readonly FailureCase[] = [
  // starting a job
  {
    fault: 'starts are throttled',
    injected: '`create-throttled`, 3 times',
    faults: [{ name: 'create-throttled', times: 3 }],
    answer: 'the next start has a later place in the queue of starts; all of them pause',
    read: 'a note: so many starts found no room',
    check: (study) => expect(notes(study)).toMatch(/3 starts of training jobs found no room/),
  },
  {
    fault: 'the quota of instances is used up',
    injected: '`create-quota`, 4 times',
    faults: [{ name: 'create-quota', times: 4 }],
    answer: 'slots without instances wait, and try one after another; nothing counts as a failure',
    read: 'a note: so many starts found no room, and how to spare that',
    check: (study) => {
      expect(notes(study)).toMatch(/4 starts of training jobs found no room/);
      expect(study.trials.every(({ attempts }) => attempts.length === 1)).toBe(true);
    },
  },
  {
    fault: 'the quota of one instance type is used up, with `fallbackInstanceTypes`',
    injected: '`create-quota`, once',
    faults: [{ name: 'create-quota' }],
    runner: { instanceType: 'ml.g5.xlarge', fallbackInstanceTypes: ['ml.g4dn.xlarge'] },
    answer: 'the trial starts on the next type at once',
    read: "the attempt's instance type in its record; its price in the cost",
    check: (study) => {
      expect(currentAttempt(trial(study, 1))).toMatchObject({ instanceType: 'ml.g4dn.xlarge', tries: 1 });
      const job = study.jobs.find(({ TrainingJobName }) => TrainingJobName.includes('-1-2-'))!;
      expect(job.ResourceConfig.InstanceType).toBe('ml.g4dn.xlarge');
    },
  },
  {
    fault: 'AWS has no capacity',
    injected: '`capacity-error`, twice',
    faults: [{ name: 'capacity-error', times: 2 }],
    answer: 'as with a quota: the trial waits, and costs nothing',
    read: 'a note: so many starts found no room',
    check: (study) => expect(notes(study)).toMatch(/2 starts of training jobs found no room/),
  },
  {
    fault: 'SageMaker fails at a start',
    injected: '`create-internal-error`, once',
    faults: [{ name: 'create-internal-error' }],
    answer: 'another attempt, up to `maxAttempts`',
    read: "the attempt's message in the trial's record",
    check: (study) => expect(attemptsOf(study, 1)).toMatchObject([{ failureClass: 'infrastructure' }, { attempt: 2 }]),
  },
  {
    fault: 'a job was created, but the answer got lost',
    injected: '`create-answer-lost`, once',
    faults: [{ name: 'create-answer-lost' }],
    answer: 'the job is found by its name and stopped; the next attempt begins when it has ended',
    read: 'the attempt\'s message: "the state machine lost sight of training job ..."',
    check: (study) => {
      expect(attemptsOf(study, 1)).toMatchObject([{ message: expect.stringMatching(/lost sight of/) }, { attempt: 2 }]);
      expect(study.jobs[0].TrainingJobStatus).toBe('Stopped');
    },
  },
  {
    fault: "a job's name is taken",
    injected: '`create-name-taken`, once',
    faults: [{ name: 'create-name-taken' }],
    answer: 'another attempt, with another name',
    read: "the attempt's message",
    check: (study) => expect(attemptsOf(study, 1)).toMatchObject([{ failureClass: 'infrastructure' }, { attempt: 2 }]),
  },
  {
    fault: 'SageMaker refuses a request',
    injected: '`create-refused`, once',
    faults: [{ name: 'create-refused' }],
    answer: 'the trial fails',
    read: 'the failure in the result, with its message and what to do',
    states: ['FAILED', C, C, C],
    check: (study) =>
      expect(failures(study)).toMatchObject([
        { class: 'badRequest', message: expect.stringMatching(/ValidationException/) },
      ]),
  },
  {
    fault: 'SageMaker refuses every request',
    injected: '`create-refused`, always',
    faults: [{ name: 'create-refused', times: Infinity }],
    tuner: { maxTrials: 20, maxParallelTrials: 1 },
    answer: 'the study fails after five trials: all failed the same way',
    read: 'the cause of the execution: what SageMaker said',
    status: 'FAILED',
    states: Array.from({ length: 5 }, () => 'FAILED'),
    check: ({ error, cause }) => {
      expect(error).toBe('StudyFailed');
      expect(cause).toMatch(/the first 5 trials all failed the same way \(badRequest\).*ValidationException/);
    },
  },
  {
    fault: "the image can't be pulled",
    injected: '`image-missing`, once',
    faults: [{ name: 'image-missing' }],
    answer: 'the trial fails',
    read: 'the failure in the result',
    states: ['FAILED', C, C, C],
    check: (study) =>
      expect(failures(study)).toMatchObject([{ class: 'badRequest', message: expect.stringMatching(/image/) }]),
  },
  {
    fault: 'there is no data where a channel says',
    injected: '`data-missing`, once',
    faults: [{ name: 'data-missing' }],
    answer: 'the trial fails',
    read: 'the failure in the result, with a link to the log',
    states: ['FAILED', C, C, C],
    check: (study) =>
      expect(failures(study)).toMatchObject([{ class: 'badRequest', log: expect.stringMatching(/^https:/) }]),
  },
  {
    fault: 'instances take half an hour to start',
    injected: '`slow-start`, once',
    faults: [{ name: 'slow-start' }],
    answer: 'nothing: the time is not billed',
    read: 'nothing',
  },
  {
    fault: 'the quota allows no instance at all',
    injected: 'Service Quotas answers 0',
    runtime: { serviceQuotas: { 'ml.m5.xlarge for training job usage': 0 } },
    runner: { quotaCheck: QuotaCheck.FAIL },
    answer: 'with `QuotaCheck.FAIL` the execution fails before anything starts',
    read: 'which quota it is, what to ask for, and where',
    status: 'FAILED',
    states: [],
    check: ({ error, cause }) => {
      expect(error).toBe('QuotaTooSmall');
      expect(cause).toMatch(/ml\.m5\.xlarge for training job usage.* is 0, so no trial can start.*ask for 2 at https/);
    },
  },
  {
    fault: 'the quota allows fewer trials at once',
    injected: 'Service Quotas answers 1',
    runtime: { serviceQuotas: { 'ml.m5.xlarge for training job usage': 1 }, sageMaker: { instanceQuota: 1 } },
    answer: 'the study runs with what there is',
    read: 'a note before it starts, and how often slots waited',
    check: (study) => expect(notes(study)).toMatch(/is 1, so at most 1 trials train at the same time/),
  },

  // while it trains
  {
    fault: 'SageMaker loses a job',
    injected: '`internal-error`, once, after one epoch',
    faults: [{ name: 'internal-error', afterSeconds: 700 }],
    answer: 'the next attempt goes on from the newest checkpoint',
    read: "both attempts in the trial's record",
    check: (study) => {
      const lost = study.trials.find(({ attempts }) => attempts.length === 2)!;
      expect(lost.attempts[0]).toMatchObject({ failureClass: 'infrastructure' });
    },
  },
  {
    fault: 'SageMaker loses every job of a trial',
    injected: '`internal-error` for all jobs of trial 1',
    faults: [{ name: 'internal-error', job: '-1-', times: Infinity, afterSeconds: 100 }],
    tuner: ONE_SLOT,
    answer: 'the trial fails after `maxAttempts`, 3; the study goes on',
    read: 'the failure in the result, and that `maxAttempts` allows more',
    states: ['FAILED', C],
    trainsAgain: true,
    mayMiss: true,
    check: (study) => {
      expect(attemptsOf(study, 1)).toHaveLength(3);
      expect(failures(study)).toMatchObject([
        { class: 'infrastructure', advice: expect.stringMatching(/maxAttempts/) },
      ]);
    },
  },
  {
    fault: 'a spot instance is reclaimed',
    injected: '`spot-interrupted`, once',
    faults: [{ name: 'spot-interrupted', afterSeconds: 700 }],
    runner: { spot: true },
    answer: 'SageMaker starts the same job again when there is capacity; the program goes on from its checkpoint',
    read: 'the saving by spot in the cost',
    check: ({ result, trials }) => {
      expect(trials.every(({ attempts }) => attempts.length === 1)).toBe(true);
      expect(result!.cost.savedBySpotUsd).toBeGreaterThan(0);
    },
  },
  {
    fault: 'there is no spot capacity within `maxWait`',
    injected: '`spot-wait-exceeded`, once',
    faults: [{ name: 'spot-wait-exceeded' }],
    runner: { spot: true, maxWait: Duration.hours(3) },
    answer: 'as with a quota: the trial waits in the queue',
    read: 'a note: so many starts found no room',
    check: (study) => expect(notes(study)).toMatch(/1 starts of training jobs found no room/),
  },
  {
    fault: 'a trial runs out of memory',
    injected: '`out-of-memory`, once',
    faults: [{ name: 'out-of-memory', afterSeconds: 100 }],
    answer: 'the trial fails, and is not tried again; the search learns that its configuration does not fit',
    read: 'the failure in the result',
    states: ['FAILED', C, C, C],
    check: (study) => {
      expect(failures(study)).toMatchObject([{ class: 'outOfMemory' }]);
      expect(attemptsOf(study, 1)).toHaveLength(1);
    },
  },
  {
    fault: 'a program fails',
    injected: '`program-error`, once',
    faults: [{ name: 'program-error', afterSeconds: 100 }],
    answer: 'the trial fails; one bad trial ends no study',
    read: 'what the program wrote, a link to its log, what to do',
    states: ['FAILED', C, C, C],
    check: (study) =>
      expect(failures(study)).toMatchObject([
        {
          class: 'userCode',
          log: expect.stringMatching(/^https:.*TrainingJobs/),
          advice: expect.stringMatching(/log/),
        },
      ]),
  },
  {
    fault: 'more programs fail than `toleratedFailureCount`',
    injected: '`program-error`, from the third job on',
    faults: [{ name: 'program-error', call: 3, times: Infinity, afterSeconds: 100 }],
    tuner: { maxTrials: 20, maxParallelTrials: 1, toleratedFailureCount: 2 },
    answer: 'the study ends; its best trial counts',
    read: 'the reason, with the last failure',
    states: [C, C, 'FAILED', 'FAILED', 'FAILED'],
    check: ({ result }) => expect(result!.reason).toMatch(/3 trials failed, more than the 2 of toleratedFailureCount/),
    mayMiss: true,
  },
  {
    fault: 'the objective is NaN',
    injected: 'trial 2 reports NaN',
    program: { quality: (number, epoch) => (number === 2 ? NaN : epoch) },
    answer: 'the trial is stopped at once and fails; the search learns it',
    read: 'the failure in the result',
    states: [C, 'FAILED', C, C],
    check: (study) => {
      expect(failures(study)).toMatchObject([{ trial: 2, class: 'diverged' }]);
      expect(study.trained.filter((epoch) => epoch.startsWith('2/'))).toEqual(['2/1']);
    },
  },
  {
    fault: 'a program never reports, and prints nothing that SageMaker reads',
    injected: 'a program without a client, `metrics-missing`',
    faults: [{ name: 'metrics-missing', times: Infinity }],
    program: { reports: false },
    tuner: { maxTrials: 20, maxParallelTrials: 1 },
    answer: 'the study fails after five trials',
    read: 'which metric is missing, and how to report it',
    status: 'FAILED',
    states: Array.from({ length: 5 }, () => 'FAILED'),
    mayMiss: true,
    check: ({ cause }) => expect(cause).toMatch(/noMetric.*without reporting \\?"quality\\?"/),
  },
  {
    fault: 'a program hangs',
    injected: '`program-hangs`, once',
    faults: [{ name: 'program-hangs' }],
    answer: 'SageMaker stops the job after `maxRuntime`; what its trial has reported counts',
    read: "the trial's message: raise `maxRuntime`, or train for less",
    states: ['STOPPED', C, C, C],
    check: (study) =>
      expect(trial(study, 1)).toMatchObject({
        failureClass: 'timeOut',
        message: expect.stringMatching(/raise maxRuntime/),
      }),
  },
  {
    fault: 'someone stops a job',
    injected: '`stopped-by-person`, once',
    faults: [{ name: 'stopped-by-person', afterSeconds: 700 }],
    answer: 'the trial keeps its last report and is not tried again',
    read: "the trial's message",
    states: ['STOPPED', C, C, C],
    check: (study) =>
      expect(trial(study, 1)).toMatchObject({ failureClass: 'stoppedByPerson', value: expect.any(Number) }),
  },
  {
    fault: 'someone stops a job, and Step Functions takes that for a failure',
    injected: '`stopped-by-person` and `stopped-is-failure`',
    faults: [{ name: 'stopped-by-person', afterSeconds: 700 }, { name: 'stopped-is-failure' }],
    answer: 'the same record as before: the job is described in the cause',
    read: "the trial's message",
    states: ['STOPPED', C, C, C],
    check: (study) =>
      expect(trial(study, 1)).toMatchObject({ failureClass: 'stoppedByPerson', value: expect.any(Number) }),
  },
  {
    fault: 'what a failed job says is cut off',
    injected: '`program-error` and `cause-cut`',
    faults: [{ name: 'program-error', afterSeconds: 100 }, { name: 'cause-cut' }],
    answer: 'the job is looked up by its name',
    read: 'the failure as it was',
    states: ['FAILED', C, C, C],
    check: (study) =>
      expect(failures(study)).toMatchObject([{ class: 'userCode', log: expect.stringMatching(/^https:/) }]),
  },
  {
    fault: 'the end of a job is learnt late',
    injected: '`end-seen-late`, once',
    faults: [{ name: 'end-seen-late' }],
    answer: 'nothing: the slot goes on when it learns of it',
    read: 'nothing',
  },
  {
    fault: 'a program is told to stop and trains on',
    injected: 'a deaf program, `Scheduler.patience`, `ignores-stop`',
    faults: [{ name: 'ignores-stop' }],
    program: { isDeaf: true, quality: (number) => -number },
    tuner: { ...ONE_SLOT, maxTrials: 1, scheduler: Scheduler.patience({ patience: 1, gracePeriod: 1 }) },
    answer: 'after two more reports its job is stopped, first with SIGTERM, then with SIGKILL',
    read: 'why it was stopped',
    states: ['STOPPED'],
    mayMiss: true,
  },
  {
    fault: 'a promoted trial finds no checkpoint',
    injected: '`checkpoint-lost`, always',
    faults: [{ name: 'checkpoint-lost', times: Infinity }],
    tuner: { scheduler: PROMOTING, maxTrials: 3, maxParallelTrials: 1 },
    answer: 'it begins anew, and its results at earlier rungs stay what they were',
    read: "the attempt's reason says so",
    trainsAgain: true,
    check: (study) => {
      const promoted = study.trials.find(({ attempts }) => attempts.length > 1)!;
      expect(promoted.attempts[1].reason).toMatch(/begins anew, since there is no checkpoint in s3:/);
    },
  },

  // the end of a study
  {
    fault: 'a container without a client trains on after the target was reached',
    injected: 'programs without a client, `targetValue`',
    program: { reports: false, quality: (number) => (number === 1 ? 1 : 0) },
    tuner: { maxTrials: 6, maxParallelTrials: 3, objective: Objective.maximize('quality', { targetValue: 0.9 }) },
    faults: [{ name: 'slow-start', call: 2 }],
    answer: 'its job is stopped when the study ends',
    read: 'why it was stopped',
    states: [C, 'STOPPED', 'STOPPED'],
    check: ({ result, jobs }) => {
      expect(result!.reason).toMatch(/trial 1 reached the target value/);
      expect(jobs[1].TrainingJobStatus).toBe('Stopped');
    },
  },
  {
    fault: 'StopTrainingJob is throttled',
    injected: 'as before, with `stop-throttled`, twice',
    program: { reports: false, quality: (number) => (number === 1 ? 1 : 0) },
    tuner: { maxTrials: 6, maxParallelTrials: 3, objective: Objective.maximize('quality', { targetValue: 0.9 }) },
    faults: [
      { name: 'slow-start', call: 2 },
      { name: 'stop-throttled', times: 2 },
    ],
    answer: 'it is tried again, with more time between',
    read: 'why the trial was stopped',
    states: [C, 'STOPPED', 'STOPPED'],
    check: ({ jobs }) => expect(jobs[1].TrainingJobStatus).toBe('Stopped'),
  },
  {
    fault: 'the spending cap is reached',
    injected: '`maxSpendUsd`',
    tuner: { maxTrials: 20, maxSpendUsd: 0.7 },
    answer: 'no trial starts that what is left may not pay for',
    read: 'the reason, what was spent, what the cap was',
    states: [C, C, C, C, C],
    check: ({ result }) => {
      expect(result!.reason).toMatch(/maxSpendUsd/);
      expect(result!.cost.usd).toBeLessThanOrEqual(0.7);
    },
  },
  {
    fault: 'the execution is stopped',
    injected: 'StopExecution after 15 minutes',
    meanwhile: after(900, stopExecution),
    answer: 'its jobs are stopped, by Step Functions or by the tuner; trials wait for a resume',
    read: 'the study is STOPPED, its trials QUEUED',
    status: 'ABORTED',
    states: ['QUEUED', 'QUEUED'],
    check: ({ study }) => expect(study.status).toBe('STOPPED'),
  },
  {
    fault: 'the execution is stopped, and its jobs are not',
    injected: 'StopExecution, `stop-lost`, twice',
    faults: [{ name: 'stop-lost', times: 2 }],
    meanwhile: after(900, stopExecution),
    answer: 'a rule calls a function of the tuner, which finds the jobs and stops them',
    read: 'the study is STOPPED, its trials QUEUED',
    status: 'ABORTED',
    states: ['QUEUED', 'QUEUED'],
  },
  {
    fault: 'the execution is stopped, and another one started with the same study name',
    injected: 'StopExecution, then StartExecution',
    meanwhile: after(900, async (runtime, executionArn) => {
      await stopExecution(runtime, executionArn);
      await settled(runtime);
      await runtime.stepFunctions.waitForExecution(await startExecution(runtime, { study: STUDY }, 'second'));
    }),
    answer: 'each trial goes on from its checkpoint, in a new attempt',
    read: 'one result, as if nothing had happened; the cost of all attempts',
    status: 'ABORTED',
    states: [C, C, C, C],
    check: ({ study, trials }) => {
      expect(study).toMatchObject({ status: 'SUCCEEDED', run: 2 });
      expect(trials.map(({ attempts }) => attempts.length)).toEqual([2, 2, 1, 1]);
    },
  },
  {
    fault: 'SageMaker answers late and wrongly while a stopped study is settled',
    injected: 'StopExecution, `stop-lost`, `list-throttled`, `describe-throttled`, `describe-stale`',
    faults: [
      { name: 'stop-lost', times: 2 },
      { name: 'list-throttled', times: 2 },
      { name: 'describe-throttled', times: 2 },
      { name: 'describe-stale' },
    ],
    meanwhile: after(900, stopExecution),
    answer: 'it is asked again',
    read: 'the study is STOPPED, its trials QUEUED',
    status: 'ABORTED',
    states: ['QUEUED', 'QUEUED'],
  },

  // the steps
  {
    fault: 'Lambda has no room for a step',
    injected: '`step-throttled`, 3 times',
    faults: [{ name: 'step-throttled', times: 3, step: 'RecordTrial' }],
    answer: 'it is tried again, with more time between',
    read: "nothing but the execution's history",
  },
  {
    fault: 'a step crashes',
    injected: '`step-crashed` and `step-unknown-error`',
    faults: [
      { name: 'step-crashed', step: 'NextTrial' },
      { name: 'step-unknown-error', step: 'RecordTrial' },
    ],
    answer: 'it is called again: every step may be',
    read: "nothing but the execution's history",
  },
  {
    fault: 'a step takes too long',
    injected: '`step-timed-out`',
    faults: [{ name: 'step-timed-out', step: 'RecordTrial', call: 2 }],
    answer: 'it is called again',
    read: "nothing but the execution's history",
  },
  {
    fault: "a step's answer gets lost",
    injected: '`step-answer-lost` for each step',
    faults: ['OpenStudy', 'PlanRound', 'NextTrial', 'RecordTrial', 'ReviewRound', 'FinishStudy'].map((step) => ({
      name: 'step-answer-lost' as const,
      step,
    })),
    answer: 'it is called again, changes nothing more and gives the same answer',
    read: "nothing but the execution's history",
  },
  {
    fault: 'a step fails for good, so that its slot is lost',
    injected: '`step-crashed`, 9 times in a row',
    faults: [{ name: 'step-crashed', step: 'RecordTrial', times: 9 }],
    tuner: ONE_SLOT,
    answer: 'Review round settles the trial by what its job says; the next round opens the slot again',
    read: 'the output of the slot: "Slot lost"',
  },

  // containers without a client
  {
    fault: 'a container has no client, and is to be stopped early',
    injected: '`logReports`, median stopping',
    program: {
      reports: false,
      prints: (epoch, quality) => `epoch ${epoch}: quality=${quality}`,
      quality: (number, epoch) => (number <= 3 ? 1 : 0) + epoch / 10,
    },
    runner: { logReports: { resourceRegex: 'epoch (\\d+)' } },
    tuner: { ...ONE_SLOT, maxTrials: 5, scheduler: Scheduler.medianStopping({ minimumTrials: 3 }) },
    answer: 'its lines are reports, and its job is stopped',
    read: 'why it was stopped',
    states: [C, C, C, 'STOPPED', 'STOPPED'],
    check: ({ jobs }) =>
      expect(jobs.map(({ TrainingJobStatus }) => TrainingJobStatus).slice(3)).toEqual(['Stopped', 'Stopped']),
  },
];
