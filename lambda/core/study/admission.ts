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

/** The slot isn't needed for what is left. */
export interface Surplus {
  readonly surplus: string;
}

/**
 * Where a slot without instances stands; undefined where it may try now.
 *
 * @param full the types without room
 */
export async function placeInQueue(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  request: NextRequest,
  store: StudyStore,
  full: readonly string[],
): Promise<Place | Surplus | undefined> {
  const now = Date.parse(request.at);
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

/** The types without room, if that leaves none for any trial. */
export async function fullTypes(
  { tuner: { compute } }: StudyRecord,
  now: number,
  store: StudyStore,
): Promise<string[]> {
  // each trial has its own type: others may find room where one doesn't.
  if (compute.instanceTypeParameter !== undefined) return [];
  const types = [...new Set(compute.instanceTypes)];
  const full: string[] = [];
  for (const type of types) if (await isFull(type, now, store)) full.push(type);
  const needsAll = compute.instanceGroups !== undefined;
  return needsAll || full.length === types.length ? full : [];
}

/** Whether a trial can begin, as far as is known: on the instances just given back, or on a type that isn't known to be full. */
export async function mayHaveRoom(
  { tuner: { compute } }: StudyRecord,
  configuration: Configuration,
  now: number,
  store: StudyStore,
  freed: string | undefined,
): Promise<boolean> {
  if (compute.instanceTypeParameter === undefined) return true;
  const [type] = instanceTypesFor(compute, configuration);
  return type === freed || !(await isFull(type, now, store));
}

/** The first type that has room as far as is known, or was just given back; else the one that has been full for longest. */
export async function chooseInstanceType(
  { tuner: { compute } }: StudyRecord,
  configuration: Configuration,
  now: number,
  store: StudyStore,
  freed: string | undefined,
): Promise<string> {
  const types = instanceTypesFor(compute, configuration);
  if (types.length === 1) return types[0];
  const since = await Promise.all(types.map((type) => store.room.noRoomSince(type, now)));
  const free = types.findIndex((type, i) => type === freed || since[i] === undefined);
  if (free >= 0) return types[free];
  return types[since.indexOf(Math.min(...(since as number[])))];
}

async function isFull(type: string, now: number, store: StudyStore): Promise<boolean> {
  return (await store.room.noRoomSince(type, now)) !== undefined;
}
