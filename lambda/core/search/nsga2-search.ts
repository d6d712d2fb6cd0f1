import { Configuration, ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { crowdingDistances } from '../models/pareto/crowding-distance';
import { nonDominatedRanks } from '../models/pareto/non-dominated-sort';
import { byAge, rankObservations } from '../models/ranking/rank-observations';
import { simulatedBinaryCrossover } from '../models/variation/simulated-binary-crossover';
import { Purpose, Random } from '../random/random';
import { cardinality, decode, encode } from '../space/parameter-codec';
import { SearchSpace } from '../space/search-space';
import { firstNew } from './first-new';
import { mutated } from './mutation';
import { Observation, SearchAlgorithm, SearchContext, Suggestion, finished, isFeasible } from './search-algorithm';
import { SobolSearch } from './sobol-search';

/** The paper's distribution index and probability of crossover. */
const CROSSOVER_ETA = 20;
const CROSSOVER_PROBABILITY = 0.9;

/** The paper has 20, for tens of thousands of evaluations; with hundreds, steps have to be longer. */
const MUTATION_ETA = 6;

const ATTEMPTS = 100;

/** A possible parent: a lower rank wins, then the larger distance to its neighbours of the front. */
interface Member {
  readonly configuration: Configuration;
  readonly rank: number;
  readonly crowding: number;
}

/**
 * NSGA-II for several objectives, in a form without generations: the population of each suggestion is the best P of all
 * trials that have finished, by front and crowding distance; two of them, winners of tournaments of two, have a child. So
 * the order in which trials end doesn't matter, and none is waited for. Trials that break outcome constraints follow behind
 * all that don't, by how much they do. Trials that failed have no place.
 *
 * Numbers are crossed by simulated binary crossover and mutated by polynomial steps; categories come from either parent
 * and are mutated to any other.
 *
 * Source: Deb, Pratap, Agarwal, Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE Trans.
 * Evolutionary Computation 6, 2002. There the first trials are random; here they are points of a Sobol sequence.
 */
export class Nsga2Search implements SearchAlgorithm {
  /** @param populationSize P, at least 2 */
  constructor(private readonly populationSize: number) {}

  suggest(context: SearchContext): Suggestion {
    const { space, history, seed, trial } = context;
    const candidates = finished(history);
    const ended = history.filter(({ status }) => status !== 'pending').length;
    if (ended < this.populationSize || candidates.length === 0) return new SobolSearch().suggest(context);

    const population = bestOf(candidates, this.populationSize);
    const random = new Random(seed, trial, Purpose.SEARCH);
    const first = tournament(population, random);
    const second = tournament(population, random);
    return firstNew(context, ATTEMPTS, () => child(space, first.configuration, second.configuration, random));
  }
}

/** The best of the observations by front and crowding distance. */
function bestOf(observations: readonly Observation[], count: number): Member[] {
  // the order of the list must not decide between equals.
  const ordered = [...observations].sort(byAge);
  const feasible = ordered.filter(isFeasible);
  const ranks = nonDominatedRanks(feasible.map(({ losses }) => losses!));
  const members: Member[] = [];
  for (let rank = 0; members.length < count; rank++) {
    const front = feasible.filter((_, i) => ranks[i] === rank);
    if (front.length === 0) break;
    const distances = crowdingDistances(front.map(({ losses }) => losses!));
    const best = front
      .map(({ configuration }, i) => ({ configuration, rank, crowding: distances[i] }))
      .sort((a, b) => (a.crowding === b.crowding ? 0 : b.crowding - a.crowding));
    members.push(...best.slice(0, count - members.length));
  }
  const others = rankObservations(
    ordered.filter((one) => !isFeasible(one)),
    1,
    count,
  );
  const behind = observations.length;
  return [
    ...members,
    ...others
      .slice(0, count - members.length)
      .map(({ configuration }, i) => ({ configuration, rank: behind + i, crowding: 0 })),
  ];
}

function tournament(population: readonly Member[], random: Random): Member {
  const a = population[random.integer(population.length)];
  const b = population[random.integer(population.length)];
  if (a.rank !== b.rank) return a.rank < b.rank ? a : b;
  return b.crowding > a.crowding ? b : a;
}

/** Parameter by parameter, parents first, so that what is active follows from the child's own values. */
function child(space: SearchSpace, first: Configuration, second: Configuration, random: Random): Configuration {
  const isCrossed = random.uniform() < CROSSOVER_PROBABILITY;
  const variable = space.parameters.filter((parameter) => cardinality(parameter) > 1);
  const result: Configuration = {};
  for (const parameter of space.parameters) {
    if (!space.isActive(parameter, result)) continue;
    const value = inherited(parameter, first, isCrossed ? second : first, random);
    const isMutated = cardinality(parameter) > 1 && random.uniform() < 1 / variable.length;
    result[parameter.name] = isMutated ? mutated(parameter, value, MUTATION_ETA, random) : value;
  }
  return result;
}

/** From the parents that have the parameter; from neither, at random. */
function inherited(
  parameter: ParameterDefinition,
  first: Configuration,
  second: Configuration,
  random: Random,
): ParameterValue {
  const { name } = parameter;
  const values = [first, second].filter((parent) => Object.hasOwn(parent, name)).map((parent) => parent[name]);
  if (values.length === 0) return decode(parameter, random.uniform());
  if (values.length === 1 || values[0] === values[1]) return values[0];
  // one half of the parameters is crossed, or of categories swapped, the other comes from the first parent.
  if (random.uniform() < 0.5) return values[0];
  if (parameter.type === 'categorical') return values[1];
  const [a, b] = values.map((value) => encode(parameter, value));
  const [near, far] = random.uniform() < 0.5 ? [a, b] : [b, a];
  const unit = simulatedBinaryCrossover(near, far, CROSSOVER_ETA, random.uniform());
  return decode(parameter, Math.min(Math.max(unit, 0), 1));
}
