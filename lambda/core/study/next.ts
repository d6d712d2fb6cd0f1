import { NextAnswer, NextRequest, NoTrialAnswer, TrainAnswer, WaitAnswer } from '../../../lib/contract/calls';
import { Configuration } from '../../../lib/contract/search-space';
import { ComputeDefinition } from '../../../lib/contract/tuner-definition';
import { TooMuchContention } from '../errors';
import { createScheduler } from '../schedulers/create-scheduler';
import { NextStep } from '../schedulers/scheduler';
import { hyperparametersOf } from '../space/search-space';
import { AttemptRecord, StudyRecord, TrialPlan, TrialRecord, currentAttempt, foundNoRoom } from '../store/records';
import { GrantsRecord, StudyStore } from '../store/study-store';
import { Place, Surplus, chooseInstanceType, fullTypes, mayHaveRoom, placeInQueue } from './admission';
import { Checkpoints } from './checkpoints';
import { endReason } from './completion';
import { endSilentTrials } from './end-silent-trials';
import { instanceCountFor, instanceTypesFor, instancesOf, usdPerSecond } from './instances';
import { jobNameOf } from './job-name';
import { requireStudy } from './plan';
import { SearchFunctions, propose } from './propose';
import { leastResourceOf, maxResourceOf, scheduleContext } from './scheduled-trials';
import { TrainingJobs } from './settle';
import { NoMoney, grantRuntime } from './spending';
import { tokenHash, tokenOf } from './token';

/**
 * A slot ends after this many answers and is opened again in the next round: at 15 events an answer, its execution stays
 * well below 25,000. So do those whose starts are tried again often, at 3 events each.
 */
export const TURNS_PER_ROUND = 800;
const RETRIES_PER_ROUND = 3000;

/** CreateTrainingJob is limited to one a second in an account and region; a little more keeps clear of it. */
const START_INTERVAL_MS = 1100;

/** How long a slot waits for what other trials leave of a spending cap. */
const MONEY_WAIT_MS = 10 * 60_000;

/** A job is there so long after its start, to be stopped at the end of a study. */
const BEGIN_MS = 5000;

/** A step of a slot takes no longer than a Lambda function may. */
const GRANT_LIFE_MS = 15 * 60_000;

/** Slots that race for the same trial: each loses at most once to each other one. */
const MAX_TRIES = 1000;

/** What giving out trials needs besides the table. */
export interface NextServices {
  readonly functions: SearchFunctions;
  readonly checkpoints: Checkpoints;
  readonly jobs: TrainingJobs;
}

/** The instances that the slot's last job has just given back. */
export interface FreedInstances {
  readonly instanceType: string;
  /** So often they are tried again, should they not count as free yet. */
  readonly tries: number;
  /** They aren't tried before, in milliseconds since the epoch. */
  readonly from: number;
}

/** A turn of a slot that has asked for a trial. */
interface Turn {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  readonly claim: string;
  readonly request: NextRequest;
  readonly freed: FreedInstances | undefined;
  /** What has been granted of the study's spending cap, read before the trials; without a cap undefined. */
  readonly grants: GrantsRecord | undefined;
  /** Takes the tuner's next place in the queue of job starts. */
  readonly start: () => Promise<number>;
  readonly store: StudyStore;
  readonly services: NextServices;
}

/**
 * Gives a slot its next attempt, or word that there is none, or none yet.
 *
 * @param freed undefined where the slot has no instances
 */
export async function nextTrial(
  request: NextRequest,
  store: StudyStore,
  services: NextServices,
  freed?: FreedInstances,
): Promise<NextAnswer> {
  const claim = `${request.run}/${request.round}/${request.slot}/${request.turn}`;
  // one place in the queue of job starts, however many races for a trial are lost.
  let place: Promise<number> | undefined;
  const start = () => (place ??= store.reserveStart(Date.parse(request.at), START_INTERVAL_MS));
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const study = await reopened(await requireStudy(request.study, store), request, store);
    const grants = study.tuner.maxSpendUsd === undefined ? undefined : await store.getGrants(study.study);
    const trials = await store.loadTrials(study);
    const turn: Turn = { study, trials, claim, request, freed, grants, start, store, services };
    const answer =
      (await answerBefore(turn)) ??
      (await noTrial(turn)) ??
      (await noRoom(turn)) ??
      (await noMoneyLeft(turn)) ??
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
  if (before?.claim !== claim) return undefined;
  const { reason, until } = before;
  return until === undefined ? { action: 'none', reason } : { action: 'wait', until, reason, turn: request.turn };
}

