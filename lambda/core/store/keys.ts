/**
 * Sort keys of the table; the partition key is the study's name. Numbers are padded so that their order as text is their
 * order as numbers.
 */
export const STUDY_KEY = 'STUDY';

/** No study has this name: a study's name has no "#". */
export const TUNER_PARTITION = '#tuner';
export const PACE_KEY = 'PACE';
export const STOPS_KEY = 'STOPS';

/** When the next one of those that wait for room may try. */
export const TRIES_KEY = 'TRIES';
/** What slots have been granted of the study's spending cap. */
export const GRANTS_KEY = 'GRANTS';
/** What the study has spent. */
export const SPENDING_KEY = 'SPENDING';
/** Configurations that wait for trials which don't exist yet. */
export const SUGGESTIONS_KEY = 'SUGGESTIONS';

/** Of an execution: the study that it has opened. */
export function executionKey(arn: string): string {
  return `EXECUTION#${arn}`;
}

/** Of training jobs whose names begin so: the study that they belong to. */
export function jobsKey(jobNameStart: string): string {
  return `JOBS#${jobNameStart}`;
}

/** Of one instance type: when a start last found no room. */
export function roomKey(instanceType: string): string {
  return `ROOM#${instanceType}`;
}

export const TRIAL_PREFIX = 'TRIAL#';

export function trialKey(trial: number): string {
  return `${TRIAL_PREFIX}${String(trial).padStart(8, '0')}`;
}

/** All trials' results at one rung are one query. */
export function rungPrefix(rung: number): string {
  return `RUNG#${sortable(rung)}#`;
}

export function rungKey(rung: number, trial: number): string {
  return `${rungPrefix(rung)}${String(trial).padStart(8, '0')}`;
}

/** Of the study with this id: one of the same name that came too late keeps its own. */
export function knownResultsKey(id: string): string {
  return `KNOWN#${id}`;
}

export const WORKER_PREFIX = 'WORKER#';

export function workerKey(worker: number): string {
  return `${WORKER_PREFIX}${String(worker).padStart(6, '0')}`;
}

export function slotKey(slot: number): string {
  return `SLOT#${String(slot).padStart(5, '0')}`;
}

/** A positive number up to 1e12 as text of a fixed width, exact to 1e-6. */
function sortable(resource: number): string {
  return resource.toFixed(6).padStart(20, '0');
}
