import { createScheduler } from '../schedulers/create-scheduler';
import { FailureClass, StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { bestTrial, isFeasible } from './best-trial';
import { tooManyFailures } from './failures';
import { lossOf } from './objective';
import { scheduleContext } from './scheduled-trials';
import { moneySpent } from './spending';

/** So many trials that all failed the same way, and none that worked, end the study. */
const CIRCUIT_BREAKER_TRIALS = 5;

/** Why the study has to end now, or undefined. Trials that still run are told to stop at their next report. */
export function endReason(study: StudyRecord, trials: readonly TrialRecord[], at: string): string | undefined {
  return (
    study.ending ??
    durationOver(study, at) ??
    targetReached(study, trials) ??
    noImprovement(study, trials) ??
    allFailing(study, trials) ??
    tooManyFailures(study, trials) ??
    moneySpent(study, trials)
  );
}

/** Why the study is complete, or undefined while something is left to do. */
export function completionReason(study: StudyRecord, trials: readonly TrialRecord[], at: string): string | undefined {
  const end = endReason(study, trials, at);
  if (end !== undefined) return end;
  if (trials.some(({ state }) => state === 'RUNNING' || state === 'QUEUED')) return undefined;

  const step = createScheduler(study.tuner.scheduler).next(scheduleContext(study, trials));
  if (step.action !== 'none') return undefined;
  if (study.exhausted !== undefined) return study.exhausted;
  return trials.every(hasEnded) ? `all ${study.tuner.maxTrials} trials have ended` : step.reason;
}

export function durationOver({ tuner, startedAt }: StudyRecord, at: string): string | undefined {
  const limit = tuner.maxDurationSeconds;
  return limit !== undefined && Date.parse(at) - Date.parse(startedAt) >= limit * 1000
    ? `the maximum duration of ${limit} seconds is over`
    : undefined;
}

function targetReached({ tuner }: StudyRecord, trials: readonly TrialRecord[]): string | undefined {
  const { objective } = tuner;
  if (objective.targetValue === undefined) return undefined;

  const target = lossOf(objective, objective.targetValue);
  const trial = trials.find(
    (candidate) =>
      candidate.state === 'COMPLETED' &&
      candidate.value !== undefined &&
      lossOf(objective, candidate.value) <= target &&
      isFeasible(tuner, candidate),
  );
  return trial && `trial ${trial.trial} reached the target value ${objective.targetValue} with ${trial.value}`;
}

function noImprovement({ tuner }: StudyRecord, trials: readonly TrialRecord[]): string | undefined {
  const limit = tuner.maxTrialsWithoutImprovement;
  const best = limit === undefined ? undefined : bestTrial(tuner, trials);
  if (limit === undefined || best === undefined) return undefined;

  const since = trials.filter(
    (trial) => hasEnded(trial) && Date.parse(trial.endedAt!) > Date.parse(best.endedAt!),
  ).length;
  return since >= limit ? `${since} trials in a row brought no improvement over trial ${best.trial}` : undefined;
}

/** Failures that say something of the program or the request, so that more trials would fail as well. */
const TELLING_FAILURES: readonly (FailureClass | undefined)[] = ['userCode', 'badRequest', 'noMetric', 'timeOut'];

/** Of this run only: a resume comes with hope of better, such as a mended program. */
function allFailing({ startedAt }: StudyRecord, trials: readonly TrialRecord[]): string | undefined {
  const ended = trials.filter(hasEnded);
  if (ended.some(({ state }) => state !== 'FAILED')) return undefined;

  const recent = ended.filter(({ endedAt }) => Date.parse(endedAt!) >= Date.parse(startedAt));
  const first = recent[0];
  return recent.length >= CIRCUIT_BREAKER_TRIALS &&
    TELLING_FAILURES.includes(first.failureClass) &&
    recent.every(({ failureClass }) => failureClass === first.failureClass)
    ? `the first ${recent.length} trials all failed the same way (${first.failureClass}): ${first.message}`
    : undefined;
}