/** A stopped execution that is redriven goes on with its study. */
async function reopened(study: StudyRecord, { run, redrives = 0 }: NextRequest, store: StudyStore) {
  if (study.status !== 'STOPPED' || run !== study.run || redrives <= (study.redrives ?? 0)) return study;
  return store.changeStudy(study.study, (record) =>
    record.status === 'STOPPED' && record.run === run
      ? { ...record, status: 'RUNNING', redrives, endedAt: undefined }
      : record,
  );
}

/** Why no trial at all may start, new or not. */
async function noTrial(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request, store } = turn;
  const { run, at } = request;
  if (run !== study.run) return tell(turn, 'the study has been resumed by another execution');
  if (study.status === 'STOPPED') return tell(turn, 'its execution was stopped');

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
  if (request.turn >= TURNS_PER_ROUND || (request.retries ?? 0) >= RETRIES_PER_ROUND) {
    return tell(turn, `the slot has had its ${request.turn} answers of this round; the next round opens it again`);
  }
  return end === undefined ? undefined : tell(turn, end);
}

/** Remembers the answer, so that asking again gives the same. */
async function tell({ study, claim, request, store }: Turn, reason: string): Promise<NoTrialAnswer> {
  await store.putSlot(study.study, request.slot, { claim, reason });
  return { action: 'none', reason };
}

async function wait({ study, claim, request, store }: Turn, time: number, reason: string): Promise<WaitAnswer> {
  const until = new Date(time).toISOString();
  await store.putSlot(study.study, request.slot, { claim, reason, until });
  return { action: 'wait', until, reason, turn: request.turn };
}

/** Where jobs find no room: the slot waits for its turn to try, or ends, if those that run can do what is left. */
async function noRoom(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request, freed, store } = turn;
  if (freed !== undefined) return undefined;
  const full = await fullTypes(study, Date.parse(request.at), store);
  const place = full.length === 0 ? undefined : await placeInQueue(study, trials, request, store, full);
  return place && inQueue(turn, place);
}

async function inQueue(turn: Turn, place: Place | Surplus): Promise<WaitAnswer | NoTrialAnswer> {
  const { study, claim, request, store } = turn;
  if ('surplus' in place) return tell(turn, place.surplus);

  const { until, reason } = place;
  await store.putSlot(study.study, request.slot, { claim, ...place });
  return { action: 'wait', until, reason, turn: request.turn };
}

/** Trials that run may cost less than is kept for them: until then the slot waits. Where none runs, that is the end. */
async function noMoney(turn: Turn, { refused }: NoMoney): Promise<WaitAnswer | NoTrialAnswer> {
  const { study, trials, request, store } = turn;
  if (trials.some(({ state }) => state === 'RUNNING') || pendingGrants(turn) > 0) {
    return wait(turn, Date.parse(request.at) + MONEY_WAIT_MS, refused);
  }
  await store.changeStudy(study.study, (record) =>
    record.run === request.run && record.ending === undefined ? { ...record, ending: refused } : record,
  );
  return tell(turn, refused);
}

/** Granted to attempts that aren't in the picture yet: another slot is about to create them, or has crashed. */
function pendingGrants({ grants, trials, claim, request }: Turn): number {
  const given = new Set(trials.flatMap(({ attempts }) => attempts.map((attempt) => attempt.claim)));
  return (grants?.grants ?? [])
    .filter((grant) => grant.claim !== claim && !given.has(grant.claim) && !isOld(grant, request.at))
    .reduce((sum, { usd }) => sum + usd, 0);
}

/** Whoever was granted that has crashed. */
function isOld({ at }: GrantsRecord['grants'][number], now: string): boolean {
  return Date.parse(now) - Date.parse(at) > GRANT_LIFE_MS;
}

