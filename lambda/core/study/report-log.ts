import { MetricValue } from '../../../lib/contract/calls';
import { LogReportsDefinition } from '../../../lib/contract/tuner-definition';
import { AttemptEnded, InvalidReport } from '../errors';
import { LogRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { parseJobName } from './job-name';
import { report } from './report';
import { TrainingJobs } from './settle';
import { JobStopper } from './stop-jobs';
import { tokenOf } from './token';

/** Lines that a training job has printed. */
export interface LogLines {
  readonly jobName: string;
  readonly lines: readonly LogLine[];
  /** Now: lines come later than they were printed. */
  readonly at: string;
}

export interface LogLine {
  /** Grows from line to line. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

interface Services {
  readonly store: StudyStore;
  readonly jobs: TrainingJobs;
  /** Told of lines that make no report. */
  readonly warn: (message: string) => void;
}

/**
 * Reports for a container that has no client: what it prints is read by the study's regular expressions, and a decision to
 * stop or pause is carried out by StopTrainingJob. The same lines again change nothing.
 */
export async function reportLog({ jobName, lines, at }: LogLines, services: Services): Promise<void> {
  const { store } = services;
  const job = parseJobName(jobName);
  const name = job && (await store.studyOfJobs(job.start));
  if (job === undefined || name === undefined) return;
  const { study, trial } = await store.getStudyAndTrial(name, job.trial);
  const logReports = study?.tuner.logReports;
  if (study === undefined || trial === undefined || logReports === undefined) return;
  if (trial.state !== 'RUNNING' || currentAttempt(trial).attempt !== job.attempt) return;

  const before = trial.log?.attempt === job.attempt ? trial.log : undefined;
  const { reports, log } = read(lines, job.attempt, before, logReports, study.tuner.objective.metric);
  let decided = false;
  for (const { line, resource, metrics } of reports) {
    const printedAt = new Date(line.timestamp).toISOString();
    decided = await reported(study, trial, { resource, metrics, at: printedAt }, services);
    if (decided) break;
  }
  // first the job: lines that have been kept aren't read again.
  if (decided) await new JobStopper(services.jobs, store, at).stop(jobName);
  if (log !== undefined) await keep(study, trial, log, store);
}

/** Whoever doesn't listen needs no look by `report`: the job is stopped here in any case. */
const NO_JOBS: TrainingJobs = {
  find: () => Promise.resolve(undefined),
  stop: () => Promise.resolve(),
};

interface ReadReport {
  readonly line: LogLine;
  readonly resource: number;
  readonly metrics: Record<string, MetricValue>;
}

/** Reads the new lines. */
function read(
  lines: readonly LogLine[],
  attempt: number,
  before: LogRecord | undefined,
  { metricRegexes, resourceRegex, resourceOffset }: LogReportsDefinition,
  objective: string,
): { reports: ReadReport[]; log: LogRecord | undefined } {
  const regexes = Object.entries(metricRegexes).map(([name, regex]) => [name, compile(regex)] as const);
  const ofResource = resourceRegex === undefined ? undefined : compile(resourceRegex);
  const reports: ReadReport[] = [];
  let log = before;
  for (const line of lines) {
    if (log !== undefined && line.id <= log.lastLine) continue;
    const found = regexes.flatMap(([name, regex]) => {
      const value = numberIn(line.message, regex);
      return value === undefined ? [] : [[name, value] as const];
    });
    const shown = ofResource && numberIn(line.message, ofResource);
    const metrics = { ...log?.metrics, ...Object.fromEntries(found) } as Record<string, MetricValue>;
    const objectives: number = (log?.objectives ?? 0) + (found.some(([name]) => name === objective) ? 1 : 0);
    const resource: number | undefined = typeof shown === 'number' ? shown + resourceOffset : log?.resource;
    const isReport = objectives > (log?.objectives ?? 0);
    log = {
      attempt,
      lastLine: line.id,
      objectives,
      ...(resource !== undefined && { resource }),
      metrics: isReport ? {} : metrics,
    };
    const at = ofResource === undefined ? objectives + resourceOffset : resource;
    if (isReport && at !== undefined) reports.push({ line, resource: at, metrics });
  }
  return { reports, log };
}

/** Expressions are written as SageMaker reads them, whose named groups have another form. */
function compile(pattern: string): RegExp {
  return new RegExp(pattern.replace(/\(\?P</g, '(?<'));
}

function numberIn(text: string, regex: RegExp): MetricValue | undefined {
  const captured = regex.exec(text)?.[1]?.trim();
  if (captured === undefined || captured === '') return undefined;
  if (/^[-+]?nan$/i.test(captured)) return 'NaN';
  if (/^[-+]?inf(inity)?$/i.test(captured)) return captured.startsWith('-') ? '-Infinity' : 'Infinity';
  const value = Number(captured);
  return Number.isFinite(value) ? value : undefined;
}

/** @returns whether the trial is to end */
async function reported(
  study: StudyRecord,
  trial: TrialRecord,
  { resource, metrics, at }: { resource: number; metrics: Record<string, MetricValue>; at: string },
  { store, warn }: Services,
): Promise<boolean> {
  const { attempt } = currentAttempt(trial);
  const token = tokenOf(study, trial.trial, attempt);
  const request = { study: study.study, trial: trial.trial, attempt, token, resource, metrics };
  try {
    return (await report(request, store, at, NO_JOBS)).decision !== 'continue';
  } catch (error) {
    // a line that can't be a report must not keep the next ones from being read.
    if (!(error instanceof InvalidReport || error instanceof AttemptEnded)) throw error;
    warn(`trial ${trial.trial} of study ${study.study}: ${error.name}: ${error.message}`);
    return false;
  }
}

async function keep({ study }: StudyRecord, { trial }: TrialRecord, log: LogRecord, store: StudyStore): Promise<void> {
  await store.changeTrial(study, trial, (record) => {
    const isNewer = record.log?.attempt !== log.attempt || record.log.lastLine < log.lastLine;
    return record.state === 'RUNNING' && currentAttempt(record).attempt === log.attempt && isNewer
      ? { ...record, log }
      : record;
  });
}
