import { FailedTrial, StudyResult } from '../../../lib/contract/calls';
import { FailureClass, StudyRecord, TrialRecord, currentAttempt, hasEnded } from '../store/records';
import { batchJobLink, logLink } from './log-link';

/** So many failed trials of each class are told with their messages. */
const TOLD_OF_A_CLASS = 3;

/** What to do about a failure of each class. */
const ADVICE: Record<FailureClass, string> = {
  quota: 'ask for a higher quota of instances in Service Quotas, or give fallbackInstanceTypes',
  throttled: 'other programs of the account start training jobs at the same time; start the study again later',
  infrastructure: 'start the study again: it goes on from the checkpoints; maxAttempts allows more attempts',
  outOfMemory: 'the search has learnt that this does not fit; limit what takes memory, or use a bigger instance type',
  userCode: 'read the log of the job, mend the program, and start the study again under another name',
  noMetric: 'report the metric from the program, or print it where its regular expression finds it',
  diverged: 'the search has learnt it; a narrower range of learning rates gives fewer of them',
  timeOut: 'raise maxRuntime, or train for less',
  stoppedByPerson: 'nothing: someone stopped the training job',
  badRequest: 'SageMaker refused the request or could not read its data or image: mend the tuner and deploy it again',
};

const LOST_WORKERS_ADVICE =
  'run it by hand and watch what it does to its machine, its memory first; narrow the search space, or give it a bigger machine';

export function adviceFor(failureClass: FailureClass): string {
  return ADVICE[failureClass];
}

/** The failed trials as the study's result tells of them: all by number, a few of each class in full. */
export function failuresOf(study: StudyRecord, trials: readonly TrialRecord[]): StudyResult['failures'] {
  const failed = trials.filter(({ state }) => state === 'FAILED');
  if (failed.length === 0) return undefined;
  const byClass: Record<string, number> = {};
  const told: FailedTrial[] = [];
  for (const trial of failed) {
    const name = trial.failureClass ?? 'userCode';
    byClass[name] = (byClass[name] ?? 0) + 1;
    if (byClass[name] <= TOLD_OF_A_CLASS) told.push(toldOf(study, trial, name));
  }
  return { byClass, trials: told };
}

function toldOf(study: StudyRecord, trial: TrialRecord, failureClass: FailureClass): FailedTrial {
  const { outcome } = currentAttempt(trial);
  const jobName = outcome?.jobName ?? null;
  return {
    trial: trial.trial,
    class: failureClass,
    message: (trial.message ?? 'no reason was given').slice(0, 500),
    advice: currentAttempt(trial).workerLost ? LOST_WORKERS_ADVICE : adviceFor(failureClass),
    trainingJobName: jobName,
    log: jobName === null ? null : linkOf(study, jobName),
  };
}

function linkOf({ execution, tuner }: StudyRecord, jobName: string): string {
  return tuner.compute.batch === undefined ? logLink(execution, jobName) : batchJobLink(execution, jobName);
}

/** So few ended trials say nothing of a share. */
const MIN_ENDED_FOR_SHARE = 10;

/** Why more trials have failed than the tuner tolerates. Of this run only: a resume comes with hope of better. */
export function tooManyFailures(study: StudyRecord, trials: readonly TrialRecord[]): string | undefined {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = study.tuner;
  if (count === undefined && percentage === undefined) return undefined;
  const ended = trials.filter((trial) => hasEnded(trial) && Date.parse(trial.endedAt!) >= Date.parse(study.startedAt));
  const failed = ended.filter(({ state }) => state === 'FAILED');
  const last = failed.at(-1);
  if (last === undefined) return undefined;
  const because = `; the last one (${last.failureClass}): ${last.message}`;
  if (count !== undefined && failed.length > count) {
    return `${failed.length} trials failed, more than the ${count} of toleratedFailureCount${because}`;
  }
  const share = (100 * failed.length) / ended.length;
  if (percentage !== undefined && ended.length >= MIN_ENDED_FOR_SHARE && share > percentage) {
    return (
      `${failed.length} of ${ended.length} trials failed, more than the ${percentage} % of ` +
      `toleratedFailurePercentage${because}`
    );
  }
  return undefined;
}
