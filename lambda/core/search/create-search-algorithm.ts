import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { GridSearch } from './grid-search';
import { RandomSearch } from './random-search';
import { SearchAlgorithm } from './search-algorithm';
import { SobolSearch } from './sobol-search';

export function createSearchAlgorithm(definition: SearchAlgorithmDefinition): SearchAlgorithm {
  switch (definition.name) {
    case 'random':
      return new RandomSearch();
    case 'sobol':
      return new SobolSearch();
    case 'grid':
      return new GridSearch(definition.pointsPerParameter);
  }
}
