import { SearchSpace } from '../space/search-space';
import { Configuration } from '../../../lib/contract/search-space';

/** What a search algorithm may know. The same context gives the same suggestion. */
export interface SearchContext {
  readonly space: SearchSpace;
  /** The study's seed. */
  readonly seed: number;
  /** Number of the trial to propose, from 1. */
  readonly trial: number;
  /** How many trials come from the list of initial configurations, not from the search. */
  readonly initialTrials: number;
}

/** A new configuration, or word that the space holds no other. */
export type Suggestion = { readonly configuration: Configuration } | { readonly exhausted: string };

/** Proposes configurations: a pure function of what it is told. */
export interface SearchAlgorithm {
  suggest(context: SearchContext): Suggestion;
}
