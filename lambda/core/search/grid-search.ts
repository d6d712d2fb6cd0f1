import { Configuration } from '../../../lib/contract/search-space';
import { ConfigurationGrid } from '../space/configuration-grid';
import { newnessTest } from './newness';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/** So many beginnings of combinations that constraints forbid, one after another, end the search: a grid has no upper size. */
const MAX_FORBIDDEN = 1_000_000;

/** Every combination of a grid, in the order of the parameters, without those that a trial has had before. */
export class GridSearch implements SearchAlgorithm {
  /** @param pointsPerParameter points along a continuous parameter, and at most this many along an integer one */
  constructor(private readonly pointsPerParameter: number) {}

  suggest(context: SearchContext): Suggestion {
    const { space } = context;
    const grid = new ConfigurationGrid(space.parameters, this.pointsPerParameter);
    const isNew = newnessTest(context);
    let forbidden = 0;
    const isPossible = (beginning: Configuration) => {
      if (forbidden === MAX_FORBIDDEN) return false;
      const isAllowed = space.isAllowed(beginning);
      if (!isAllowed) forbidden++;
      return isAllowed;
    };
    for (const configuration of grid.combinations(isPossible)) {
      if (isNew(configuration)) return { configuration };
    }
    return {
      exhausted:
        forbidden < MAX_FORBIDDEN
          ? `all ${grid.size} points of the grid have been tried`
          : `the constraints forbid ${MAX_FORBIDDEN} combinations of the grid, and none that they allow was found`,
    };
  }
}
