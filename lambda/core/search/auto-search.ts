import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { chooseSearch } from './choose-search';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/** The algorithm that `chooseSearch` picks for the problem. */
export class AutoSearch implements SearchAlgorithm {
  constructor(private readonly create: (definition: SearchAlgorithmDefinition) => SearchAlgorithm) {}

  suggest(context: SearchContext): Suggestion {
    return this.create(chooseSearch(context).definition).suggest(context);
  }
}
