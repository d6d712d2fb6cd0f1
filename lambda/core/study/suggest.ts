import { TunerDefinition } from '../../../lib/contract/tuner-definition';
import { createSearchAlgorithm } from '../search/create-search-algorithm';
import { Observation, Suggestion } from '../search/search-algorithm';
import { completeAtRandom } from '../space/complete-configuration';
import { SearchSpace } from '../space/search-space';

/** What the search needs to know of a study. */
export interface SearchStudy {
  readonly seed: number;
  readonly tuner: Pick<
    TunerDefinition,
    | 'searchSpace'
    | 'parameterConstraints'
    | 'objective'
    | 'additionalObjectives'
    | 'outcomeConstraints'
    | 'searchAlgorithm'
    | 'initialConfigurations'
    | 'maxTrials'
    | 'maxParallelTrials'
  >;
}

/** The configuration of a new trial: from the list of initial ones while it lasts, then by the search algorithm. */
export function suggest({ seed, tuner }: SearchStudy, trial: number, history: readonly Observation[]): Suggestion {
  const { searchAlgorithm, initialConfigurations, maxTrials, maxParallelTrials } = tuner;
  const space = new SearchSpace(tuner.searchSpace, tuner.parameterConstraints);
  if (trial <= initialConfigurations.length) {
    const configuration = completeAtRandom(space, initialConfigurations[trial - 1], seed, trial);
    // when the study was opened, there was one.
    if (configuration === undefined) throw new Error(`initialConfigurations[${trial - 1}] can't be completed`);
    return { configuration };
  }
  return createSearchAlgorithm(searchAlgorithm).suggest({
    space,
    seed,
    trial,
    initialTrials: initialConfigurations.length,
    history,
    objectives: 1 + tuner.additionalObjectives.length,
    maxTrials,
    maxParallelTrials,
  });
}
