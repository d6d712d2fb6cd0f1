import { AttemptOutcome, TrialState } from '../../../lib/contract/calls';
import { AttemptRecord, FailureClass, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { curvePointOf, withPoint } from './learning-curve';
import { metricNames } from './objective';
import { maxResourceOf } from './scheduled-trials';

/** Attempts that may fail for reasons of the infrastructure before the trial does. */
const MAX_INFRASTRUCTURE_FAILURES = 3;

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
    outcome: { ...outcome, cause: outcome.cause?.slice(0, 1024) },
    failureClass: verdict.failureClass,
    message: verdict.message,
  };
  const attempts = [...trial.attempts.slice(0, -1).map(summarized), attempt];
  if (verdict.state === 'QUEUED') return { ...trial, state: 'QUEUED', attempts };

  return {
    ...trial,
    ...(verdict.state === 'PAUSED' ? { curve: curveToTarget(study, trial, metrics) } : { endedAt: at }),
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
  const { jobName, status, billableSeconds } = attempt.outcome;
  return { ...attempt, outcome: { jobName, status, billableSeconds }, message: attempt.message?.slice(0, 80) };
}

/** The trial waits for a slot again: its execution ended before its job did. */
export function requeued(trial: TrialRecord, at: string, message: string): TrialRecord {
  const attempt = { ...currentAttempt(trial), endedAt: at, message };
  return { ...trial, state: 'QUEUED', attempts: [...trial.attempts.slice(0, -1), attempt] };
}

/**
 * A failed `.sync` task brings the job's description as the text of its cause.
 */
function withDescription(outcome: AttemptOutcome): AttemptOutcome {
  const job = parseObject(outcome.cause);
  if (job === undefined || typeof job.TrainingJobStatus !== 'string') return outcome;

  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    ...outcome,
    cause: undefined,
    status: job.TrainingJobStatus,
    secondaryStatus: text(job.SecondaryStatus),
    failureReason: text(job.FailureReason),
    jobName: text(job.TrainingJobName),
    billableSeconds: typeof job.BillableTimeInSeconds === 'number' ? job.BillableTimeInSeconds : undefined,
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
  const value = trial.value ?? loggedValue(study.tuner.objective.metric, outcome);
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
      return outcome.secondaryStatus === 'Interrupted'
        ? failed(trial, 'infrastructure', 'the spot instance was reclaimed')
        : interrupted(outcome, value);
    case 'Failed':
      return failed(trial, classOfReason(outcome.failureReason ?? ''), outcome.failureReason ?? 'no reason given');
    default:
      return failed(
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
    Object.hasOwn(metrics, name) ? metrics[name] : loggedValue(name, outcome),
  ]);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
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

/** Stopped, but not by us: at its time limit, or by a person. What it has reported counts. */
function interrupted({ secondaryStatus }: AttemptOutcome, value: number | undefined): Verdict {
  const timedOut = secondaryStatus === 'MaxRuntimeExceeded' || secondaryStatus === 'MaxWaitTimeExceeded';
  return {
    state: value === undefined ? 'FAILED' : 'STOPPED',
    failureClass: timedOut ? 'timeOut' : 'stoppedByPerson',
    message: timedOut
      ? 'the training job reached its maximum runtime; raise maxRuntime, or train for less'
      : 'the training job was stopped by someone else',
    value,
  };
}

function failed(trial: TrialRecord, failureClass: FailureClass, reason: string, value?: number): Verdict {
  const message = reason.slice(0, 1024);
  if (failureClass === 'timeOut' && value !== undefined) return { state: 'STOPPED', failureClass, message, value };
  if (failureClass === 'quota' || failureClass === 'throttled') {
    return { state: 'QUEUED', failureClass, message };
  }
  if (failureClass === 'infrastructure') {
    const before = trial.attempts.filter((attempt) => attempt.failureClass === 'infrastructure').length;
    return { state: before + 1 < MAX_INFRASTRUCTURE_FAILURES ? 'QUEUED' : 'FAILED', failureClass, message };
  }
  return { state: 'FAILED', failureClass, message };
}

/** Reads `FailureReason`, whose first word is SageMaker's class. */
function classOfReason(reason: string): FailureClass {
  if (/^CapacityError|unable to provision|insufficient capacity/i.test(reason)) return 'quota';
  if (/^InternalServerError/.test(reason)) return 'infrastructure';
  if (/exit code:? ?137|out of memory|OutOfMemory/i.test(reason) || /\bOOM\b/.test(reason)) return 'outOfMemory';
  return /^ClientError/.test(reason) ? 'badRequest' : 'userCode';
}

/** Reads the error of a task that created no job. */
function classOfError({ error = '', cause = '' }: AttemptOutcome): FailureClass {
  if (/ResourceLimitExceeded/.test(error + cause)) return 'quota';
  if (/Throttl|TooManyRequests|Rate exceeded/i.test(error + cause)) return 'throttled';
  if (error === 'States.Timeout' || error === 'States.HeartbeatTimeout') return 'timeOut';
  return /InternalServer|ServiceUnavailable|InternalFailure/.test(error + cause) ? 'infrastructure' : 'badRequest';
}
