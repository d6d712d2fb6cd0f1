import { NoTrialAnswer, WaitAnswer } from '../../../lib/contract/calls';
import { Place, Surplus, fullTypes, placeInQueue } from './admission';
import { Turn, tell } from './turn';

/** Where jobs find no room: the slot waits for its turn to try, or ends, if those that run can do what is left. */
export async function noRoom(turn: Turn): Promise<WaitAnswer | NoTrialAnswer | undefined> {
  const { study, trials, request, freed, store } = turn;
  // a worker has its room already.
  if (freed !== undefined || request.worker !== undefined) return undefined;
  const full = await fullTypes(study, Date.parse(request.at), store);
  const place = full.length === 0 ? undefined : await placeInQueue(study, trials, request, store, full);
  return place && inQueue(turn, place);
}

/** The answer to a slot by its place among those who wait. */
export async function inQueue(turn: Turn, place: Place | Surplus): Promise<WaitAnswer | NoTrialAnswer> {
  const { study, claim, request, store } = turn;
  if ('surplus' in place) return tell(turn, place.surplus);

  const { until, reason } = place;
  await store.putSlot(study.study, request.slot, { claim, ...place });
  return { action: 'wait', until, reason, turn: request.turn };
}
