import { AttemptOutcome, TrialState } from '../../../lib/contract/calls';
import { batchJobOf, batchOutcome, classOfWaiting } from './batch-outcome';
import { AttemptRecord, FailureClass, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { curvePointOf, withPoint } from './learning-curve';
import { metricNames } from './objective';
import { maxResourceOf } from './scheduled-trials';

interface Verdict {
  readonly state: TrialState;
  readonly failureClass?: FailureClass;
  readonly message?: string;
  readonly value?: number;
}

/** The trial after its current attempt has ended like this. */
export function withOutcome(study: StudyRecord, trial: TrialRecord, reported: AttemptOutcome, at: string): TrialRecord {
  const outcome = withDescription(reported);
  const metrics = lastMetrics(study, trial, outcome);
  const verdict = verdictOf(study, trial, outcome, metrics);
  const attempt = {
    ...currentAttempt(trial),
    endedAt: at,
    outcome: { ...outcome, cause: outcome.cause?.slice(0, 1024), ...storableMetrics(outcome) },
    failureClass: verdict.failureClass,
    message: verdict.message,
  };
  const attempts = [...trial.attempts.slice(0, -1).map(summarized), attempt];
  const notBefore = outcome.error === LOST_SIGHT ? afterStop(at) : trial.notBefore;
  if (verdict.state === 'QUEUED') return { ...trial, state: 'QUEUED', attempts, notBefore };

  return {
    ...trial,
    ...(verdict.state === 'PAUSED' ? { curve: curveToTarget(study, trial, metrics), notBefore } : { endedAt: at }),
    state: verdict.state,
    attempts,
    value: verdict.value,
    ...(Object.keys(metrics).length > 0 && { metrics: { ...trial.metrics, ...metrics } }),
    failureClass: verdict.failureClass,
    message: verdict.message,
  };
}

/** Attempts that came to nothing can be many, and an item of the table holds 400 KB: of an earlier one its cost is kept. */
function summarized(attempt: AttemptRecord): AttemptRecord {
  if (attempt.outcome === undefined) return attempt;
  const { jobName, status, billableSeconds, trainingSeconds } = attempt.outcome;
  return {
    ...attempt,
    outcome: { jobName, status, billableSeconds, trainingSeconds },
    message: attempt.message?.slice(0, 80),
  };
}

/**
 * The trial waits for a slot again: its execution ended before its job did.
 *
 * @param job as far as it had come
 * @param notBefore where what ran it may still be ending: its next attempt begins at this time at the earliest
 */
export function requeued(
  trial: TrialRecord,
  at: string,
  message: string,
  job?: AttemptOutcome,
  notBefore?: string,
): TrialRecord {
  const { jobName, billableSeconds } = job ?? {};
  const attempt = {
    ...currentAttempt(trial),
    endedAt: at,
    message,
    ...(job && { outcome: { jobName, billableSeconds } }),
  };
  return {
    ...trial,
    state: 'QUEUED',
    attempts: [...trial.attempts.slice(0, -1), attempt],
    ...(notBefore !== undefined && { notBefore }),
  };
}

/** A job that is asked to stop has two minutes, and then its checkpoints are uploaded: the next one begins with them. */
export function afterStop(at: string): string {
  return new Date(Date.parse(at) + 180_000).toISOString();
}

/** Error of an attempt whose job still ran when its task had failed. */
const LOST_SIGHT = 'LostSightOfJob';

/** Whether a failed task doesn't tell that its job has ended, or never was. */
export function mayHaveLeftJob(outcome: AttemptOutcome): boolean {
  if (outcome.error === undefined || withDescription(outcome).status !== undefined) return false;
  const text = outcome.error + (outcome.cause ?? '');
  return !/ResourceLimitExceeded|ValidationException|AccessDenied/.test(text);
}

/** A task failed while its job ran on, which has been stopped. */
export function lostSightOf({ error, cause }: AttemptOutcome, job: AttemptOutcome): AttemptOutcome {
  return {
    error: LOST_SIGHT,
    cause: `the state machine lost sight of training job ${job.jobName} (${error}: ${cause}), which was stopped`,
    jobName: job.jobName,
    billableSeconds: job.billableSeconds,
  };
}

/**
 * A failed `.sync` task brings the job's description as the text of its cause.
 */
export function withDescription(outcome: AttemptOutcome): AttemptOutcome {
  const job = parseObject(outcome.cause);
  const batchJob = job && batchJobOf(job);
  // of a job that has ended: the time of now is in no part of it.
  if (batchJob !== undefined) return { ...outcome, cause: undefined, ...batchOutcome(batchJob, '') };
  if (job === undefined || typeof job.TrainingJobStatus !== 'string') return outcome;

  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
  return {
    ...outcome,
    cause: undefined,
    status: job.TrainingJobStatus,
    secondaryStatus: text(job.SecondaryStatus),
    failureReason: text(job.FailureReason),
    jobName: text(job.TrainingJobName),
    billableSeconds: number(job.BillableTimeInSeconds),
    trainingSeconds: number(job.TrainingTimeInSeconds),
    modelArtifact: text((job.ModelArtifacts as Record<string, unknown> | undefined)?.S3ModelArtifacts),
    metrics: Array.isArray(job.FinalMetricDataList) ? job.FinalMetricDataList : undefined,
  };
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // most causes are plain sentences.
    return undefined;
  }
}

