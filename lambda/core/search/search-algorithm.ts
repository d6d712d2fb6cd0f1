import { Configuration } from '../../../lib/contract/search-space';
import { SearchSpace } from '../space/search-space';

/** A trial as the search sees it. */
export interface Observation {
  /** The trial's number, from 1; 0 for a result known from elsewhere. */
  readonly trial: number;
  /** A configuration of the space. */
  readonly configuration: Configuration;
  /**
   * `pending` while its result isn't known; `failed` when there will be none: a crash, out of memory, a loss that isn't
   * finite.
   */
  readonly status: 'finished' | 'pending' | 'failed';
  /** One for each objective, all finite, lower is better; there if and only if the trial is finished. */
  readonly losses?: readonly number[];
  /** One for each outcome constraint: 0 or less where it holds, the excess where it doesn't. */
  readonly violations?: readonly number[];
}

/** What a search algorithm may know. The same context gives the same suggestion. */
export interface SearchContext {
  readonly space: SearchSpace;
  /** The study's seed. */
  readonly seed: number;
  /** Number of the trial to propose, from 1. */
  readonly trial: number;
  /** How many trials come from the list of initial configurations, not from the search. */
  readonly initialTrials: number;
  /** All that is known, by trial number. Their order must not matter to the answer. */
  readonly history: readonly Observation[];
  /** Number of objectives, from 1. */
  readonly objectives: number;
  /** Trials of the whole study. */
  readonly maxTrials: number;
  /** Trials that run at the same time. */
  readonly maxParallelTrials: number;
}

/** A new configuration, or word that the space holds no other. */
export type Suggestion = { readonly configuration: Configuration } | { readonly exhausted: string };

/** Proposes configurations: a pure function of what it is told. */
export interface SearchAlgorithm {
  suggest(context: SearchContext): Suggestion;
}

/** Whether all outcome constraints hold, as far as they are known. */
export function isFeasible({ violations = [] }: Observation): boolean {
  return violations.every((violation) => violation <= 0);
}

/** Observations that have a result. */
export function finished(history: readonly Observation[]): Observation[] {
  return history.filter(({ status }) => status === 'finished');
}
