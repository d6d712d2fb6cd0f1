import { normalDensity, normalProbability } from '../../numerics/normal';
import { Covariance } from './covariance';
import { DiagonalCovariance } from './diagonal-covariance';
import { FullCovariance } from './full-covariance';
import { Recombination } from './recombination';
import { StrategyParameters, strategyParameters } from './strategy-parameters';

/** Above so many dimensions only variances are learned. */
export const MAX_FULL_DIMENSION = 40;

/** σ at the start, in units of the range, so that from the centre the bounds are 2.5 standard deviations away. */
const START_SIGMA = 0.2;

/** Nearer than this, a coordinate is at the bound: values of a logarithmic scale don't come back exactly. */
const AT_BOUND = 1e-9;

/** So many standard deviations away, the rest of the distribution is taken to lie at the bound. */
const FAR = 6;

/** No standard deviation grows beyond this: the range holds no more. */
const MAX_DEVIATION = 0.5;

/**
 * The normal distribution of CMA-ES over the unit cube, which moves to where the good points are.
 *
 * Source: Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772; the names are the tutorial's. Points may
 * come from elsewhere than the distribution, an older one, say: steps that are longer than it would make are shortened,
 * as in Hansen, "Injecting external solutions into CMA-ES", arXiv 1110.4181.
 */
export class EvolutionStrategy {
  readonly parameters: StrategyParameters;
  private readonly covariance: Covariance;
  private readonly mean: Float64Array;
  private readonly pathSigma: Float64Array;
  private readonly pathC: Float64Array;
  private sigma = START_SIGMA;
  private updates = 0;

  /** @param start a point of the unit cube */
  constructor(start: ArrayLike<number>, populationSize: number) {
    const n = start.length;
    const isDiagonal = n > MAX_FULL_DIMENSION;
    this.parameters = strategyParameters(n, populationSize, isDiagonal);
    this.covariance = isDiagonal ? new DiagonalCovariance(n) : new FullCovariance(n);
    this.mean = Float64Array.from(start);
    this.pathSigma = new Float64Array(n);
    this.pathC = new Float64Array(n);
  }

  center(j: number): number {
    return this.mean[j];
  }

  /** Standard deviation of one coordinate. */
  deviation(j: number): number {
    return this.sigma * Math.sqrt(this.covariance.variance(j));
  }

  /** Keeps a coordinate's standard deviation from falling below a bound. */
  widen(j: number, minimum: number): void {
    const deviation = this.deviation(j);
    if (deviation < minimum) this.covariance.stretch(j, minimum / deviation);
  }

  /**
   * A point of the unit cube; what falls outside of it is moved to the bounds.
   *
   * @param z standard normal numbers
   */
  sample(z: Float64Array): Float64Array {
    return this.covariance.colour(z).map((step, j) => Math.min(Math.max(this.mean[j] + this.sigma * step, 0), 1));
  }

  /**
   * Learns from a population.
   *
   * @param points of the unit cube, λ of them, the best first
   */
  update(points: readonly Float64Array[], weights: Recombination): void {
    const { cSigma, dSigma, cC, c1, cMu, expectedNorm, selectionMass } = this.parameters;
    const { mean, pathSigma, pathC, covariance } = this;
    const n = mean.length;
    const { steps, squaredLengths } = this.stepsTo(points.map((x) => this.uncut(x)));

    const shift = new Float64Array(n);
    steps.forEach((y, i) => {
      for (let j = 0; j < n; j++) shift[j] += weights.mean[i] * y[j];
    });
    for (let j = 0; j < n; j++) {
      const moved = Math.min(Math.max(mean[j] + this.sigma * shift[j], 0), 1);
      shift[j] = (moved - mean[j]) / this.sigma;
      mean[j] = moved;
    }

    const gainSigma = Math.sqrt(cSigma * (2 - cSigma) * selectionMass);
    const white = covariance.whiten(shift);
    for (let j = 0; j < n; j++) pathSigma[j] = (1 - cSigma) * pathSigma[j] + gainSigma * white[j];
    const length = norm(pathSigma);
    this.updates++;
    const expected = Math.sqrt(1 - (1 - cSigma) ** (2 * this.updates)) * expectedNorm;
    // a path this long says that σ is far too small: the covariance should not stretch in the place of σ.
    const isCalm = length / expected < 1.4 + 2 / (n + 1);
    const gainC = isCalm ? Math.sqrt(cC * (2 - cC) * selectionMass) : 0;
    for (let j = 0; j < n; j++) pathC[j] = (1 - cC) * pathC[j] + gainC * shift[j];

    const weightSum = weights.covariance.reduce((sum, weight) => sum + weight, 0);
    // a bad step's length says little: only its direction counts.
    const limited = weights.covariance.map((weight, i) =>
      weight >= 0 ? weight : (weight * n) / (squaredLengths[i] || n),
    );
    const lost = isCalm ? 0 : c1 * cC * (2 - cC);
    covariance.learn(
      1 + lost - c1 - cMu * weightSum,
      [pathC, ...steps],
      [c1, ...limited.map((weight) => cMu * weight)],
    );
    this.sigma *= Math.exp(Math.min(1, (cSigma / dSigma) * (length / expectedNorm - 1)));
    this.limitSigma();
  }

  /** (x - m) / σ of each point, shortened where it is longer than the distribution would make it. */
  private stepsTo(points: readonly Float64Array[]): { steps: Float64Array[]; squaredLengths: number[] } {
    const n = this.mean.length;
    const longest = Math.sqrt(n) + (2 * n) / (n + 2);
    const squaredLengths: number[] = [];
    const steps = points.map((x) => {
      const y = new Float64Array(n);
      for (let j = 0; j < n; j++) y[j] = (x[j] - this.mean[j]) / this.sigma;
      const length = norm(this.covariance.whiten(y));
      squaredLengths.push(Math.min(length, longest) ** 2);
      return length > longest ? y.map((value) => (value * longest) / length) : y;
    });
    return { steps, squaredLengths };
  }

  /**
   * The point before it was moved to the bounds: of a coordinate at a bound all that is known is that it was there or
   * beyond, so the mean of that part of the distribution stands for it. At the bound itself, all steps would seem to be
   * short or to lead inwards, and the distribution would shrink before an optimum at a bound is reached.
   */
  private uncut(x: Float64Array): Float64Array {
    return x.map((value, j) => {
      if (value > AT_BOUND && value < 1 - AT_BOUND) return value;
      const deviation = this.deviation(j);
      const z = (value - this.mean[j]) / deviation;
      return this.mean[j] + Math.sign(value - 0.5) * deviation * meanBeyond(Math.abs(z));
    });
  }

  private limitSigma(): void {
    let largest = 0;
    for (let j = 0; j < this.mean.length; j++) largest = Math.max(largest, this.deviation(j));
    if (largest > MAX_DEVIATION) this.sigma *= MAX_DEVIATION / largest;
  }
}

/** The mean of what a standard normal distribution has above z, for z >= 0. */
function meanBeyond(z: number): number {
  return z > FAR ? z : normalDensity(z) / normalProbability(-z);
}

function norm(vector: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < vector.length; j++) sum += vector[j] * vector[j];
  return Math.sqrt(sum);
}
