import { logNormalProbability, logNormalProbabilitySlope } from '../../numerics/normal';
import { GaussianProcess } from '../gaussian-process/gaussian-process';
import { Acquisition } from './acquisition';

/**
 * The logarithm of the probability that a value stays below a bound: of an outcome constraint that holds.
 *
 * Source: Gardner et al., "Bayesian optimization with inequality constraints", ICML 2014.
 */
export class ProbabilityBelow implements Acquisition {
  private readonly meanGradient: Float64Array;
  private readonly varianceGradient: Float64Array;

  constructor(
    private readonly model: GaussianProcess,
    private readonly bound: number,
    dimensions: number,
  ) {
    this.meanGradient = new Float64Array(dimensions);
    this.varianceGradient = new Float64Array(dimensions);
  }

  value(point: Float64Array): number {
    const { mean, variance } = this.model.predict(point);
    return logNormalProbability((this.bound - mean) / Math.sqrt(variance));
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    const { mean, variance } = this.model.predictWithGradient(point, this.meanGradient, this.varianceGradient);
    const deviation = Math.sqrt(variance);
    const z = (this.bound - mean) / deviation;
    const slope = logNormalProbabilitySlope(z);
    for (let c = 0; c < gradient.length; c++) {
      const deviationSlope = this.varianceGradient[c] / (2 * deviation);
      gradient[c] = (-slope * (this.meanGradient[c] + z * deviationSlope)) / deviation;
    }
    return logNormalProbability(z);
  }
}
