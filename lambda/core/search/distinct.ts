import { Purpose, Random } from '../random/random';
import { Configuration } from '../../../lib/contract/search-space';
import { SearchSpace } from '../space/search-space';
import { isNew, newnessTest } from './newness';
import { SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';

/** A random point lies outside of what a sane constraint leaves so often in a row only by a chance not worth naming. */
const RANDOM_TRIES = 10_000;

/** Spaces of at most so many configurations are gone through one by one when random tries find nothing new. */
const MAX_ENUMERATED = 1_000_000;

/**
 * Makes sure of what every algorithm owes: a configuration that no trial has had, running ones included, and that the
 * constraints between parameters allow. Where the algorithm's own proposal isn't one, a random one takes its place. A
 * finite space is exhausted when all of it has been tried.
 */
export class DistinctSearch implements SearchAlgorithm {
  constructor(private readonly inner: SearchAlgorithm) {}

  suggest(context: SearchContext): Suggestion {
    const { space, history } = context;
    // no more than the whole history can be taken, so a long one of a large space needn't be counted.
    const taken = history.length < space.size ? 0 : countDistinct(context);
    if (taken < space.size) {
      const suggestion = this.inner.suggest(context);
      if ('exhausted' in suggestion || isNew(context, suggestion.configuration)) return suggestion;
      const test = newnessTest(context);
      const other = randomConfiguration(context, test) ?? firstConfiguration(space, test);
      if (other !== undefined) return { configuration: other };
    }
    return {
      exhausted: Number.isFinite(space.size)
        ? `all configurations of the search space have been tried (${countDistinct(context)})`
        : `no configuration was found in ${RANDOM_TRIES} random tries that the constraints allow`,
    };
  }
}

function countDistinct({ space, history }: SearchContext): number {
  return new Set(history.map(({ configuration }) => space.key(configuration))).size;
}

function randomConfiguration(
  { space, seed, trial }: SearchContext,
  isNewOne: (configuration: Configuration) => boolean,
): Configuration | undefined {
  const random = new Random(seed, trial, Purpose.DISTINCT);
  const tries = Number.isFinite(space.size) ? Math.min(RANDOM_TRIES, 20 * space.size) : RANDOM_TRIES;
  for (let i = 0; i < tries; i++) {
    const configuration = space.decode(random.point(space.dimension));
    if (isNewOne(configuration)) return configuration;
  }
  return undefined;
}

function firstConfiguration(
  space: SearchSpace,
  isNewOne: (configuration: Configuration) => boolean,
): Configuration | undefined {
  if (space.size > MAX_ENUMERATED) return undefined;
  for (const configuration of space.enumerate()) {
    if (isNewOne(configuration)) return configuration;
  }
  return undefined;
}