/** What the ended attempt makes of the trial. The trial's own record comes first, the job's status second. */
function verdictOf(
  study: StudyRecord,
  trial: TrialRecord,
  outcome: AttemptOutcome,
  metrics: Record<string, number | string>,
): Verdict {
  const logged = loggedValue(study.tuner.objective.metric, outcome);
  // of a log that is read, the last lines come when the job has ended already.
  const value = study.tuner.logReports === undefined ? (trial.value ?? logged) : (logged ?? trial.value);
  if (trial.failureClass === 'diverged' || (value !== undefined && !Number.isFinite(value))) {
    return { state: 'FAILED', failureClass: 'diverged', message: trial.message ?? 'the objective was not finite' };
  }
  const limit = maxResourceOf(study.tuner.scheduler);
  if (trial.decision === 'stop') {
    // a stop at the very end only keeps the training from going beyond it.
    return limit !== undefined && (trial.lastResource ?? 0) >= limit
      ? completed(study, value!, metrics)
      : { state: 'STOPPED', message: trial.decisionReason, value };
  }
  if (trial.decision === 'pause') return { state: 'PAUSED', message: trial.decisionReason, value };
  switch (outcome.status) {
    case 'Completed':
      if (value === undefined) return noMetric(study.tuner.objective.metric);
      return isAtTarget(study, trial)
        ? { state: 'PAUSED', message: `has trained to ${currentAttempt(trial).target}`, value }
        : completed(study, value, metrics);
    case 'Stopped':
    case 'Stopping':
      return stopped(study, trial, outcome, value);
    case 'Failed':
      return failed(
        study,
        trial,
        classOfReason(outcome.failureReason ?? ''),
        outcome.failureReason ?? 'no reason given',
      );
    default:
      return failed(
        study,
        trial,
        classOfError(outcome),
        `${outcome.error ?? 'no error name'}: ${outcome.cause ?? 'no cause'}`,
        value,
      );
  }
}

/** Whether it was to end here and has nothing more to train: then it waits for its promotion. */
function isAtTarget({ tuner }: StudyRecord, trial: TrialRecord): boolean {
  const { target } = currentAttempt(trial);
  const limit = maxResourceOf(tuner.scheduler);
  if (target === undefined || limit === undefined || target >= limit) return false;
  // a program without a client reports nothing on its way.
  return reportedNothing(trial) || trial.lastResource! >= target;
}

function reportedNothing(trial: TrialRecord): boolean {
  return currentAttempt(trial).firstReport === undefined;
}

/** With the final metrics as the point at the target, where nothing was reported. */
function curveToTarget({ tuner }: StudyRecord, trial: TrialRecord, metrics: Record<string, number | string>) {
  const { curve = [] } = trial;
  const { target } = currentAttempt(trial);
  if (!reportedNothing(trial) || target === undefined) return curve;
  return withPoint(curve, { ...curvePointOf(tuner, target, metrics), rung: target });
}

/** Objectives and outcome constraints need the values of all their metrics. */
function completed({ tuner }: StudyRecord, value: number, metrics: Record<string, number | string>): Verdict {
  const others = metricNames(tuner).filter((name) => name !== tuner.objective.metric);
  const missing = others.find((name) => !Object.hasOwn(metrics, name));
  if (missing !== undefined) return { ...noMetric(missing), value };

  const infinite = others.find((name) => !Number.isFinite(Number(metrics[name])));
  return infinite === undefined
    ? { state: 'COMPLETED', value }
    : { state: 'FAILED', failureClass: 'diverged', message: `${infinite} was ${metrics[infinite]}`, value };
}

