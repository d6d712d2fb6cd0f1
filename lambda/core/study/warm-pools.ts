import { ComputeDefinition } from '../../../lib/contract/tuner-definition';
import { AttemptRecord, foundNoRoom } from '../store/records';

/**
 * For how long the instances of each ended attempt were kept, at most: until the same slot started its next attempt, or as
 * long as they are kept without one. SageMaker tells only what has been billed by the time it is asked.
 */
export function warmPoolSeconds(
  { keepAliveSeconds }: ComputeDefinition,
  attempts: readonly AttemptRecord[],
): Map<AttemptRecord, number> {
  const kept = new Map<AttemptRecord, number>();
  if (keepAliveSeconds === undefined) return kept;

  const bySlot = new Map<string, AttemptRecord[]>();
  for (const attempt of attempts) {
    if (foundNoRoom(attempt)) continue;
    const slot = slotOf(attempt);
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), attempt]);
  }
  for (const ofSlot of bySlot.values()) {
    ofSlot.sort((a, b) => Date.parse(a.startAt) - Date.parse(b.startAt));
    ofSlot.forEach((attempt, i) => {
      if (!attempt.outcome?.billableSeconds || attempt.endedAt === undefined) return;
      const next = ofSlot[i + 1];
      const gap = next === undefined ? Infinity : (Date.parse(next.startAt) - Date.parse(attempt.endedAt)) / 1000;
      kept.set(attempt, Math.min(Math.max(gap, 0), keepAliveSeconds));
    });
  }
  return kept;
}

/** Of a claim `run/round/slot/turn`. */
function slotOf({ claim }: AttemptRecord): string {
  return claim.split('/')[2];
}
