import { ConfigurationGrid } from '../space/configuration-grid';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/** Every combination of a grid, in the order of the parameters, without those that a trial has had before. */
export class GridSearch implements SearchAlgorithm {
  /** @param pointsPerParameter points along a continuous parameter, and at most this many along an integer one */
  constructor(private readonly pointsPerParameter: number) {}

  suggest({ space, history }: SearchContext): Suggestion {
    const grid = new ConfigurationGrid(space.parameters, this.pointsPerParameter);
    const taken = new Set(history.map(({ configuration }) => space.key(configuration)));
    for (let index = 0; index < grid.size; index++) {
      const configuration = grid.at(index);
      if (!taken.has(space.key(configuration)) && space.isAllowed(configuration)) return { configuration };
    }
    return { exhausted: `all ${grid.size} points of the grid have been tried` };
  }
}
