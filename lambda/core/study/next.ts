import { NextAnswer, NextRequest, NoTrialAnswer, TrainAnswer } from '../../../lib/contract/calls';
import { TooMuchContention } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { NextStep } from '../schedulers/scheduler';
import { hyperparametersOf } from '../space/search-space';
import { AttemptRecord, StudyRecord, TrialPlan, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { Checkpoints } from './checkpoints';
import { endReason } from './completion';
import { jobNameOf } from './job-name';
import { requireStudy } from './plan';
import { SearchFunctions, propose } from './propose';
import { maxResourceOf, scheduleContext } from './scheduled-trials';
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

/** What giving out trials needs besides the table. */
export interface NextServices {
  readonly functions: SearchFunctions;
  readonly checkpoints: Checkpoints;
}

/** A turn of a slot that has asked for a trial. */
interface Turn {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  readonly claim: string;
  readonly request: NextRequest;
  /** Takes the tuner's next place in the queue of job starts. */
  readonly start: () => Promise<number>;
  readonly store: StudyStore;
  readonly services: NextServices;
}

/** Gives a slot its next attempt, or word that there is none. */
export async function nextTrial(request: NextRequest, store: StudyStore, services: NextServices): Promise<NextAnswer> {
  const claim = `${request.run}/${request.round}/${request.slot}/${request.turn}`;
  // one place in the queue of job starts, however many races for a trial are lost.
  let place: Promise<number> | undefined;
  const start = () => (place ??= store.reserveStart(Date.parse(request.at), START_INTERVAL_MS));
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const study = await requireStudy(request.study, store);
    const turn: Turn = { study, trials: await store.loadTrials(study), claim, request, start, store, services };
    const answer =
      (await answerBefore(turn)) ??
      (await noTrial(turn)) ??
      (await queuedTrial(turn)) ??
      (await plannedTrial(turn)) ??
      (await scheduled(turn));
    // undefined: another slot was faster, so the picture has changed.
    if (answer !== undefined) return answer;
  }
  throw new TooMuchContention(`slot ${request.slot} of study ${request.study} found no trial of its own`);
}

/** What this very turn of the slot has got already. */
async function answerBefore(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials, claim, request, store } = turn;
  for (const trial of trials) {
    const attempt = trial.attempts.find((candidate) => candidate.claim === claim);
    if (attempt !== undefined) return given(turn, trial, attempt);
  }
  const before = await store.getSlot(study.study, request.slot);
  return before?.claim === claim ? { action: 'none', reason: before.reason } : undefined;
}

/** Why no trial at all may start, new or not. */
async function noTrial(turn: Turn): Promise<NoTrialAnswer | undefined> {
  const { study, trials, request, store } = turn;
  const { run, at } = request;
  if (run !== study.run) return tell(turn, 'the study has been resumed by another execution');

  const end = endReason(study, trials, at);
  if (end !== undefined && study.ending === undefined) {
    // from now on the reports of running trials are told to stop.
    await store.changeStudy(study.study, (record) =>
      record.run === run && record.ending === undefined ? { ...record, ending: end } : record,
    );
  }
  if (request.turn >= TURNS_PER_ROUND)
    return tell(turn, `the slot has had its ${TURNS_PER_ROUND} trials of this round`);
  return end === undefined ? undefined : tell(turn, end);
}

/** Remembers the answer, so that asking again gives the same. */
async function tell({ study, claim, request, store }: Turn, reason: string): Promise<NoTrialAnswer> {
  await store.putSlot(study.study, request.slot, { claim, reason });
  return { action: 'none', reason };
}

/** A trial whose last attempt didn't decide it goes first. */
async function queuedTrial(turn: Turn): Promise<TrainAnswer | undefined> {
  const queued = turn.trials.find((trial) => trial.state === 'QUEUED');
  return queued && anotherAttempt(turn, queued, { target: currentAttempt(queued).target });
}

/**
 * A copy that is to take a paused trial's place comes before all else, whoever planned it: until its number is given out
 * nobody may go on with the trial that leaves, and whoever planned it may have crashed.
 */
async function plannedTrial(turn: Turn): Promise<TrainAnswer | undefined> {
  const number = turn.trials.length + 1;
  const plan = turn.trials.find(({ state, successor }) => state === 'PAUSED' && successor?.trial === number)?.successor;
  return plan && createTrial(turn, plan);
}

/** What the scheduler says. */
async function scheduled(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials } = turn;
  const step = createScheduler(study.tuner.scheduler).next(scheduleContext(study, trials));
  switch (step.action) {
    case 'start':
      return newTrial(turn, step);
    case 'resume':
      return resumedTrial(turn, step);
    case 'branch':
      return copiedTrial(turn, step);
    default:
      return tell(turn, study.exhausted ?? step.reason);
  }
}

async function resumedTrial(
  turn: Turn,
  { trial: number, target, reason }: Extract<NextStep, { action: 'resume' }>,
): Promise<TrainAnswer | undefined> {
  const trial = turn.trials[number - 1];
  const uri = checkpointUri(turn.study, number);
  const isThere = await turn.services.checkpoints.exist(uri);
  return anotherAttempt(turn, trial, {
    target,
    reason: isThere ? reason : `${reason}; it begins anew, since there is no checkpoint in ${uri}`,
  });
}