/** The last value of each metric that the study asks for: as reported, else as SageMaker read it off the log. */
function lastMetrics(
  { tuner }: StudyRecord,
  { metrics = {} }: TrialRecord,
  outcome: AttemptOutcome,
): Record<string, number | string> {
  const values = metricNames(tuner).map((name) => [
    name,
    Object.hasOwn(metrics, name) ? metrics[name] : asReported(loggedValue(name, outcome)),
  ]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** As a report would write it: the table has no number that isn't finite. */
function asReported(value: number | undefined): number | string | undefined {
  return value === undefined || Number.isFinite(value) ? value : String(value);
}

function storableMetrics({ metrics }: AttemptOutcome): Pick<AttemptOutcome, 'metrics'> {
  return metrics === undefined ? {} : { metrics: metrics.filter(({ Value }) => Number.isFinite(Value)) };
}

function loggedValue(metric: string, { metrics }: AttemptOutcome): number | undefined {
  return metrics?.find(({ MetricName }) => MetricName === metric)?.Value;
}

function noMetric(metric: string): Verdict {
  return {
    state: 'FAILED',
    failureClass: 'noMetric',
    message:
      `the training program ended without reporting ${JSON.stringify(metric)}; call report(step, ${metric}=...) of the ` +
      `cdk-hpo client, or give it a regular expression that finds it in the log`,
  };
}

/** Of an attempt whose worker had to end: message. */
export const HANDED_BACK = 'its worker had to end before the trial did';

/** Stopped, but not by us: for want of spare capacity, at its time limit, or by a person. What it has reported counts. */
function stopped(study: StudyRecord, trial: TrialRecord, outcome: AttemptOutcome, value: number | undefined): Verdict {
  const { secondaryStatus, billableSeconds } = outcome;
  if (secondaryStatus === 'HandedBack') {
    return { state: 'QUEUED', message: HANDED_BACK };
  }
  if (secondaryStatus === 'Interrupted') {
    return failed(study, trial, 'infrastructure', 'the spot instance was reclaimed');
  }
  if (secondaryStatus === 'MaxWaitTimeExceeded') {
    return billableSeconds
      ? failed(study, trial, 'infrastructure', 'spot capacity was lost for longer than maxWait allows')
      : failed(study, trial, 'quota', 'there was no spot capacity within maxWait');
  }
  const timedOut = secondaryStatus === 'MaxRuntimeExceeded';
  return {
    state: value === undefined ? 'FAILED' : 'STOPPED',
    failureClass: timedOut ? 'timeOut' : 'stoppedByPerson',
    message: timedOut ? timeOutMessage(trial) : 'the training job was stopped by someone else',
    value,
  };
}

function timeOutMessage(trial: TrialRecord): string {
  switch (currentAttempt(trial).limitedBy) {
    case 'maxDuration':
      return 'the training job reached the end of maxDuration';
    case 'maxSpendUsd':
      return 'the training job reached the runtime that was its share of what is left of maxSpendUsd';
    default:
      return 'the training job reached its maximum runtime; raise maxRuntime, or train for less';
  }
}

function failed(
  { tuner }: StudyRecord,
  trial: TrialRecord,
  failureClass: FailureClass,
  reason: string,
  value?: number,
): Verdict {
  const message = reason.slice(0, 1024);
  if (failureClass === 'timeOut' && value !== undefined) return { state: 'STOPPED', failureClass, message, value };
  if (failureClass === 'quota' || failureClass === 'throttled') {
    return { state: 'QUEUED', failureClass, message };
  }
  if (failureClass === 'infrastructure') {
    const before = trial.attempts.filter((attempt) => attempt.failureClass === 'infrastructure').length;
    return { state: before + 1 < tuner.maxAttempts ? 'QUEUED' : 'FAILED', failureClass, message };
  }
  return { state: 'FAILED', failureClass, message };
}

/** Why a job came to no good end, whoever it ran for; undefined where it did, or was stopped. */
export function failureClassOf(reported: AttemptOutcome): FailureClass | undefined {
  const outcome = withDescription(reported);
  if (outcome.status === 'Failed') return classOfReason(outcome.failureReason ?? '');
  if (outcome.secondaryStatus === 'MaxWaitTimeExceeded') return 'quota';
  return outcome.status === undefined && outcome.error !== undefined ? classOfError(outcome) : undefined;
}

/** Reads `FailureReason`, whose first word is SageMaker's class. */
function classOfReason(reason: string): FailureClass {
  if (/^CapacityError|unable to provision|insufficient capacity/i.test(reason)) return 'quota';
  // what Batch says of a host that was lost, or taken back as spare capacity.
  if (/^InternalServerError|^Host EC2/.test(reason)) return 'infrastructure';
  if (/exit code:? ?137|out of memory|OutOfMemory/i.test(reason) || /\bOOM\b/.test(reason)) return 'outOfMemory';
  return classOfWaiting(reason) ?? (/^ClientError/.test(reason) ? 'badRequest' : 'userCode');
}

/** Reads the error of a task that created no job. */
function classOfError({ error = '', cause = '' }: AttemptOutcome): FailureClass {
  if (error === LOST_SIGHT) return 'infrastructure';
  if (/ResourceLimitExceeded/.test(error + cause)) return 'quota';
  if (/Throttl|TooManyRequests|Rate exceeded/i.test(error + cause)) return 'throttled';
  if (error === 'States.Timeout' || error === 'States.HeartbeatTimeout') return 'timeOut';
  // a name that is taken: an earlier call got through, though its answer didn't; the next attempt has another name.
  return /InternalServer|ServiceUnavailable|InternalFailure|ResourceInUse|redriven/.test(error + cause)
    ? 'infrastructure'
    : 'badRequest';
}
