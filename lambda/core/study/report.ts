import { MetricValue, ReportAnswer, ReportRequest } from '../../../lib/contract/calls';
import { REPORT_REQUEST_SCHEMA } from '../../../lib/contract/schemas';
import { AttemptEnded, InvalidReport } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { SchedulerDecision } from '../schedulers/scheduler';
import { ReportRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { schemaProblems } from '../validation';
import { durationOver } from './completion';
import { lossOf, metricNames } from './objective';
import { isTokenOf } from './token';

/**
 * Stores a trial's metrics at a resource and decides whether it goes on.
 *
 * @param at ISO 8601 time of the call
 * @throws InvalidReport if the report can't be taken: nothing is stored and the trial goes on
 * @throws AttemptEnded if the attempt is no longer its trial's: the training code should end
 */
export async function report(request: ReportRequest, store: StudyStore, at: string): Promise<ReportAnswer> {
  const problems = schemaProblems('the report', REPORT_REQUEST_SCHEMA, request);
  if (problems.length > 0) throw new InvalidReport(problems.join('; '));

  // three reads at once: a report is on the training's critical path.
  const [found, before] = await Promise.all([
    find(request, store),
    store.getReport(request.study, request.resource, request.trial, request.attempt),
  ]);
  const { study, trial } = identify(request, found);
  if (before !== undefined) return repeated(request, before, study, trial, store);

  const value = valueOf(request, study);
  checkOrder(request, trial);
  const next = withReport(study, trial, request, value);
  const { decision, reason } = await decide(study, next, request.resource, at, store);
  const record: ReportRecord = {
    trial: trial.trial,
    attempt: request.attempt,
    resource: request.resource,
    metrics: request.metrics,
    average: averageOf(next),
    decision,
    reason,
    at,
  };
  // the report first: if the call ends here and is made again, it is completed by `repeated`.
  if (!(await store.createReport(study.study, record))) {
    const other = await store.getReport(study.study, request.resource, trial.trial, request.attempt);
    return repeated(request, other!, study, trial, store);
  }
  await apply(study, trial, request, record, store);
  return answerOf(record);
}

interface Found {
  readonly study: StudyRecord | undefined;
  readonly trial: TrialRecord | undefined;
}

async function find(request: ReportRequest, store: StudyStore): Promise<Found> {
  const [study, trial] = await Promise.all([
    store.getStudy(request.study),
    store.getTrial(request.study, request.trial),
  ]);
  return { study, trial };
}

/** The study and the trial that the report speaks for, if its token is the attempt's. */
function identify(request: ReportRequest, { study, trial }: Found) {
  if (study === undefined || trial === undefined) {
    throw new InvalidReport(
      `trial ${request.trial} of study ${JSON.stringify(request.study)} doesn't exist; study and trial must be those of CDK_HPO_STUDY and CDK_HPO_TRIAL`,
    );
  }
  const attempt = trial.attempts.find((candidate) => candidate.attempt === request.attempt);
  if (attempt === undefined || !isTokenOf(attempt.tokenHash, request.token)) {
    throw new InvalidReport(
      `token isn't that of attempt ${request.attempt} of trial ${request.trial}; it must be that of CDK_HPO_TOKEN`,
    );
  }
  if (trial.state !== 'RUNNING' || currentAttempt(trial) !== attempt) {
    throw new AttemptEnded(
      `attempt ${request.attempt} of trial ${request.trial} has ended; the trial is ${trial.state}`,
    );
  }
  return { study, trial };
}

/** The same report again gets the same answer; another one at the same resource is a mistake. */
async function repeated(
  request: ReportRequest,
  before: ReportRecord,
  study: StudyRecord,
  trial: TrialRecord,
  store: StudyStore,
): Promise<ReportAnswer> {
  const same =
    Object.keys(before.metrics).length === Object.keys(request.metrics).length &&
    Object.entries(before.metrics).every(([name, value]) => request.metrics[name] === value);
  if (!same) {
    throw new InvalidReport(
      `metrics at resource ${request.resource} were reported before with other values: ${JSON.stringify(before.metrics)}, now ${JSON.stringify(request.metrics)}`,
    );
  }
  await apply(study, trial, request, before, store);
  return answerOf(before);
}

function valueOf({ metrics }: ReportRequest, { tuner }: StudyRecord): number {
  const { metric } = tuner.objective;
  if (!Object.hasOwn(metrics, metric)) {
    throw new InvalidReport(
      `metrics must hold the objective ${JSON.stringify(metric)}, got ${Object.keys(metrics).join(', ')}`,
    );
  }
  return Number(metrics[metric] satisfies MetricValue);
}

function checkOrder({ resource, attempt }: ReportRequest, trial: TrialRecord): void {
  if (trial.reportedAttempt === attempt && trial.lastResource !== undefined && resource < trial.lastResource) {
    throw new InvalidReport(`resource must grow from report to report, got ${resource} after ${trial.lastResource}`);
  }
}

/** The trial with the report counted in; pure, so that it can be applied to a newer version of the record. */
function withReport(study: StudyRecord, trial: TrialRecord, request: ReportRequest, value: number): TrialRecord {
  const loss = lossOf(study.tuner.objective, value);
  const finite = Number.isFinite(value);
  // an attempt that begins before the point where the last one ended starts the curve anew.
  const goesOn = trial.lastResource !== undefined && request.resource > trial.lastResource;
  return {
    ...trial,
    reportedAttempt: request.attempt,
    lastResource: request.resource,
    metrics: { ...earlier(study, trial), ...request.metrics },
    value: finite ? value : trial.value,
    bestLoss: finite ? Math.min(loss, goesOn ? (trial.bestLoss ?? Infinity) : Infinity) : trial.bestLoss,
    lossSum: (goesOn ? (trial.lossSum ?? 0) : 0) + (finite ? loss : 0),
    reports: (goesOn ? (trial.reports ?? 0) : 0) + (finite ? 1 : 0),
    ...(finite
      ? {}
      : {
          failureClass: 'diverged' as const,
          message: `the objective was ${String(value)} at resource ${request.resource}`,
        }),
  };
}

/** The study's metrics of earlier reports: some are measured only now and then, or once. */
function earlier({ tuner }: StudyRecord, { metrics = {} }: TrialRecord): Record<string, number | string> {
  const kept = metricNames(tuner).filter((name) => Object.hasOwn(metrics, name));
  return Object.fromEntries(kept.map((name) => [name, metrics[name]]));
}

function averageOf({ lossSum = 0, reports = 0 }: TrialRecord): number {
  return reports === 0 ? 0 : lossSum / reports;
}

async function decide(
  study: StudyRecord,
  trial: TrialRecord,
  resource: number,
  at: string,
  store: StudyStore,
): Promise<SchedulerDecision> {
  if (trial.failureClass === 'diverged') return { decision: 'stop', reason: trial.message };
  if (trial.decision === 'stop') return { decision: 'stop', reason: trial.decisionReason };

  const ending = study.ending ?? durationOver(study, at);
  if (ending !== undefined) return { decision: 'stop', reason: ending };

  const scheduler = createScheduler(study.tuner.scheduler);
  const peers = scheduler.needsPeers(resource) ? await peersAt(study, trial, resource, store) : [];
  return scheduler.decide({ trial: trial.trial, resource, best: trial.bestLoss! }, peers);
}

/** One entry for each other trial that has reported at this resource; of several attempts the newest. */
async function peersAt(study: StudyRecord, trial: TrialRecord, resource: number, store: StudyStore) {
  const peers = new Map<number, number>();
  for (const { trial: number, average, metrics } of await store.reportsAt(study.study, resource)) {
    const finite = typeof metrics[study.tuner.objective.metric] === 'number';
    if (number !== trial.trial && finite) peers.set(number, average);
  }
  return [...peers].map(([number, average]) => ({ trial: number, average }));
}

/** Brings the trial's record up to the stored report, if it isn't yet. */
async function apply(
  study: StudyRecord,
  read: TrialRecord,
  request: ReportRequest,
  stored: ReportRecord,
  store: StudyStore,
): Promise<void> {
  const value = valueOf(request, study);
  const change = (trial: TrialRecord): TrialRecord => {
    const current = trial.state === 'RUNNING' && currentAttempt(trial).attempt === request.attempt;
    const counted = trial.reportedAttempt === request.attempt && (trial.lastResource ?? 0) >= request.resource;
    if (!current || counted) return trial;
    const next = withReport(study, trial, request, value);
    return stored.decision === 'continue'
      ? next
      : { ...next, decision: stored.decision, decisionReason: stored.reason };
  };
  await store.changeTrial(study.study, request.trial, change, read);
}

function answerOf({ decision, reason }: ReportRecord): ReportAnswer {
  return reason === undefined ? { decision } : { decision, reason };
}
