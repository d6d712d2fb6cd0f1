import { Random } from '../../random/random';
import { Kernel } from './kernel';

/**
 * The observation's own category with a probability of 1 - b, each of the others with an equal share of b.
 *
 * Source: Aitchison and Aitken, "Multivariate binary discrimination by the kernel method", Biometrika 63, 1976.
 */
export class CategoricalKernel implements Kernel {
  private readonly categories: Int32Array;
  private readonly logSame: number;
  private readonly logOther: number;

  /**
   * @param centers of the observations in the unit interval; NaN where the parameter isn't active
   * @param count how many categories there are, from 2
   * @param bandwidth b, above 0 and at most (count - 1) / count, at which all categories are as likely
   */
  constructor(
    centers: Float64Array,
    private readonly count: number,
    private readonly bandwidth: number,
  ) {
    this.categories = Int32Array.from(centers, (center) => (Number.isNaN(center) ? -1 : this.categoryAt(center)));
    this.logSame = Math.log(count * (1 - bandwidth));
    this.logOther = Math.log((count * bandwidth) / (count - 1));
  }

  addLogDensities(unit: number, sums: Float64Array): void {
    const { categories, logSame, logOther } = this;
    const category = this.categoryAt(unit);
    for (let i = 0; i < sums.length; i++) {
      if (categories[i] >= 0) sums[i] += categories[i] === category ? logSame : logOther;
    }
  }

  sample(observation: number, random: Random): number {
    const own = this.categories[observation];
    const u = random.uniform();
    // the same number says whether another category comes and which.
    const other = Math.floor((u / this.bandwidth) * (this.count - 1));
    const category = u >= this.bandwidth ? own : other < own ? other : other + 1;
    return (Math.min(category, this.count - 1) + 0.5) / this.count;
  }

  private categoryAt(unit: number): number {
    return Math.min(Math.floor(unit * this.count), this.count - 1);
  }
}