/** Whether there is money at all, before a search is asked in vain. */
async function noMoneyLeft(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request } = turn;
  const { compute, maxSpendUsd } = study.tuner;
  const varies = compute.instanceTypeParameter !== undefined || compute.instanceCountParameter !== undefined;
  if (maxSpendUsd === undefined || varies) return undefined;
  const price = usdPerSecond(compute, instancesOf(compute, {}));
  const units = leastResourceOf(study.tuner.scheduler);
  const pendingUsd = pendingGrants(turn);
  const grant = grantRuntime({ study, trials, usdPerSecond: price, units, pendingUsd, at: request.at });
  return 'refused' in grant ? noMoney(turn, grant) : undefined;
}

/** A trial whose last attempt didn't decide it goes first, unless it has to run where there is no room. */
async function queuedTrial(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials, freed, request, store } = turn;
  const now = Date.parse(request.at);
  for (const queued of trials.filter(({ state }) => state === 'QUEUED')) {
    const hasRoom = await mayHaveRoom(study, queued.configuration, now, store, freed?.instanceType);
    if (hasRoom) return anotherAttempt(turn, queued, { target: currentAttempt(queued).target });
  }
  return undefined;
}

/** Nothing can begin but trials that have to run where there is no room: the slot waits for its turn to try. */
async function queuedWithoutRoom(turn: Turn): Promise<NextAnswer | undefined> {
  const { study, trials, request, store } = turn;
  const queued = trials.find(({ state }) => state === 'QUEUED');
  if (queued === undefined) return undefined;
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
async function plannedTrial(turn: Turn): Promise<NextAnswer | undefined> {
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

async function anotherAttempt(
  turn: Turn,
  before: TrialRecord,
  details: Pick<AttemptRecord, 'target' | 'reason'>,
): Promise<NextAnswer | undefined> {
  const { study, claim, store } = turn;
  const last = currentAttempt(before);
  const { tries = 0 } = last;
  const neverRan = foundNoRoom(last);
  const resources = await resourcesFor(turn, before.configuration, details.target, before.lastResource);
  if (resources === undefined) return undefined;
  if ('refused' in resources) return noMoney(turn, resources);
  const next = await newAttempt(turn, before.trial, last.attempt + 1, {
    ...details,
    ...resources,
    ...(neverRan && { tries: tries + 1, reason: last.reason }),
  });
  // two jobs of a trial must not write to its checkpoints at once.
  const startAt = before.notBefore !== undefined && before.notBefore > next.startAt ? before.notBefore : next.startAt;
  const attempt = { ...next, startAt };
  const trial = await store.changeTrial(
    study.study,
    before.trial,
    (record) =>
      record.version === before.version
        ? {
            ...record,
            state: 'RUNNING',
            // starts that found no room can be thousands, and an item of the table holds 400 KB.
            attempts: [...(neverRan ? record.attempts.slice(0, -1) : record.attempts), attempt],
            decision: undefined,
            decisionReason: undefined,
            reportsSinceDecision: undefined,
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

async function createTrial(turn: Turn, plan: TrialPlan): Promise<NextAnswer | undefined> {
  const { study, request, store } = turn;
  const { target, reason, ...rest } = plan;
  const begins = plan.parent === undefined ? undefined : turn.trials[plan.parent - 1].lastResource;
  const resources = await resourcesFor(turn, plan.configuration, target, begins);
  if (resources === undefined) return undefined;
  if ('refused' in resources) return noMoney(turn, resources);
  const attempt = await newAttempt(turn, plan.trial, 1, { target, reason, ...resources });
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

type Resources = Pick<
  AttemptRecord,
  'instanceType' | 'instanceCount' | 'maxRuntimeSeconds' | 'maxWaitSeconds' | 'limitedBy' | 'reservedUsd'
>;

/**
 * What an attempt runs on and how long it may, or why there is no money for it; undefined where another slot has been granted
 * money meanwhile, so that the picture has changed.
 */
async function resourcesFor(
  turn: Turn,
  configuration: Configuration,
  target: number | undefined,
  begins: number = 0,
): Promise<Resources | NoMoney | undefined> {
  const { study, trials, request, freed, store } = turn;
  const { compute, scheduler } = study.tuner;
  const chosen =
    compute.instanceGroups === undefined
      ? {
          instanceType: await chooseInstanceType(
            study,
            configuration,
            Date.parse(request.at),
            store,
            freed?.instanceType,
          ),
          instanceCount: instanceCountFor(compute, configuration),
        }
      : {};
  const goal = target ?? maxResourceOf(scheduler);
  const grant = grantRuntime({
    study,
    trials,
    usdPerSecond: usdPerSecond(compute, instancesOf(compute, chosen)),
    units: goal === undefined ? undefined : Math.max(goal - begins, 0),
    pendingUsd: pendingGrants(turn),
    at: request.at,
  });
  if ('refused' in grant) return grant;
  return (await isGranted(turn, grant.reservedUsd)) ? { ...chosen, ...grant } : undefined;
}

/** Writes down what an attempt may cost before it exists: of two slots that see the same money, one gets it. */
async function isGranted(turn: Turn, usd: number | undefined): Promise<boolean> {
  const { study, trials, grants, claim, request, store } = turn;
  if (usd === undefined) return true;
  const given = new Set(trials.flatMap(({ attempts }) => attempts.map((attempt) => attempt.claim)));
  const pending = (grants?.grants ?? []).filter(
    (grant) => grant.claim !== claim && !given.has(grant.claim) && !isOld(grant, request.at),
  );
  return store.putGrants(study.study, [...pending, { claim, usd, at: request.at }], grants?.version);
}

async function newAttempt(
  { study, claim, freed, start }: Turn,
  trial: number,
  attempt: number,
  details: Pick<AttemptRecord, 'target' | 'reason' | 'tries'> & Resources,
): Promise<AttemptRecord> {
  return {
    attempt,
    claim,
    jobName: jobNameOf(study, trial, attempt),
    tokenHash: tokenHash(tokenOf(study, trial, attempt)),
    startAt: new Date(Math.max(await start(), freed?.from ?? 0)).toISOString(),
    ...(freed && freed.instanceType === details.instanceType && { freedTries: freed.tries }),
    ...details,
  };
}

/** The answer of a turn that has got an attempt: also makes sure of what goes with it, however often it is asked. */
async function given(turn: Turn, trial: TrialRecord, attempt: AttemptRecord): Promise<TrainAnswer> {
  if (attempt.attempt === 1 && trial.parent !== undefined) await takePlace(turn, trial);
  return trainAnswer(turn.study, trial, attempt, turn.request);
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

function trainAnswer(
  study: StudyRecord,
  trial: TrialRecord,
  attempt: AttemptRecord,
  { turn, redrives = 0 }: NextRequest,
): TrainAnswer {
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
      ...programParameters(study.tuner.compute, trial.configuration),
      ...(resourceParameter !== undefined && { [resourceParameter]: String(maxResource) }),
    },
    token: tokenOf(study, trial.trial, attempt.attempt),
    checkpointUri: checkpointUri(study, trial.trial),
    startAt: attempt.startAt,
    redrives,
    ...(maxResource !== undefined && { maxResource }),
    ...limitsOf(study.tuner.compute, attempt),
  };
}

/** What it runs on a program learns from its machine; algorithms refuse hyperparameters that they don't know. */
function programParameters(
  { instanceTypeParameter, instanceCountParameter }: ComputeDefinition,
  configuration: Configuration,
): Record<string, string> {
  const all = Object.entries(hyperparametersOf(configuration));
  return Object.fromEntries(all.filter(([name]) => name !== instanceTypeParameter && name !== instanceCountParameter));
}

function limitsOf(
  { maxRuntimeSeconds: longest, maxWaitSeconds: longestWait }: ComputeDefinition,
  { instanceType, instanceCount, maxRuntimeSeconds = longest, maxWaitSeconds = longestWait }: AttemptRecord,
): Pick<TrainAnswer, 'instanceType' | 'instanceCount' | 'maxRuntimeSeconds' | 'maxWaitSeconds'> {
  return {
    ...(instanceType !== undefined && { instanceType }),
    ...(instanceCount !== undefined && { instanceCount }),
    maxRuntimeSeconds,
    ...(maxWaitSeconds !== undefined && { maxWaitSeconds }),
  };
}

function checkpointUri({ study, id, tuner }: StudyRecord, trial: number): string {
  return `${tuner.compute.checkpointRoot}/${study}-${id.slice(0, 8)}/${trial}/`;
}
