import { Purpose, Random } from '../random/random';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/**
 * Uniform random search under each parameter's scaling.
 *
 * Source: Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.
 */
export class RandomSearch implements SearchAlgorithm {
  suggest({ space, seed, trial }: SearchContext): Suggestion {
    const random = new Random(seed, trial, Purpose.SEARCH);
    return { configuration: space.decode(Array.from({ length: space.dimension }, () => random.uniform())) };
  }
}
