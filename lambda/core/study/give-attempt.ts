import { NextAnswer, TrainAnswer } from '../../../lib/contract/calls';
import { Configuration } from '../../../lib/contract/search-space';
import { AttemptRecord, TrialPlan, TrialRecord, currentAttempt, foundNoRoom } from '../store/records';
import { chooseInstanceType } from './admission';
import { instanceCountFor, instancesOf, usdToKeepPerSecond } from './instances';
import { jobNameOf } from './job-name';
import { maxResourceOf } from './scheduled-trials';
import { NoMoney, grantRuntime } from './spending';
import { tokenHash, tokenOf } from './token';
import { checkpointUri, trainAnswer } from './train-answer';
import { Turn } from './turn';
import { isGranted, noMoney, pendingGrants } from './turn-money';

/** Another attempt of a trial that exists; undefined where someone else was faster. */
export async function anotherAttempt(
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

/** A new trial with its first attempt; undefined where another one has got its number. */
export async function createTrial(turn: Turn, plan: TrialPlan): Promise<NextAnswer | undefined> {
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
  const isShared = compute.cluster !== undefined;
  const chosen =
    compute.instanceGroups === undefined && !isShared
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
    // what a trial costs that shares its instance is its cluster's.
    usdPerSecond: isShared ? undefined : usdToKeepPerSecond(compute, instancesOf(compute, chosen)),
    units: goal === undefined ? undefined : Math.max(goal - begins, 0),
    pendingUsd: pendingGrants(turn),
    at: request.at,
  });
  if ('refused' in grant) return grant;
  return (await isGranted(turn, grant.reservedUsd)) ? { ...chosen, ...grant } : undefined;
}

async function newAttempt(
  { study, claim, request, freed, start }: Turn,
  trial: number,
  attempt: number,
  details: Pick<AttemptRecord, 'target' | 'reason' | 'tries'> & Resources,
): Promise<AttemptRecord> {
  return {
    attempt,
    claim,
    ...(request.worker !== undefined && { worker: request.worker }),
    jobName: jobNameOf(study, trial, attempt),
    tokenHash: tokenHash(tokenOf(study, trial, attempt)),
    startAt: new Date(Math.max(await start(), freed?.from ?? 0)).toISOString(),
    ...(freed && freed.instanceType === details.instanceType && { freedTries: freed.tries }),
    ...details,
  };
}

/** The answer of a turn that has got an attempt: also makes sure of what goes with it, however often it is asked. */
export async function given(turn: Turn, trial: TrialRecord, attempt: AttemptRecord): Promise<TrainAnswer> {
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
