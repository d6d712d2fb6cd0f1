import { Observation } from '../../search/search-algorithm';
import { byAge, rankObservations } from '../ranking/rank-observations';

/** Observations that a density is built on, each with its weight. */
export interface WeightedObservations {
  readonly observations: readonly Observation[];
  readonly weights: Float64Array;
}

export interface SplitSettings {
  /** How many of n observations are good. */
  readonly goodCount: (n: number) => number;
  /** Weight of the good observation with this rank, from 0, of so many. */
  readonly goodWeight: (rank: number, count: number) => number;
  /** At most so many bad observations are kept. */
  readonly maxBad: number;
}

/**
 * The good observations and the others. Failed trials are bad, and so are pending ones, so that trials that run at the
 * same time don't all go to one place ("constant liar").
 *
 * Where there are too many bad ones, those that rank next to the good ones stay, of pending ones the newest, and of the
 * rest every k-th in order of rank, which stands for k.
 */
export function splitObservations(
  history: readonly Observation[],
  objectives: number,
  { goodCount, goodWeight, maxBad }: SplitSettings,
): { good: WeightedObservations; bad: WeightedObservations } {
  const finished = history.filter(({ status }) => status === 'finished');
  const failed = history.filter(({ status }) => status === 'failed').sort(byAge);
  const pending = history.filter(({ status }) => status === 'pending').sort(byAge);
  const count = Math.min(goodCount(finished.length + failed.length), finished.length);
  const ranked = rankObservations(finished, objectives, count);
  const good = ranked.slice(0, count);
  const running = pending.slice(-Math.floor(maxBad / 2));
  return {
    good: { observations: good, weights: Float64Array.from(good, (_, rank) => goodWeight(rank, count)) },
    bad: thinned([...ranked.slice(count), ...failed], running, maxBad),
  };
}

function thinned(
  ranked: readonly Observation[],
  running: readonly Observation[],
  maxBad: number,
): WeightedObservations {
  const room = maxBad - running.length;
  const near = ranked.length <= room ? ranked.length : Math.floor(room / 2);
  const far = ranked.slice(near);
  const kept = Math.min(far.length, room - near);
  const observations = [
    ...ranked.slice(0, near),
    ...Array.from({ length: kept }, (_, i) => far[Math.floor(((i + 0.5) * far.length) / kept)]),
    ...running,
  ];
  const weights = new Float64Array(observations.length).fill(1);
  weights.fill(far.length / kept, near, near + kept);
  return { observations, weights };
}
