import { logExpectedImprovement, logExpectedImprovementSlope } from '../../numerics/normal';
import { GaussianProcess } from '../gaussian-process/gaussian-process';
import { Acquisition } from './acquisition';

/**
 * The logarithm of the expected improvement over the best value so far.
 *
 * Sources: Jones, Schonlau, Welch, "Efficient global optimization of expensive black-box functions", J. Global Optimization
 * 13, 1998; the logarithm after Ament et al., NeurIPS 2023. Where values are noisy, a point that is well known already is
 * worth less: Huang, Allen, Notz, Zeng, "Global optimization of stochastic black-box systems via sequential kriging
 * meta-models", J. Global Optimization 34, 2006 ("augmented expected improvement").
 */
export class ExpectedImprovement implements Acquisition {
  private readonly meanGradient: Float64Array;
  private readonly varianceGradient: Float64Array;

  /**
   * @param best the value to improve on: lower is better
   * @param noise standard deviation of an observation's noise; 0 if a value is what it is
   */
  constructor(
    private readonly model: GaussianProcess,
    private readonly best: number,
    dimensions: number,
    private readonly noise = 0,
  ) {
    this.meanGradient = new Float64Array(dimensions);
    this.varianceGradient = new Float64Array(dimensions);
  }

  value(point: Float64Array): number {
    const { mean, variance } = this.model.predict(point);
    const deviation = Math.sqrt(variance);
    return logExpectedImprovement((this.best - mean) / deviation) + Math.log(deviation) + this.logNews(variance);
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    const { mean, variance } = this.model.predictWithGradient(point, this.meanGradient, this.varianceGradient);
    const deviation = Math.sqrt(variance);
    const z = (this.best - mean) / deviation;
    const slope = logExpectedImprovementSlope(z);
    const newsSlope = this.logNewsSlope(variance);
    for (let c = 0; c < gradient.length; c++) {
      const deviationSlope = this.varianceGradient[c] / (2 * deviation);
      gradient[c] =
        (deviationSlope - slope * (this.meanGradient[c] + z * deviationSlope)) / deviation +
        newsSlope * this.varianceGradient[c];
    }
    return logExpectedImprovement(z) + Math.log(deviation) + this.logNews(variance);
  }

  /** The logarithm of 1 - noise / √(variance + noise²): how much an observation tells that isn't known. */
  private logNews(variance: number): number {
    if (this.noise === 0) return 0;
    const total = Math.sqrt(variance + this.noise ** 2);
    return Math.log(variance) - Math.log(total * (total + this.noise));
  }

  private logNewsSlope(variance: number): number {
    if (this.noise === 0) return 0;
    const total = Math.sqrt(variance + this.noise ** 2);
    return 1 / variance - 1 / (2 * total ** 2) - 1 / (2 * total * (total + this.noise));
  }
}
