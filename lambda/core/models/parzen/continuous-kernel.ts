import { Random } from '../../random/random';
import { Kernel } from './kernel';
import { intervalProbability, truncatedNormalQuantile } from './truncated-normal';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** Normal distributions around the observations, truncated to the unit interval. */
export class ContinuousKernel implements Kernel {
  private readonly logScales: Float64Array;

  /**
   * @param centers of the observations in the unit interval; NaN where the parameter isn't active
   * @param bandwidth standard deviation
   */
  constructor(
    private readonly centers: Float64Array,
    private readonly bandwidth: number,
  ) {
    const logScale = -LOG_SQRT_2PI - Math.log(bandwidth);
    this.logScales = centers.map((center) => logScale - Math.log(intervalProbability(center, bandwidth, 0, 1)));
  }

  addLogDensities(unit: number, sums: Float64Array): void {
    const { centers, logScales } = this;
    const factor = -0.5 / (this.bandwidth * this.bandwidth);
    for (let i = 0; i < sums.length; i++) {
      const distance = unit - centers[i];
      // NaN where the observation lacks the parameter: the density is uniform.
      if (distance === distance) sums[i] += factor * distance * distance + logScales[i];
    }
  }

  sample(observation: number, random: Random): number {
    return truncatedNormalQuantile(this.centers[observation], this.bandwidth, random.uniform());
  }
}
