import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { chooseSearch } from './choose-search';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/** The algorithms that `chooseSearch` picks for the problem, by turns. */
export class AutoSearch implements SearchAlgorithm {
  constructor(private readonly create: (definition: SearchAlgorithmDefinition) => SearchAlgorithm) {}

  suggest(context: SearchContext): Suggestion {
    const { turns } = chooseSearch(context);
    return this.create(turns[context.trial % turns.length]).suggest(context);
  }
}
