import { MetricValue, ReportAnswer, ReportRequest } from '../../../lib/contract/calls';
import { REPORT_REQUEST_SCHEMA } from '../../../lib/contract/schemas';
import { AttemptEnded, InvalidReport, TooMuchContention } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { CurvePoint, Peer, ScheduledReport, Scheduler, SchedulerDecision } from '../schedulers/scheduler';
import { ReportRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { schemaProblems } from '../validation';
import { durationOver } from './completion';
import { curvePointOf, withPoint } from './learning-curve';
import { lossOf, metricNames } from './objective';
import { TrainingJobs } from './settle';
import { JobStopper } from './stop-jobs';
import { isTokenOf } from './token';

/**
 * Stores a trial's metrics at a resource and decides whether it goes on. One read and one write of the table; where the
 * scheduler compares trials, one more of each at a rung.
 *
 * @param at ISO 8601 time of the call
 * @throws InvalidReport if the report can't be taken: nothing is stored and the trial goes on
 * @throws AttemptEnded if the attempt is no longer its trial's: the training code should end
 */
export async function report(
  request: ReportRequest,
  store: StudyStore,
  at: string,
  jobs: TrainingJobs,
): Promise<ReportAnswer> {
  const problems = schemaProblems('the report', REPORT_REQUEST_SCHEMA, request);
  if (problems.length > 0) throw new InvalidReport(problems.join('; '));

  const { study, trial } = identify(request, await store.getStudyAndTrial(request.study, request.trial));
  const before = answerBefore(request, study, trial);
  if (before !== undefined) return before;

  const value = valueOf(request, study);
  checkOrder(request, trial);
  const scheduler = createScheduler(study.tuner.scheduler);
  const next = withReport(study, trial, request, value, scheduler, at);
  const { decision, reason } = await decide(study, next, request.resource, scheduler, at, store);

  const stored = await store.changeTrial(
    study.study,
    request.trial,
    (record) => {
      const isCurrent = record.state === 'RUNNING' && currentAttempt(record).attempt === request.attempt;
      // else someone was faster: a resume has settled the attempt, or this very call was made twice at once.
      if (!isCurrent || answerBefore(request, study, record) !== undefined) return record;
      checkOrder(request, record);
      const counted =
        record.version === trial.version ? next : withReport(study, record, request, value, scheduler, at);
      const { attempt, resource, metrics } = request;
      return {
        ...counted,
        lastReport: { attempt, resource, metrics, decision, reason },
        ...(record.decision !== undefined && { reportsSinceDecision: (record.reportsSinceDecision ?? 0) + 1 }),
        // a stopped execution is nothing that the trial has earned: a resume goes on with it.
        ...(decision !== 'continue' && study.status !== 'STOPPED' && { decision, decisionReason: reason }),
      };
    },
    trial,
  );
  const answer = answerBefore(request, study, stored);
  if (answer === undefined) throw attemptEnded(request, stored);
  if ((stored.reportsSinceDecision ?? 0) >= IGNORED_DECISIONS) await stopDeaf(stored, at, store, jobs);
  return answer;
}

/** So many reports after a decision to stop or pause show a program that doesn't listen. */
export const IGNORED_DECISIONS = 2;

/** Stops the job of a program that trains on in spite of what it was told. */
async function stopDeaf(trial: TrialRecord, at: string, store: StudyStore, jobs: TrainingJobs): Promise<void> {
  const { jobName, worker } = currentAttempt(trial);
  // its worker hears it in the answer to its heartbeat.
  if (worker !== undefined) return;
  const job = await jobs.find(jobName, at);
  if (!job?.running || job.stopping) return;
  try {
    await new JobStopper(jobs, store, at).stop(job.jobName);
  } catch (error) {
    // its next report tries again.
    if (!(error instanceof TooMuchContention)) throw error;
  }
}

interface Found {
  readonly study: StudyRecord | undefined;
  readonly trial: TrialRecord | undefined;
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
    throw attemptEnded(request, trial);
  }
  return { study, trial };
}

function attemptEnded({ attempt, trial }: ReportRequest, { state }: TrialRecord): AttemptEnded {
  return new AttemptEnded(`attempt ${attempt} of trial ${trial} has ended; the trial is ${state}`);
}

/** The same report again gets the same answer; another one at the same resource is a mistake. */
function answerBefore(request: ReportRequest, study: StudyRecord, trial: TrialRecord): ReportAnswer | undefined {
  const { lastReport, curve = [] } = trial;
  if (lastReport?.attempt !== request.attempt) return undefined;
  if (lastReport.resource === request.resource) {
    const before = Object.entries(lastReport.metrics);
    const isSame =
      before.length === Object.keys(request.metrics).length &&
      before.every(([name, value]) => request.metrics[name] === value);
    if (!isSame) throw otherValues(request, JSON.stringify(lastReport.metrics));
    return answerOf(lastReport);
  }
  // an older one that was delivered twice; what it was told then has been overtaken by the newest answer.
  const known = curve.find(({ resource }) => resource === request.resource);
  if (known === undefined || request.resource > lastReport.resource) return undefined;
  const loss = lossOf(study.tuner.objective, valueOf(request, study));
  if (known.losses[0] !== loss) throw otherValues(request, `a loss of ${known.losses[0]}`);
  return answerOf(lastReport);
}

