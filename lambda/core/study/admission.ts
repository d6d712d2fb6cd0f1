import { NextRequest } from '../../../lib/contract/calls';
import { Configuration } from '../../../lib/contract/search-space';
import { createScheduler } from '../schedulers/create-scheduler';
import { StudyRecord, TrialRecord } from '../store/records';
import { StudyStore } from '../store/study-store';
import { instanceTypesFor } from './instances';
import { scheduleContext } from './scheduled-trials';

/**
 * Admission of training jobs where the account's quota or AWS's capacity has no room for all slots.
 *
 * A slot whose job has ended goes on with the instances that it has just given back. All others wait, without a trial, and
 * try one after another, at most twice a minute for a whole tuner: so starts that can't succeed don't use up the one
 * CreateTrainingJob a second, and a study waits for days at the price of cents.
 */

/** A slot that waits asks again after this time at the latest, lest the study's end waits for it. */
const LONGEST_WAIT_MS = 10 * 60_000;

export interface Place {
  readonly until: string;
  readonly place: number;
  readonly reason: string;
}

/** Where a slot without instances stands; undefined where it may try now. */
export async function placeInQueue(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  request: NextRequest,
  store: StudyStore,
): Promise<Place | { readonly surplus: string } | undefined> {
  const now = Date.parse(request.at);
  const full = await fullTypes(study, trials, now, store);
  if (full.length === 0) return undefined;
  const reason = `there is no room for another training job on ${full.join(' or ')}`;

  const running = trials.filter(({ state }) => state === 'RUNNING').length;
  const queued = trials.filter(({ state }) => state === 'QUEUED').length;
  const open = queued + createScheduler(study.tuner.scheduler).openSteps(scheduleContext(study, trials));
  if (open <= running) return { surplus: `${reason}, and the slots that have instances can run what is left` };

  const held = await heldPlace(study, request, store);
  if (held !== undefined && held <= now) return undefined;
  const place = held ?? (await store.room.reserveTry(now));
  return { until: new Date(Math.min(place, now + LONGEST_WAIT_MS)).toISOString(), place, reason };
}

/** The place that it got with its last answer. */
async function heldPlace(study: StudyRecord, { run, round, slot, turn }: NextRequest, store: StudyStore) {
  const before = await store.getSlot(study.study, slot);
  return before?.claim === `${run}/${round}/${slot}/${turn - 1}` ? before.place : undefined;
}

/** The types without room, if that leaves none for whatever comes next. */
async function fullTypes(
  { tuner: { compute } }: StudyRecord,
  trials: readonly TrialRecord[],
  now: number,
  store: StudyStore,
): Promise<string[]> {
  const { instanceTypeParameter, instanceGroups, instanceTypes } = compute;
  const isFull = async (type: string) => (await store.room.noRoomSince(type, now)) !== undefined;
  if (instanceTypeParameter !== undefined) {
    // a trial has its own type: only one that waits says what comes next.
    const next = trials.find(({ state }) => state === 'QUEUED');
    const [type] = next === undefined ? [] : instanceTypesFor(compute, next.configuration);
    return type !== undefined && (await isFull(type)) ? [type] : [];
  }
  const types = [...new Set(instanceTypes)];
  const full: string[] = [];
  for (const type of types) if (await isFull(type)) full.push(type);
  const needsAll = instanceGroups !== undefined;
  return needsAll || full.length === types.length ? full : [];
}

/** The type to try: the one just given back, else the first that has room as far as is known, else the one without for longest. */
export async function chooseInstanceType(
  { tuner: { compute } }: StudyRecord,
  configuration: Configuration,
  now: number,
  store: StudyStore,
  freed: string | undefined,
): Promise<string> {
  const types = instanceTypesFor(compute, configuration);
  if (types.length === 1) return types[0];
  if (freed !== undefined && types.includes(freed)) return freed;
  const since = await Promise.all(types.map((type) => store.room.noRoomSince(type, now)));
  const free = since.indexOf(undefined);
  if (free >= 0) return types[free];
  return types[since.indexOf(Math.min(...(since as number[])))];
}