async function anotherAttempt(
  turn: Turn,
  before: TrialRecord,
  details: Pick<AttemptRecord, 'target' | 'reason'>,
): Promise<TrainAnswer | undefined> {
  const { study, claim, store } = turn;
  const attempt = await newAttempt(turn, before.trial, currentAttempt(before).attempt + 1, details);
  const trial = await store.changeTrial(
    study.study,
    before.trial,
    (record) =>
      record.version === before.version
        ? {
            ...record,
            state: 'RUNNING',
            attempts: [...record.attempts, attempt],
            decision: undefined,
            decisionReason: undefined,
            successor: undefined,
          }
        : record,
    before,
  );
  return currentAttempt(trial).claim === claim ? given(turn, trial, attempt) : undefined;
}

async function newTrial(
  turn: Turn,
  { configuration, target, bracket }: Extract<NextStep, { action: 'start' }>,
): Promise<NextAnswer | undefined> {
  const { study, trials, store, services } = turn;
  const number = trials.length + 1;
  const isInitial = number <= study.tuner.initialConfigurations.length;
  const suggestion =
    configuration === undefined || isInitial
      ? await propose(study, number, trials, store, services.functions)
      : { configuration };
  if ('exhausted' in suggestion) {
    const { exhausted } = suggestion;
    // the scheduler is asked again: paused trials may still go on.
    await store.changeStudy(study.study, (record) =>
      record.exhausted === undefined ? { ...record, exhausted } : record,
    );
    return undefined;
  }
  return createTrial(turn, { trial: number, configuration: suggestion.configuration, target, bracket });
}

/**
 * The trial that leaves its place is told first, on what the decision saw of it: else another slot could go on with it while
 * its copy is being made.
 */
async function copiedTrial(
  turn: Turn,
  { parent, configuration, target, reason, replaces }: Extract<NextStep, { action: 'branch' }>,
): Promise<TrainAnswer | undefined> {
  const { study, trials, store } = turn;
  const { bracket } = trials[parent - 1];
  const plan: TrialPlan = { trial: trials.length + 1, configuration, target, reason, bracket, parent, replaces };
  const before = trials[replaces - 1];
  if (before.state === 'PAUSED') {
    const told = await store.changeTrial(
      study.study,
      replaces,
      (record) => (record.version === before.version ? { ...record, successor: plan } : record),
      before,
    );
    if (told.version !== before.version + 1 || told.successor !== plan) return undefined;
  }
  return createTrial(turn, plan);
}

async function createTrial(turn: Turn, plan: TrialPlan): Promise<TrainAnswer | undefined> {
  const { study, request, store } = turn;
  const { target, reason, ...rest } = plan;
  const attempt = await newAttempt(turn, plan.trial, 1, { target, reason });
  const trial: TrialRecord = {
    study: study.study,
    state: 'RUNNING',
    attempts: [attempt],
    ...rest,
    createdAt: request.at,
    version: 1,
  };
  return (await store.createTrial(trial)) ? given(turn, trial, attempt) : undefined;
}

async function newAttempt(
  { study, claim, start }: Turn,
  trial: number,
  attempt: number,
  details: Pick<AttemptRecord, 'target' | 'reason'>,
): Promise<AttemptRecord> {
  return {
    attempt,
    claim,
    jobName: jobNameOf(study, trial, attempt),
    tokenHash: tokenHash(tokenOf(study, trial, attempt)),
    startAt: new Date(await start()).toISOString(),
    ...details,
  };
}

/** The answer of a turn that has got an attempt: also makes sure of what goes with it, however often it is asked. */
async function given(turn: Turn, trial: TrialRecord, attempt: AttemptRecord): Promise<TrainAnswer> {
  if (attempt.attempt === 1 && trial.parent !== undefined) await takePlace(turn, trial);
  return trainAnswer(turn.study, trial, attempt, turn.request.turn);
}

/** Begins with the parent's checkpoint, in the place of another trial. */
async function takePlace({ study, request, store, services }: Turn, { trial, parent, replaces }: TrialRecord) {
  if (replaces !== undefined) {
    await store.changeTrial(study.study, replaces, (record) =>
      record.state === 'PAUSED'
        ? { ...record, state: 'STOPPED', endedAt: request.at, message: `trial ${trial} has taken its place` }
        : record,
    );
  }
  await services.checkpoints.copy(checkpointUri(study, parent!), checkpointUri(study, trial));
}

function trainAnswer(study: StudyRecord, trial: TrialRecord, attempt: AttemptRecord, turn: number): TrainAnswer {
  const { scheduler } = study.tuner;
  const maxResource = attempt.target ?? maxResourceOf(scheduler);
  const resourceParameter = 'resourceParameter' in scheduler ? scheduler.resourceParameter : undefined;
  return {
    action: 'train',
    trial: trial.trial,
    attempt: attempt.attempt,
    turn,
    jobName: attempt.jobName,
    hyperparameters: {
      ...hyperparametersOf(trial.configuration),
      ...(resourceParameter !== undefined && { [resourceParameter]: String(maxResource) }),
    },
    token: tokenOf(study, trial.trial, attempt.attempt),
    checkpointUri: checkpointUri(study, trial.trial),
    startAt: attempt.startAt,
    ...(maxResource !== undefined && { maxResource }),
  };
}

function checkpointUri({ study, id, tuner }: StudyRecord, trial: number): string {
  return `${tuner.compute.checkpointRoot}/${study}-${id.slice(0, 8)}/${trial}/`;
}
