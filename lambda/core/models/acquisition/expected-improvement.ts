import { logExpectedImprovement, logExpectedImprovementSlope } from '../../numerics/normal';
import { GaussianProcess } from '../gaussian-process/gaussian-process';
import { Acquisition } from './acquisition';

/**
 * The logarithm of the expected improvement over the best value so far.
 *
 * Sources: Jones, Schonlau, Welch, "Efficient global optimization of expensive black-box functions", J. Global Optimization
 * 13, 1998; the logarithm after Ament et al., NeurIPS 2023.
 */
export class ExpectedImprovement implements Acquisition {
  private readonly meanGradient: Float64Array;
  private readonly varianceGradient: Float64Array;

  /** @param best the value to improve on: lower is better */
  constructor(
    private readonly model: GaussianProcess,
    private readonly best: number,
    dimensions: number,
  ) {
    this.meanGradient = new Float64Array(dimensions);
    this.varianceGradient = new Float64Array(dimensions);
  }

  value(point: Float64Array): number {
    const { mean, variance } = this.model.predict(point);
    const deviation = Math.sqrt(variance);
    return logExpectedImprovement((this.best - mean) / deviation) + Math.log(deviation);
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    const { mean, variance } = this.model.predictWithGradient(point, this.meanGradient, this.varianceGradient);
    const deviation = Math.sqrt(variance);
    const z = (this.best - mean) / deviation;
    const slope = logExpectedImprovementSlope(z);
    for (let c = 0; c < gradient.length; c++) {
      const deviationSlope = this.varianceGradient[c] / (2 * deviation);
      gradient[c] = (deviationSlope - slope * (this.meanGradient[c] + z * deviationSlope)) / deviation;
    }
    return logExpectedImprovement(z) + Math.log(deviation);
  }
}
