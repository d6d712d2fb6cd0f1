// the only file of the local runtime that imports the search itself: AWS's own is closed, ours stands in for it.
import { createSearchAlgorithm } from '../../../lambda/core/search/create-search-algorithm';
import type { Observation } from '../../../lambda/core/search/search-algorithm';
import { adaptConfiguration } from '../../../lambda/core/space/adapt-configuration';
import { hyperparametersOf, SearchSpace } from '../../../lambda/core/space/search-space';
import type { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { parameterSpace } from './parameter-space';
import type { ParameterRanges, StrategyName } from './tuning-job';

/** What became of a training job, as far as the search learns from it. */
export interface TriedHyperparameters {
  /** At least those that are searched; others are passed over. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly status: 'finished' | 'pending' | 'failed';
  /** Of a finished one; lower is better. */
  readonly loss?: number;
}

export interface SuggestionRequest {
  /** From 1: how many training jobs there were of the same ranges, and one. */
  readonly number: number;
  /** Training jobs in all, as far as that is known. */
  readonly maxJobs: number;
  readonly maxParallelJobs: number;
  readonly seed: number;
  /** The tuning job's own training jobs. */
  readonly tried: readonly TriedHyperparameters[];
  /** Those of a warm start's parents. */
  readonly known: readonly TriedHyperparameters[];
}

const ALGORITHMS: Readonly<Record<StrategyName, SearchAlgorithmDefinition>> = {
  Bayesian: { name: 'auto' },
  Random: { name: 'random' },
  // its ranges are all categorical: it needs no points of a continuous one.
  Grid: { name: 'grid', pointsPerParameter: 1 },
  Hyperband: { name: 'random' },
};

/** Stands in for a search without an end, where a number of trials is asked for. */
const MANY_JOBS = 10_000;

/** Proposes hyperparameters for one definition of a tuning job. */
export class TuningSearch {
  private readonly space: SearchSpace;
  private readonly definition: SearchAlgorithmDefinition;

  constructor(strategy: StrategyName, ranges: ParameterRanges) {
    this.space = new SearchSpace(parameterSpace(ranges));
    this.definition = ALGORITHMS[strategy];
  }

  /** The tuned hyperparameters of the next training job; undefined when all there are have been tried. */
  next({
    number,
    maxJobs,
    maxParallelJobs,
    seed,
    tried,
    known,
  }: SuggestionRequest): Record<string, string> | undefined {
    const suggestion = createSearchAlgorithm(this.definition).suggest({
      space: this.space,
      seed,
      trial: number,
      initialTrials: 0,
      history: [
        // the parents of a warm start, for a search that learns; the others would only leave out what those have tried.
        ...(this.definition.name === 'auto' ? known.flatMap((one) => this.observation(one, 0)) : []),
        ...tried.flatMap((one, index) => this.observation(one, index + 1)),
      ],
      objectives: 1,
      maxTrials: Math.min(maxJobs, MANY_JOBS),
      maxParallelTrials: maxParallelJobs,
    });
    return 'exhausted' in suggestion ? undefined : hyperparametersOf(suggestion.configuration);
  }

  // what lies outside of the ranges, or lacks a hyperparameter, tells nothing about this space.
  private observation({ hyperparameters, status, loss }: TriedHyperparameters, trial: number): Observation[] {
    const { configuration } = adaptConfiguration(this.space, hyperparameters);
    if (configuration === undefined) return [];
    return [{ trial, configuration, status, ...(loss === undefined ? {} : { losses: [loss] }) }];
  }
}
