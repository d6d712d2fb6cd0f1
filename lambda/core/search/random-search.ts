import { Purpose, Random } from '../random/random';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/**
 * Uniform random search under each parameter's scaling.
 *
 * Source: Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.
 */
export class RandomSearch implements SearchAlgorithm {
  suggest({ space, seed, trial }: SearchContext): Suggestion {
    return { configuration: space.decode(new Random(seed, trial, Purpose.SEARCH).point(space.dimension)) };
  }
}
