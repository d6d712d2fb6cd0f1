import { ComputeDefinition } from '../../../lib/contract/tuner-definition';
import { AttemptRecord } from '../store/records';

/**
 * For how long the instances of each ended attempt were kept, at most: until an attempt on as many of the same type started,
 * or as long as they are kept without one. SageMaker tells only what has been billed by the time it is asked.
 *
 * Which of the instances that are kept it gives to a job isn't known. The longest in all are kept where it gives the oldest.
 */
export function warmPoolSeconds(
  { keepAliveSeconds }: ComputeDefinition,
  attempts: readonly AttemptRecord[],
): Map<AttemptRecord, number> {
  const kept = new Map<AttemptRecord, number>();
  if (keepAliveSeconds === undefined) return kept;

  const byKind = new Map<string, AttemptRecord[]>();
  for (const attempt of attempts) {
    if (!mayHaveRun(attempt)) continue;
    const kind = `${attempt.instanceCount} ${attempt.instanceType}`;
    byKind.set(kind, [...(byKind.get(kind) ?? []), attempt]);
  }
  for (const ofKind of byKind.values()) {
    const starts = ofKind.map(({ startAt }) => Date.parse(startAt)).sort((a, b) => a - b);
    const ended = ofKind
      .filter(({ endedAt }) => endedAt !== undefined)
      .sort((a, b) => Date.parse(a.endedAt!) - Date.parse(b.endedAt!));
    let next = 0;
    for (const attempt of ended) {
      const from = Date.parse(attempt.endedAt!);
      while (next < starts.length && starts[next] < from) next++;
      const gap = next < starts.length ? (starts[next] - from) / 1000 : Infinity;
      if (gap <= keepAliveSeconds) next++;
      kept.set(attempt, Math.min(gap, keepAliveSeconds));
    }
  }
  return kept;
}

/** An attempt that wasn't billed had no instances: it neither kept any nor took those that were kept. */
function mayHaveRun({ endedAt, outcome }: AttemptRecord): boolean {
  return endedAt === undefined || Boolean(outcome?.billableSeconds);
}
