import { isDeepStrictEqual } from 'node:util';
import { rankObservations } from '../models/ranking/rank-observations';
import { RungEntry } from './scheduler';

/**
 * The entries of a rung, the best first: those that meet the outcome constraints by their loss, of several objectives front
 * by front with far ones first, then those that don't by how far they miss them. Equal ones are in order of their trials.
 *
 * Source for several objectives: Schmucker et al., "Multi-objective asynchronous successive halving", arXiv 2106.12639,
 * 2021, whose epsilon-net this order is.
 *
 * @param leading how many places matter
 */
export function rankEntries<T extends RungEntry>(entries: readonly T[], leading: number): T[] {
  if (entries.length === 0) return [];
  const entryOf = new Map(entries.map((entry) => [entry.trial, entry]));
  const observations = entries.map(({ trial, losses, violations }) => ({
    trial,
    configuration: {},
    status: 'finished' as const,
    losses: [...losses],
    ...(violations && { violations: [...violations] }),
  }));
  return rankObservations(observations, entries[0].losses.length, leading).map(({ trial }) => entryOf.get(trial)!);
}

/** Whether two entries showed the same, so that none goes before the other but by its number. */
export function isTied(a: RungEntry, b: RungEntry): boolean {
  // how far within a bound a trial stays counts for nothing.
  const missed = ({ violations = [] }: RungEntry) => Array.from(violations, (violation) => Math.max(violation, 0));
  // a loss is a metric with its sign turned, and zero has two. Not by map(), which makes arrays of the source's own class.
  const lost = ({ losses }: RungEntry) => Array.from(losses, (loss) => loss + 0);
  return isDeepStrictEqual([lost(a), missed(a)], [lost(b), missed(b)]);
}
