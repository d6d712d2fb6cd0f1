import { NextAnswer, NextRequest, NoTrialAnswer, WaitAnswer } from '../../../lib/contract/calls';
import { TooMuchContention } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { NextStep } from '../schedulers/scheduler';
import { StudyRecord, TrialPlan, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { mayHaveRoom, placeInQueue } from './admission';
import { endReason } from './completion';
import { endSilentTrials } from './end-silent-trials';
import { anotherAttempt, createTrial, given } from './give-attempt';
import { instanceTypesFor } from './instances';
import { requireStudy } from './plan';
import { takePrepared } from './prepared';
import { propose } from './propose';
import { reopened } from './reopen';
import { scheduleContext } from './scheduled-trials';
import { checkpointUri } from './train-answer';
import { FreedInstances, NextServices, Seen, Turn, tell, wait } from './turn';
import { noMoneyLeft } from './turn-money';
import { isSuspect, runningOn } from './workers/losses';
import { inQueue, noRoom } from './turn-room';

/**
 * A slot ends after this many answers and is opened again in the next round: at 15 events an answer, its execution stays
 * well below 25,000. So do those whose starts are tried again often, at 3 events each.
 */
export const TURNS_PER_ROUND = 800;
const RETRIES_PER_ROUND = 3000;

/**
 * CreateTrainingJob is limited to one a second in an account and region, SubmitJob of Batch to 50; a little more keeps clear of
 * it.
 */
const START_INTERVAL_MS = 1100;
const SUBMIT_INTERVAL_MS = 25;

/** A job is there so long after its start, to be stopped at the end of a study. */
const BEGIN_MS = 5000;

/** Slots that race for the same trial: each loses at most once to each other one. */
const MAX_TRIES = 1000;

/**
 * Gives a slot its next attempt, or word that there is none, or none yet.
 *
 * @param freed undefined where the slot has no instances
 * @param seen saves reads; what has changed since is noticed by the version of what is written. Not with a spending cap for
 *   the slot itself, whose grants are read before the trials
 */
export async function nextTrial(
  request: NextRequest,
  store: StudyStore,
  services: NextServices,
  freed?: FreedInstances,
  seen?: Seen,
): Promise<NextAnswer> {
  const claim = `${request.run}/${request.round}/${request.slot}/${request.turn}`;
  // one place in the queue of job starts, however many races for a trial are lost.
  let place: Promise<number> | undefined;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const known = attempt === 0 ? seen : undefined;
    const study = await reopened(known?.study ?? (await requireStudy(request.study, store)), request, store);
    const isCapped = study.tuner.maxSpendUsd !== undefined && study.tuner.compute.cluster === undefined;
    const grants = isCapped ? await store.getGrants(study.study) : undefined;
    const trials = known?.trials ?? (await store.loadTrials(study));
    const start = () => (place ??= placeOfStart(study, request, store));
    const turn: Turn = { study, trials, claim, request, freed, grants, start, store, services };
    const answer =
      (await answerBefore(turn)) ??
      (await noTrial(turn)) ??
      (await noRoom(turn)) ??
      (await noMoneyLeft(turn)) ??
      (await begin(turn));
    // undefined: another slot was faster, so the picture has changed.
    if (answer !== undefined) return answer;
  }
  throw new TooMuchContention(`slot ${request.slot} of study ${request.study} found no trial of its own`);
}

/** A worker starts what it is given at once. */
async function placeOfStart({ tuner: { compute } }: StudyRecord, { at }: NextRequest, store: StudyStore) {
  const now = Date.parse(at);
  if (compute.cluster !== undefined) return now;
  return store.reserveStart(now, compute.batch === undefined ? START_INTERVAL_MS : SUBMIT_INTERVAL_MS);
}

/** What this very turn of the slot has got already. */
async function answerBefore(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials, claim, request, store } = turn;
  for (const trial of trials) {
    const attempt = trial.attempts.find((candidate) => candidate.claim === claim);
    if (attempt !== undefined) return given(turn, trial, attempt);
  }
  const before = await store.getSlot(study.study, request.slot);
  if (before?.claim !== claim) return undefined;
  const { reason, until } = before;
  return until === undefined ? { action: 'none', reason } : { action: 'wait', until, reason, turn: request.turn };
}

/** Why no trial at all may start, new or not. */
async function noTrial(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request, store } = turn;
  const { run, at } = request;
  if (run !== study.run) return tell(turn, 'the study has been resumed by another execution');
  if (study.status === 'STOPPED') return tell(turn, 'its execution was stopped');
  if (request.leaving) return tell(turn, 'the worker leaves');

  const end = endReason(study, trials, at);
  if (end !== undefined) {
    // from now on the reports of running trials are told to stop.
    if (study.ending === undefined) {
      await store.changeStudy(study.study, (record) =>
        record.run === run && record.ending === undefined ? { ...record, ending: end } : record,
      );
    }
    const beginning = await endSilentTrials(study, trials, { reason: end, at }, { store, jobs: turn.services.jobs });
    if (beginning.length > 0 && request.turn < TURNS_PER_ROUND) {
      const until = Math.max(Math.min(...beginning), Date.parse(at)) + BEGIN_MS;
      return wait(turn, until, `${end}; ${beginning.length} training jobs begin, to be stopped`);
    }
  }
  // a worker's slot has no history that comes to an end.
  const hasHad = request.turn >= TURNS_PER_ROUND || (request.retries ?? 0) >= RETRIES_PER_ROUND;
  if (request.worker === undefined && hasHad) {
    return tell(turn, `the slot has had its ${request.turn} answers of this round; the next round opens it again`);
  }
  return end === undefined ? undefined : tell(turn, end);
}

