import { NextAnswer, NextRequest } from '../../../../lib/contract/calls';
import { MAX_SLOTS_PER_WORKER } from '../../../../lib/contract/limits';
import { WorkerNextAnswer, WorkerNextRequest, WorkerRecordRequest } from '../../../../lib/contract/worker-calls';
import { StudyRecord, TrialRecord, currentAttempt } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { nextTrial } from '../next';
import { requireStudy } from '../plan';
import { recordTrial } from '../record';
import { NextServices } from '../turn';
import { overReason } from './over';

/** A slot with nothing to do asks again after this time: the longer nothing has happened in the study, the later. */
const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 15;
const PATIENCE = 0.25;

/** A worker's slot asks for its next trial. */
export async function nextOfWorker(
  request: WorkerNextRequest,
  worker: WorkerRecord,
  study: StudyRecord,
  at: string,
  store: StudyStore,
  services: NextServices,
): Promise<WorkerNextAnswer> {
  const turn = { ...asSlot(request, worker, study, at), leaving: isOver(study) };
  const seen = { study, trials: await store.loadTrials(study) };
  const answer = await nextTrial(turn, store, services, undefined, seen);
  return answerOf(answer, request.turn, study, at, store);
}

/** Nobody else asks for trials once the execution has ended. */
function isOver({ status }: StudyRecord): boolean {
  return status !== 'RUNNING';
}

/** A worker's slot says how an attempt ended, and asks for its next trial. */
export async function recordOfWorker(
  request: WorkerRecordRequest,
  worker: WorkerRecord,
  study: StudyRecord,
  at: string,
  store: StudyStore,
  services: NextServices,
): Promise<WorkerNextAnswer> {
  const { trial, attempt } = request;
  const outcome = { ...request.outcome, jobName: clusterOf(worker, study) };
  const turn = asSlot(request, worker, study, at);
  const { leaving } = request;
  const end = { trial, attempt, outcome, leaving: leaving || isOver(study) };
  const answer = await recordTrial({ ...turn, ...end }, store, services, study);
  if (leaving && answer.action === 'none') return { action: 'none', ended: true, reason: answer.reason };
  return answerOf(answer, request.turn, study, at, store);
}

/** The training job that the worker's host belongs to: its log is the trial's. */
function clusterOf({ host }: WorkerRecord, { tuner }: StudyRecord): string | undefined {
  const [job] = host.split('/');
  return job.startsWith(`${tuner.compute.jobNamePrefix}-`) ? job : undefined;
}

/** As the state machine would ask, with slots that are the worker's own. */
function asSlot(
  { study, slot, turn }: WorkerNextRequest | WorkerRecordRequest,
  { worker }: WorkerRecord,
  { run }: StudyRecord,
  at: string,
): NextRequest {
  // its turns go on over the rounds of the state machine.
  return { study, run, round: 0, slot: worker * MAX_SLOTS_PER_WORKER + slot, turn, worker, at };
}

async function answerOf(
  answer: NextAnswer,
  turn: number,
  before: StudyRecord,
  at: string,
  store: StudyStore,
): Promise<WorkerNextAnswer> {
  switch (answer.action) {
    case 'train':
      return answer;
    case 'wait': {
      const seconds = Math.max((Date.parse(answer.until) - Date.parse(at)) / 1000, SHORTEST_WAIT_SECONDS);
      return { action: 'wait', seconds, turn, reason: answer.reason };
    }
    case 'none': {
      // what has happened in this very call counts.
      const study = await requireStudy(before.study, store);
      const trials = await store.loadTrials(study);
      const over = overReason(study, trials, at);
      return over === undefined
        ? { action: 'wait', seconds: waitSeconds(trials, at), turn, reason: answer.reason }
        : { action: 'none', ended: true, reason: over };
    }
  }
}

function waitSeconds(trials: readonly TrialRecord[], at: string): number {
  const latest = Math.max(
    0,
    ...trials.map((trial) => Date.parse(currentAttempt(trial).endedAt ?? currentAttempt(trial).startAt)),
  );
  const quiet = (Date.parse(at) - latest) / 1000;
  return Math.min(Math.max(quiet * PATIENCE, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}
