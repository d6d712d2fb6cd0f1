import { rankEntries } from './rank-entries';
import { RungEntry } from './scheduler';

/** A whole number that division has missed by an error of rounding counts as that number. */
const TOLERANCE = 1e-9;

/** How many of a rung's entries go on: one of `reductionFactor`, rounded down. */
export function leadingPlaces(entries: number, reductionFactor: number): number {
  return Math.floor((entries / reductionFactor) * (1 + TOLERANCE));
}

/** The entries of a rung that go on, the best first. */
export function rungLeaders<T extends RungEntry>(entries: readonly T[], reductionFactor: number): T[] {
  const places = leadingPlaces(entries.length, reductionFactor);
  return places === 0 ? [] : rankEntries(entries, places).slice(0, places);
}