/** Begins something, or says why not; undefined where another slot was faster. */
async function begin(turn: Turn): Promise<NextAnswer | undefined> {
  const { worker } = turn.request;
  const alone = worker === undefined ? undefined : runningOn(turn.trials, worker).find(isSuspect);
  if (alone !== undefined) return tell(turn, `trial ${alone.trial} runs alone, since workers were lost under it`);
  const queued = await queuedWithRoom(turn);
  if (queued !== undefined) return anotherAttempt(turn, queued, { target: currentAttempt(queued).target });
  const plan = plannedTrial(turn);
  return plan === undefined ? scheduled(turn) : createTrial(turn, plan);
}

/** A trial whose last attempt didn't decide it goes first, unless it has to run where there is no room. */
async function queuedWithRoom(turn: Turn): Promise<TrialRecord | undefined> {
  const { study, trials, freed, request, store } = turn;
  const now = Date.parse(request.at);
  for (const queued of trials.filter(({ state }) => state === 'QUEUED')) {
    // a state machine waits until then, a worker has other things to do.
    if (request.worker !== undefined && Date.parse(queued.notBefore ?? request.at) > now) continue;
    if (request.worker !== undefined && isSuspect(queued) && runningOn(trials, request.worker).length > 0) continue;
    const hasRoom = await mayHaveRoom(study, queued.configuration, now, store, freed?.instanceType);
    if (hasRoom) return queued;
  }
  return undefined;
}

/** Nothing can begin but trials that have to run where there is no room: the slot waits for its turn to try. */
async function queuedWithoutRoom(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials, request, store } = turn;
  const queued = trials.find(({ state }) => state === 'QUEUED');
  // of a worker, one that may not begin yet.
  if (queued === undefined || request.worker !== undefined) return undefined;
  const full = instanceTypesFor(study.tuner.compute, queued.configuration);
  const place = await placeInQueue(study, trials, request, store, full);
  return place === undefined
    ? anotherAttempt(turn, queued, { target: currentAttempt(queued).target })
    : inQueue(turn, place);
}

/**
 * A copy that is to take a paused trial's place comes before all else, whoever planned it: until its number is given out
 * nobody may go on with the trial that leaves, and whoever planned it may have crashed.
 */
function plannedTrial({ trials }: Turn): TrialPlan | undefined {
  const number = trials.length + 1;
  return trials.find(({ state, successor }) => state === 'PAUSED' && successor?.trial === number)?.successor;
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
      return (await queuedWithoutRoom(turn)) ?? tell(turn, study.exhausted ?? step.reason);
  }
}

async function resumedTrial(
  turn: Turn,
  { trial: number, target, reason }: Extract<NextStep, { action: 'resume' }>,
): Promise<NextAnswer | undefined> {
  const trial = turn.trials[number - 1];
  const uri = checkpointUri(turn.study, number);
  const isThere = await turn.services.checkpoints.exist(uri);
  return anotherAttempt(turn, trial, {
    target,
    reason: isThere ? reason : `${reason}; it begins anew, since there is no checkpoint in ${uri}`,
  });
}

async function newTrial(
  turn: Turn,
  { configuration, target, bracket }: Extract<NextStep, { action: 'start' }>,
): Promise<NextAnswer | undefined> {
  const { study, trials, request, store, services } = turn;
  const number = trials.length + 1;
  const isInitial = number <= study.tuner.initialConfigurations.length;
  if (configuration !== undefined && !isInitial) {
    return createTrial(turn, { trial: number, configuration, target, bracket });
  }
  // only workers ask so often that it matters.
  const mayBePrepared = request.worker !== undefined && !isInitial;
  const prepared = mayBePrepared ? await takePrepared(study, number, trials, request.at, store) : undefined;
  const suggestion = prepared?.suggestion ?? (await propose(study, number, trials, store, services.functions));
  if ('exhausted' in suggestion) {
    const { exhausted } = suggestion;
    // the scheduler is asked again: paused trials may still go on.
    await store.changeStudy(study.study, (record) =>
      record.exhausted === undefined ? { ...record, exhausted } : record,
    );
    return undefined;
  }
  const answer = await createTrial(turn, { trial: number, configuration: suggestion.configuration, target, bracket });
  return answer?.action === 'train' && prepared?.wantsMore ? { ...answer, prepare: true } : answer;
}

/**
 * The trial that leaves its place is told first, on what the decision saw of it: else another slot could go on with it while
 * its copy is being made.
 */
async function copiedTrial(
  turn: Turn,
  { parent, configuration, target, reason, replaces }: Extract<NextStep, { action: 'branch' }>,
): Promise<NextAnswer | undefined> {
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
