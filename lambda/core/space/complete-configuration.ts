import { Configuration } from '../../../lib/contract/search-space';
import { Purpose, Random } from '../random/random';
import { SearchSpace } from './search-space';

const TRIES = 1000;

/**
 * A configuration with what the user gave, and random values for what is missing, that the constraints allow; undefined
 * where none was found.
 */
export function completeAtRandom(
  space: SearchSpace,
  given: Configuration,
  seed: number,
  trial: number,
): Configuration | undefined {
  const random = new Random(seed, trial, Purpose.FILL);
  for (let i = 0; i < TRIES; i++) {
    const configuration = space.complete(given, random.point(space.dimension));
    if (space.isAllowed(configuration)) return configuration;
  }
  return undefined;
}