function otherValues({ resource, metrics }: ReportRequest, before: string): InvalidReport {
  return new InvalidReport(
    `metrics at resource ${resource} were reported before with other values: ${before}, now ${JSON.stringify(metrics)}`,
  );
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

function checkOrder({ resource, attempt }: ReportRequest, { lastReport }: TrialRecord): void {
  if (lastReport?.attempt === attempt && resource < lastReport.resource) {
    throw new InvalidReport(`resource must grow from report to report, got ${resource} after ${lastReport.resource}`);
  }
}

/** The trial with the report counted in; pure, so that it can be applied to a newer version of the record. */
function withReport(
  study: StudyRecord,
  trial: TrialRecord,
  request: ReportRequest,
  value: number,
  scheduler: Scheduler,
  at: string,
): TrialRecord {
  const { tuner } = study;
  const { resource } = request;
  const loss = lossOf(tuner.objective, value);
  const finite = Number.isFinite(value);
  // an attempt that begins before the point where the last one ended starts the curve anew.
  const goesOn = trial.lastResource !== undefined && resource > trial.lastResource;
  const metrics = { ...earlier(study, trial), ...request.metrics };
  const attempt = currentAttempt(trial);
  const time = { resource, at };
  const next: TrialRecord = {
    ...trial,
    attempts: [
      ...trial.attempts.slice(0, -1),
      { ...attempt, firstReport: attempt.firstReport ?? time, lastReport: time },
    ],
    lastResource: resource,
    metrics,
    value: finite ? value : trial.value,
    bestLoss: finite ? Math.min(loss, goesOn ? (trial.bestLoss ?? Infinity) : Infinity) : trial.bestLoss,
  };
  if (!finite) {
    const message = `the objective was ${String(value)} at resource ${resource}`;
    return { ...next, failureClass: 'diverged', message };
  }
  const point = curvePointOf(tuner, resource, metrics);
  const rung = scheduler.rungOf(scheduledReport(next, point));
  return { ...next, curve: withPoint(trial.curve ?? [], rung === undefined ? point : { ...point, rung }) };
}

/** The study's metrics of earlier reports: some are measured only now and then, or once. */
function earlier({ tuner }: StudyRecord, { metrics = {} }: TrialRecord): Record<string, number | string> {
  const kept = metricNames(tuner).filter((name) => Object.hasOwn(metrics, name));
  return Object.fromEntries(kept.map((name) => [name, metrics[name]]));
}

/** @param trial with the report counted in */
function scheduledReport(trial: TrialRecord, point: CurvePoint): ScheduledReport {
  return {
    trial: trial.trial,
    bracket: trial.bracket ?? 0,
    target: currentAttempt(trial).target,
    curve: (trial.curve ?? []).filter(({ resource }) => resource < point.resource),
    point,
    best: trial.bestLoss!,
  };
}

/** @param trial with the report counted in */
async function decide(
  study: StudyRecord,
  trial: TrialRecord,
  resource: number,
  scheduler: Scheduler,
  at: string,
  store: StudyStore,
): Promise<SchedulerDecision> {
  if (trial.failureClass === 'diverged') return { decision: 'stop', reason: trial.message };
  // told before, and still training.
  if (trial.decision !== undefined) return { decision: trial.decision, reason: trial.decisionReason };

  if (study.status === 'STOPPED') return { decision: 'stop', reason: 'the execution of the study was stopped' };

  const ending = study.ending ?? durationOver(study, at);
  if (ending !== undefined) return { decision: 'stop', reason: ending };

  const point = trial.curve!.find((candidate) => candidate.resource === resource)!;
  const asked = scheduledReport(trial, point);
  const peers = scheduler.comparesAtRungs && point.rung !== undefined ? await peersAt(study, asked, point, store) : [];
  return scheduler.decide(asked, peers);
}

/** The other trials at the rung; this one takes its place among them. */
async function peersAt(
  study: StudyRecord,
  { trial, bracket }: ScheduledReport,
  point: CurvePoint,
  store: StudyStore,
): Promise<Peer[]> {
  const rung = point.rung!;
  // first its own: of two that report at once, at least one sees the other.
  await store.createRungEntry(study.study, { ...point, rung, trial, bracket });
  const entries = await store.rungEntries(study.study, rung);
  return entries.filter((entry) => entry.trial !== trial);
}

function answerOf({ decision, reason }: ReportRecord): ReportAnswer {
  return reason === undefined ? { decision } : { decision, reason };
}
