import { MixedStrategy } from '../models/evolution-strategy/mixed-strategy';
import { defaultPopulationSize } from '../models/evolution-strategy/strategy-parameters';
import { byAge, rankObservations } from '../models/ranking/rank-observations';
import { Purpose, Random } from '../random/random';
import { cardinality } from '../space/parameter-codec';
import { firstNew } from './first-new';
import { Observation, SearchAlgorithm, SearchContext, Suggestion, finished } from './search-algorithm';

const ATTEMPTS = 100;

/** Generations without a better trial before a restart: 10 + 30 n / λ, as the tutorial has it for equal values. */
const PATIENCE = 10;
const PATIENCE_BY_DIMENSION = 30;

/** Each further attempt to find a new configuration draws from a distribution wider by this part. */
const WIDENING = 0.1;

/**
 * CMA-ES: a normal distribution that moves and stretches to where the good trials are; categories have probabilities.
 *
 * Nothing is kept between suggestions: the distribution is learned anew from the history. The trials of the search that
 * have ended, by number, make up the generations, λ after λ. So no trial is waited for: one that still runs is passed
 * over, and takes its place when it ends, which moves those after it into other generations. With λ no smaller than the
 * number of parallel trials, the distribution lags at most about one generation behind. A generation that isn't
 * complete yet has no say.
 *
 * Failed trials are the worst of their generation. Of several objectives, a generation is ordered by fronts. When all
 * samples would be nearly the same, or none has been better for long, the search restarts at a random place with twice
 * the population. Above 40 numeric parameters the covariance is a diagonal matrix.
 *
 * Sources: Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772; Auger and Hansen, "A restart CMA evolution
 * strategy with increasing population size", CEC 2005.
 */
export class CmaEsSearch implements SearchAlgorithm {
  /** @param populationSize λ, at least 4; without it the tutorial's, and at least the number of parallel trials */
  constructor(private readonly populationSize?: number) {}

  suggest(context: SearchContext): Suggestion {
    const { space, seed, trial } = context;
    const strategy = this.learn(context);
    const random = new Random(seed, trial, Purpose.SEARCH);
    return firstNew(context, ATTEMPTS, (attempt) => space.decode(strategy.sample(random, 1 + WIDENING * attempt)));
  }

  private learn(context: SearchContext): MixedStrategy {
    const { space, history, seed, initialTrials, objectives, maxParallelTrials } = context;
    const ended = history.filter(({ status, trial }) => status !== 'pending' && trial > initialTrials).sort(byAge);
    const dimension = space.parameters.filter((parameter) => cardinality(parameter) > 1).length;
    let size = this.populationSize ?? Math.max(defaultPopulationSize(dimension), maxParallelTrials);
    let strategy = new MixedStrategy(space.parameters, startOf(context), size);
    let best: Observation | undefined;
    let generationsWithoutBetter = 0;
    for (let begin = 0; begin + size <= ended.length;) {
      const random = new Random(seed, begin, Purpose.CMA_ES_REPLAY);
      const generation = ended.slice(begin, begin + size);
      begin += size;
      const ranked = rankObservations(finished(generation), objectives, size);
      const failed = generation.filter(({ status }) => status === 'failed');
      const ties = [...tiesOf(ranked), ...(failed.length > 0 ? [failed.length] : [])];
      // a generation of which all trials failed, or are equally good, says nothing.
      if (ties.length > 1) {
        const points = [...ranked, ...failed].map(({ configuration }) => space.encode(configuration));
        strategy.update(points, ties, ranked.length, random);
      }

      const incumbent = rankObservations([...(best ? [best] : []), ...ranked.slice(0, 1)], objectives, 1)[0];
      generationsWithoutBetter = incumbent === best ? generationsWithoutBetter + 1 : 0;
      best = incumbent;
      const isStuck = generationsWithoutBetter > PATIENCE + (PATIENCE_BY_DIMENSION * dimension) / size;
      if (strategy.isConverged || (isStuck && objectives === 1)) {
        size *= 2;
        strategy = new MixedStrategy(space.parameters, random.point(space.dimension), size);
        best = undefined;
        generationsWithoutBetter = 0;
      }
    }
    return strategy;
  }
}

/** The best of what is known before the search begins, or the centre. */
function startOf({ space, history, initialTrials, objectives }: SearchContext): number[] {
  const known = finished(history).filter(({ trial }) => trial <= initialTrials);
  const best = rankObservations(known, objectives, 1)[0];
  const point = best === undefined ? [] : space.encode(best.configuration);
  return Array.from({ length: space.dimension }, (_, i) => Math.min(Math.max(point[i] ?? 0.5, 0), 1));
}

/** How many in a row, from the first, are equally good. */
function tiesOf(ranked: readonly Observation[]): number[] {
  const ties: number[] = [];
  ranked.forEach((observation, i) => {
    if (i > 0 && isAsGood(observation, ranked[i - 1])) ties[ties.length - 1]++;
    else ties.push(1);
  });
  return ties;
}

function isAsGood(a: Observation, b: Observation): boolean {
  const values = ({ losses = [], violations = [] }: Observation) => [
    ...losses,
    ...violations.map((v) => Math.max(v, 0)),
  ];
  const others = values(b);
  return values(a).every((value, i) => value === others[i]);
}
