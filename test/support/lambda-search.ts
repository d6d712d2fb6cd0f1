import { Observation, SearchAlgorithm, SearchContext } from '../../lambda/core/search/search-algorithm';
import { SearchSpace } from '../../lambda/core/space/search-space';
import { Configuration, SearchSpaceDefinition } from '../../lib/contract/search-space';

/** A context of the first trial of a study that knows nothing yet, but for what is given. */
export function contextOf(partial: Pick<SearchContext, 'space'> & Partial<SearchContext>): SearchContext {
  const { history = [] } = partial;
  return {
    seed: 1,
    trial: history.reduce((last, { trial }) => Math.max(last, trial), 0) + 1,
    initialTrials: 0,
    history,
    objectives: 1,
    maxTrials: 100,
    maxParallelTrials: 1,
    ...partial,
  };
}

/** What an evaluation may answer: a loss, one for each objective, or a whole outcome. */
export type Outcome = number | readonly number[] | Pick<Observation, 'status' | 'losses' | 'violations'>;

export interface SearchRun {
  /** All trials, by number; they end in the order of their numbers. */
  readonly history: readonly Observation[];
  /** Why the run ended early, where it did. */
  readonly exhausted?: string;
}

export interface RunOptions {
  /** Trials that are suggested before any of them ends. Default 1. */
  readonly batch?: number;
  readonly seed?: number;
  readonly objectives?: number;
  /** What is known before the first trial. */
  readonly history?: readonly Observation[];
}

/** A study of `trials` trials: what the algorithm suggests is evaluated at once, or batch by batch. */
export function runSearch(
  algorithm: SearchAlgorithm,
  definition: SearchSpaceDefinition | SearchSpace,
  evaluate: (configuration: Configuration, trial: number) => Outcome,
  trials: number,
  { batch = 1, seed = 1, objectives = 1, history: known = [] }: RunOptions = {},
): SearchRun {
  const space = definition instanceof SearchSpace ? definition : new SearchSpace(definition);
  const history: Observation[] = [...known];
  for (let trial = 1; trial <= trials;) {
    const end = Math.min(trial + batch - 1, trials);
    const begin = history.length;
    let exhausted: string | undefined;
    for (; trial <= end && exhausted === undefined; trial++) {
      const suggestion = algorithm.suggest(
        contextOf({ space, seed, trial, history, objectives, maxTrials: trials, maxParallelTrials: batch }),
      );
      if ('exhausted' in suggestion) exhausted = suggestion.exhausted;
      else history.push({ trial, configuration: suggestion.configuration, status: 'pending' });
    }
    for (let i = begin; i < history.length; i++) {
      const { trial: number, configuration } = history[i];
      history[i] = { trial: number, configuration, ...toOutcome(evaluate(configuration, number)) };
    }
    if (exhausted !== undefined) return { history, exhausted };
  }
  return { history };
}

function toOutcome(outcome: Outcome): Pick<Observation, 'status' | 'losses' | 'violations'> {
  if (typeof outcome === 'number') {
    return Number.isFinite(outcome) ? { status: 'finished', losses: [outcome] } : { status: 'failed' };
  }
  return 'status' in outcome ? outcome : { status: 'finished', losses: outcome };
}

/** The lowest first loss of a run; Infinity where no trial finished. */
export function bestLoss({ history }: SearchRun): number {
  return Math.min(Infinity, ...history.flatMap(({ losses }) => (losses === undefined ? [] : [losses[0]])));
}
