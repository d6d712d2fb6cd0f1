import { ParameterDefinition } from '../../../../lib/contract/search-space';
import { normalQuantile } from '../../numerics/normal';
import { Random } from '../../random/random';
import { cardinality } from '../../space/parameter-codec';
import { cellAt } from '../parzen/cells';
import { CategoricalStrategy } from './categorical-strategy';
import { EvolutionStrategy } from './evolution-strategy';
import { recombination } from './recombination';
import { strategyParameters } from './strategy-parameters';

/** Coordinates of the unit cube by parameter; undefined where the parameter isn't active. */
export type PartialPoint = readonly (number | undefined)[];

/** A standard deviation below this part of the range makes no difference to a hyperparameter. */
const FINE = 1e-5;

/**
 * A distribution over the configurations of a space: normal over continuous, integer and ordinal parameters, categorical
 * over the others.
 *
 * A sample leaves the cell at the mean of a discrete parameter with a probability of at least 1 / (n λ), so that one of a
 * population does in some coordinate, and none freezes: the idea of Hamano, Saito, Nomura, Shirakawa,
 * "CMA-ES with margin: lower-bounding marginal probability for mixed-integer black-box optimization", GECCO 2022.
 */
export class MixedStrategy {
  private readonly numbers: number[] = [];
  private readonly categories = new Map<number, CategoricalStrategy>();
  private readonly normal: EvolutionStrategy | undefined;
  /** What the places of a population are worth. */
  private readonly weights: Float64Array;
  /** Half the width of a cell times this is the least standard deviation of a discrete coordinate. */
  private readonly marginFactor: number;

  /** @param start the normal distribution's first mean, by parameter; categories begin equally likely */
  constructor(
    private readonly parameters: readonly ParameterDefinition[],
    start: ArrayLike<number>,
    readonly populationSize: number,
  ) {
    const variable = parameters.map((_, i) => i).filter((i) => cardinality(parameters[i]) > 1);
    const categorical = variable.filter((i) => parameters[i].type === 'categorical');
    this.numbers = variable.filter((i) => parameters[i].type !== 'categorical');
    if (this.numbers.length > 0) {
      this.normal = new EvolutionStrategy(
        this.numbers.map((i) => start[i]),
        populationSize,
      );
    }
    this.weights = (this.normal?.parameters ?? strategyParameters(1, populationSize, true)).weights;
    const freedom = categorical.reduce((sum, i) => sum + cardinality(parameters[i]) - 1, 0);
    // about μ_eff: the more good points an update has, and the less there is to learn, the faster.
    const parents = populationSize / 4;
    for (const i of categorical) {
      const rate = parents / (parents + Math.sqrt(freedom));
      this.categories.set(i, new CategoricalStrategy(cardinality(parameters[i]), categorical.length, rate));
    }
    this.marginFactor = 1 / normalQuantile(1 - 0.5 / (Math.max(variable.length, 1) * populationSize));
  }

  /**
   * A point of the unit cube.
   *
   * @param width factor of the normal distribution's standard deviations
   */
  sample(random: Random, width = 1): number[] {
    const point = new Array<number>(this.parameters.length).fill(0.5);
    for (const [i, strategy] of this.categories) {
      const { length } = strategy.probabilities;
      point[i] = (strategy.sample(random.uniform()) + 0.5) / length;
    }
    if (this.normal !== undefined) {
      const z = Float64Array.from(this.numbers, () => width * random.normal());
      this.normal.sample(z).forEach((value, k) => (point[this.numbers[k]] = value));
    }
    return point;
  }

  /**
   * Learns from a population.
   *
   * @param points the best first, λ of them
   * @param ties how many are as good as the first, how many as the next, and so on
   * @param finished how many points have a result, at least 1
   * @param random for the coordinates that a point hasn't
   */
  update(points: readonly PartialPoint[], ties: readonly number[], finished: number, random: Random): void {
    const weights = recombination(this.weights, ties, finished);
    for (const [i, strategy] of this.categories) {
      const { length } = strategy.probabilities;
      const categoryOf = (coordinate: number | undefined) =>
        coordinate === undefined ? -1 : Math.floor(coordinate * length);
      strategy.update(
        points.map((point) => categoryOf(point[i])),
        weights.mean,
      );
    }
    const { normal } = this;
    if (normal === undefined) return;
    normal.update(
      points.map((point) => this.numbersOf(point, normal, random)),
      weights,
    );
    this.numbers.forEach((i, k) => normal.widen(k, this.leastDeviation(i, normal.center(k))));
  }

  /** Whether there is nothing more to learn: all samples would be nearly the same. */
  get isConverged(): boolean {
    const isNarrow = (i: number, k: number) =>
      this.normal!.deviation(k) <= Math.max(FINE, 2 * this.leastDeviation(i, this.normal!.center(k)));
    return this.numbers.every(isNarrow) && [...this.categories.values()].every(({ isConverged }) => isConverged);
  }

  private numbersOf(point: PartialPoint, normal: EvolutionStrategy, random: Random): Float64Array {
    const x = new Float64Array(this.numbers.length);
    for (let k = 0; k < x.length; k++) x[k] = point[this.numbers[k]] ?? this.imputed(normal, k, random);
    return x;
  }

  /** One standard deviation to either side: what isn't known neither narrows nor widens the distribution. */
  private imputed(normal: EvolutionStrategy, k: number, random: Random): number {
    const side = random.uniform() < 0.5 ? -1 : 1;
    return Math.min(Math.max(normal.center(k) + side * normal.deviation(k), 0), 1);
  }

  private leastDeviation(i: number, mean: number): number {
    const parameter = this.parameters[i];
    if (parameter.type !== 'integer' && parameter.type !== 'ordinal') return 0;
    const { lower, upper } = cellAt(parameter, mean);
    return (this.marginFactor * (upper - lower)) / 2;
  }
}
