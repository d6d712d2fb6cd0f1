import { NextAnswer, NextRequest, NoTrialAnswer, TrainAnswer } from '../../../lib/contract/calls';
import { TooMuchContention } from '../errors';
import { hyperparametersOf } from '../space/search-space';
import { AttemptRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { endReason, noNewTrialReason } from './completion';
import { jobNameOf } from './job-name';
import { requireStudy } from './plan';
import { SearchFunctions, propose } from './propose';
import { tokenHash, tokenOf } from './token';

/**
 * A slot ends after this many trials and is opened again in the next round: at 15 events a trial, its execution stays
 * well below 25,000 even when many starts are retried.
 */
export const TURNS_PER_ROUND = 800;

/** CreateTrainingJob is limited to one a second in an account and region; a little more keeps clear of it. */
const START_INTERVAL_MS = 1100;

/** Slots that race for the same trial: each loses at most once to each other one. */
const MAX_TRIES = 1000;

/** Gives a slot its next attempt, or word that there is none. */
export async function nextTrial(
  request: NextRequest,
  store: StudyStore,
  functions: SearchFunctions,
): Promise<NextAnswer> {
  const study = await requireStudy(request.study, store);
  const claim = `${request.run}/${request.round}/${request.slot}/${request.turn}`;
  // one place in the queue of job starts, however many races for a trial are lost.
  let place: Promise<number> | undefined;
  const start = () => (place ??= store.reserveStart(Date.parse(request.at), START_INTERVAL_MS));
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const trials = await store.loadTrials(study);
    const answer =
      answerBefore(study, trials, claim, request.turn) ??
      (await noTrial(study, trials, claim, request, store)) ??
      (await queuedTrial(study, trials, claim, request, start, store)) ??
      (await newTrial(study, trials, claim, request, start, store, functions));
    // undefined: another slot was faster, so the picture has changed.
    if (answer !== undefined) return answer;
  }
  throw new TooMuchContention(`slot ${request.slot} of study ${request.study} found no trial of its own`);
}

/** The attempt that this very turn of the slot has got already. */
function answerBefore(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  claim: string,
  turn: number,
): TrainAnswer | undefined {
  for (const trial of trials) {
    const attempt = trial.attempts.find((candidate) => candidate.claim === claim);
    if (attempt !== undefined) return trainAnswer(study, trial, attempt, turn);
  }
  return undefined;
}

async function noTrial(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  claim: string,
  { run, slot, turn, at }: NextRequest,
  store: StudyStore,
): Promise<NoTrialAnswer | undefined> {
  const before = await store.getSlot(study.study, slot);
  if (before?.claim === claim) return { action: 'none', reason: before.reason };

  const end = run === study.run ? endReason(study, trials, at) : undefined;
  if (end !== undefined && study.ending === undefined) {
    // from now on the reports of running trials are told to stop.
    await store.changeStudy(study.study, (record) =>
      record.run === run && record.ending === undefined ? { ...record, ending: end } : record,
    );
  }
  const reason = noTrialReason(study, trials, run, turn, at);
  return reason === undefined ? undefined : tell(study, slot, claim, reason, store);
}

function noTrialReason(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  run: number,
  turn: number,
  at: string,
): string | undefined {
  if (run !== study.run) return 'the study has been resumed by another execution';
  if (turn >= TURNS_PER_ROUND) return `the slot has had its ${TURNS_PER_ROUND} trials of this round`;
  const queued = trials.some((trial) => trial.state === 'QUEUED');
  return queued ? endReason(study, trials, at) : noNewTrialReason(study, trials, at);
}

/** Remembers the answer, so that asking again gives the same. */
async function tell(study: StudyRecord, slot: number, claim: string, reason: string, store: StudyStore) {
  await store.putSlot(study.study, slot, { claim, reason });
  return { action: 'none', reason } as const;
}

/** A trial whose last attempt didn't decide it goes first. */
async function queuedTrial(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  claim: string,
  { turn }: NextRequest,
  start: () => Promise<number>,
  store: StudyStore,
): Promise<TrainAnswer | undefined> {
  const queued = trials.find((trial) => trial.state === 'QUEUED');
  if (queued === undefined) return undefined;

  const attempt = newAttempt(study, queued.trial, currentAttempt(queued).attempt + 1, claim, await start());
  const trial = await store.changeTrial(study.study, queued.trial, (record) =>
    record.version === queued.version
      ? {
          ...record,
          state: 'RUNNING',
          attempts: [...record.attempts, attempt],
          decision: undefined,
          decisionReason: undefined,
        }
      : record,
  );
  return currentAttempt(trial).claim === claim ? trainAnswer(study, trial, attempt, turn) : undefined;
}

async function newTrial(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  claim: string,
  { slot, turn, at }: NextRequest,
  start: () => Promise<number>,
  store: StudyStore,
  functions: SearchFunctions,
): Promise<NextAnswer | undefined> {
  // another slot has taken the queued trial that let this one pass.
  const none = noNewTrialReason(study, trials, at);
  if (none !== undefined) return undefined;

  const number = trials.length + 1;
  const suggestion = await propose(study, number, trials, store, functions);
  if ('exhausted' in suggestion) {
    await store.changeStudy(study.study, (record) => ({ ...record, exhausted: suggestion.exhausted }));
    return tell(study, slot, claim, suggestion.exhausted, store);
  }
  const attempt = newAttempt(study, number, 1, claim, await start());
  const trial: TrialRecord = {
    study: study.study,
    trial: number,
    state: 'RUNNING',
    configuration: suggestion.configuration,
    attempts: [attempt],
    createdAt: at,
    version: 1,
  };
  return (await store.createTrial(trial)) ? trainAnswer(study, trial, attempt, turn) : undefined;
}

function newAttempt(study: StudyRecord, trial: number, attempt: number, claim: string, start: number): AttemptRecord {
  return {
    attempt,
    claim,
    jobName: jobNameOf(study, trial, attempt),
    tokenHash: tokenHash(tokenOf(study, trial, attempt)),
    startAt: new Date(start).toISOString(),
  };
}

function trainAnswer(study: StudyRecord, trial: TrialRecord, attempt: AttemptRecord, turn: number): TrainAnswer {
  return {
    action: 'train',
    trial: trial.trial,
    attempt: attempt.attempt,
    turn,
    jobName: attempt.jobName,
    hyperparameters: hyperparametersOf(trial.configuration),
    token: tokenOf(study, trial.trial, attempt.attempt),
    checkpointUri: `${study.tuner.compute.checkpointRoot}/${study.study}-${study.id.slice(0, 8)}/${trial.trial}/`,
    startAt: attempt.startAt,
  };
}
