import { Configuration } from '../../../lib/contract/search-space';
import { TunerDefinition } from '../../../lib/contract/tuner-definition';
import { Purpose, Random } from '../random/random';
import { createSearchAlgorithm } from '../search/create-search-algorithm';
import { Observation, Suggestion } from '../search/search-algorithm';
import { SearchSpace } from '../space/search-space';

/** What the search needs to know of a study. */
export interface SearchStudy {
  readonly seed: number;
  readonly tuner: Pick<
    TunerDefinition,
    'searchSpace' | 'searchAlgorithm' | 'initialConfigurations' | 'maxTrials' | 'maxParallelTrials'
  >;
}

/** The configuration of a new trial: from the list of initial ones while it lasts, then by the search algorithm. */
export function suggest({ seed, tuner }: SearchStudy, trial: number, history: readonly Observation[]): Suggestion {
  const { searchAlgorithm, initialConfigurations, maxTrials, maxParallelTrials } = tuner;
  const space = new SearchSpace(tuner.searchSpace);
  if (trial <= initialConfigurations.length) {
    return { configuration: initialConfiguration(space, initialConfigurations[trial - 1], seed, trial) };
  }
  return createSearchAlgorithm(searchAlgorithm).suggest({
    space,
    seed,
    trial,
    initialTrials: initialConfigurations.length,
    history,
    objectives: 1,
    maxTrials,
    maxParallelTrials,
  });
}

/** What the user left out is drawn at random. */
function initialConfiguration(space: SearchSpace, given: Configuration, seed: number, trial: number): Configuration {
  return space.complete(given, new Random(seed, trial, Purpose.FILL).point(space.dimension));
}
