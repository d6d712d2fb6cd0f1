import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { AutoSearch } from './auto-search';
import { CmaEsSearch } from './cma-es-search';
import { DistinctSearch } from './distinct';
import { EvolutionSearch } from './evolution-search';
import { GaussianProcessSearch } from './gaussian-process-search';
import { GridSearch } from './grid-search';
import { Nsga2Search } from './nsga2-search';
import { RandomSearch } from './random-search';
import { SearchAlgorithm } from './search-algorithm';
import { SobolSearch } from './sobol-search';
import { TpeSearch } from './tpe-search';

/** The algorithm of a definition, which never proposes a configuration twice. */
export function createSearchAlgorithm(definition: SearchAlgorithmDefinition): SearchAlgorithm {
  return new DistinctSearch(create(definition));
}

function create(definition: SearchAlgorithmDefinition): SearchAlgorithm {
  switch (definition.name) {
    case 'auto':
      return new AutoSearch(create);
    case 'gaussianProcess':
      return new GaussianProcessSearch();
    case 'tpe':
      return new TpeSearch();
    case 'cmaEs':
      return new CmaEsSearch(definition.populationSize);
    case 'evolution':
      return new EvolutionSearch(definition.populationSize, definition.sampleSize);
    case 'nsga2':
      return new Nsga2Search(definition.populationSize);
    case 'random':
      return new RandomSearch();
    case 'sobol':
      return new SobolSearch();
    case 'grid':
      return new GridSearch(definition.pointsPerParameter);
    default:
      throw new Error(`search algorithm ${JSON.stringify(definition.name)} is not known`);
  }
}
