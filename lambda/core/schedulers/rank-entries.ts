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
  return areEqual(a.losses, b.losses) && areEqual(missed(a), missed(b));
}

/** By how much each bound is missed: how far within it a trial stays counts for nothing. */
function missed({ violations = [] }: RungEntry): number[] {
  return violations.map((violation) => Math.max(violation, 0));
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
