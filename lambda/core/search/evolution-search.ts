import { Configuration } from '../../../lib/contract/search-space';
import { byAge, rankObservations } from '../models/ranking/rank-observations';
import { Purpose, Random } from '../random/random';
import { cardinality } from '../space/parameter-codec';
import { SearchSpace } from '../space/search-space';
import { firstNew } from './first-new';
import { mutated } from './mutation';
import { Observation, SearchAlgorithm, SearchContext, Suggestion } from './search-algorithm';
import { SobolSearch } from './sobol-search';

/** Distribution index of the steps of numbers: an eighth of the range on the average. */
const STEP_ETA = 6;

const ATTEMPTS = 100;

/**
 * Regularized ("aging") evolution: the best of a random sample of the newest trials has a child that differs in one
 * parameter. A trial leaves the population by age, however good it was, so a lucky result doesn't rule for ever.
 *
 * Failed trials take part in a sample and never win it. The population is the newest of the trials that have ended, so
 * trials that end in another order, or never, hold nothing up.
 *
 * Source: Real, Aggarwal, Huang, Le, "Regularized evolution for image classifier architecture search", AAAI 2019. There
 * the first trials are random; here they are points of a Sobol sequence.
 */
export class EvolutionSearch implements SearchAlgorithm {
  /**
   * @param populationSize P of the paper
   * @param sampleSize S of the paper
   */
  constructor(
    private readonly populationSize: number,
    private readonly sampleSize: number,
  ) {}

  suggest(context: SearchContext): Suggestion {
    const { space, history, seed, trial } = context;
    const ended = history.filter(({ status }) => status !== 'pending');
    if (ended.length < this.populationSize) return new SobolSearch().suggest(context);

    const population = [...ended].sort(byAge).slice(-this.populationSize);
    const random = new Random(seed, trial, Purpose.SEARCH);
    const parent = this.tournament(population, context.objectives, random);
    if (parent === undefined) return new SobolSearch().suggest(context);
    return firstNew(context, ATTEMPTS, () => child(space, parent.configuration, random));
  }

  /** The best of a sample; undefined when all of the sample failed. */
  private tournament(population: readonly Observation[], objectives: number, random: Random): Observation | undefined {
    const sample = random
      .permutation(population.length)
      .slice(0, this.sampleSize)
      .map((i) => population[i])
      .filter(({ status }) => status === 'finished');
    return rankObservations(sample, objectives, 1)[0];
  }
}

/** The parent with another value of one of its parameters; what becomes active by that is drawn anew. */
function child(space: SearchSpace, parent: Configuration, random: Random): Configuration {
  const active = space.parameters.filter(({ name }) => Object.hasOwn(parent, name)).filter((p) => cardinality(p) > 1);
  const fill = random.point(space.dimension);
  if (active.length === 0) return space.complete(parent, fill);
  const chosen = active[random.integer(active.length)];
  return space.complete({ ...parent, [chosen.name]: mutated(chosen, parent[chosen.name], STEP_ETA, random) }, fill);
}
