import { IntegerDefinition, OrdinalDefinition } from '../../../../lib/contract/search-space';
import { Random } from '../../random/random';
import { Cell, cellAt } from './cells';
import { Kernel } from './kernel';
import { intervalProbability, truncatedNormalQuantile } from './truncated-normal';

const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** A cell this narrow, in bandwidths, holds what the density at its centre says, to 1 in 1,000 within two bandwidths. */
const NARROW = 0.1;

/** Far out in the tail probabilities underflow; what is left of them is this. */
const SMALLEST_PROBABILITY = 1e-300;

/**
 * Normal distributions around the observations, truncated to the unit interval and integrated over the cell of each
 * value.
 */
export class DiscreteKernel implements Kernel {
  /** The observations' different centers, and for each observation the index of its own; -1 where there is none. */
  private readonly distinct: number[] = [];
  private readonly indices: Int32Array;
  private readonly logTotals: Float64Array;
  private readonly rows = new Map<number, Float64Array>();

  /**
   * @param centers of the observations in the unit interval; NaN where the parameter isn't active
   * @param bandwidth standard deviation
   */
  constructor(
    private readonly parameter: IntegerDefinition | OrdinalDefinition,
    centers: Float64Array,
    private readonly bandwidth: number,
  ) {
    const known = new Map<number, number>();
    this.indices = Int32Array.from(centers, (center) => {
      if (Number.isNaN(center)) return -1;
      const index = known.get(center) ?? this.distinct.push(center) - 1;
      known.set(center, index);
      return index;
    });
    this.logTotals = Float64Array.from(this.distinct, (center) =>
      Math.log(intervalProbability(center, bandwidth, 0, 1)),
    );
  }

  addLogDensities(unit: number, sums: Float64Array): void {
    const row = this.logDensitiesAt(unit);
    const { indices } = this;
    for (let i = 0; i < sums.length; i++) {
      if (indices[i] >= 0) sums[i] += row[indices[i]];
    }
  }

  sample(observation: number, random: Random): number {
    return truncatedNormalQuantile(this.distinct[this.indices[observation]], this.bandwidth, random.uniform());
  }

  /** The log densities at a value around each of the different centers. */
  private logDensitiesAt(unit: number): Float64Array {
    const cell = cellAt(this.parameter, unit);
    let row = this.rows.get(cell.lower);
    if (row === undefined) {
      row = Float64Array.from(this.distinct, (center, i) => this.logDensity(center, cell) - this.logTotals[i]);
      this.rows.set(cell.lower, row);
    }
    return row;
  }

  private logDensity(center: number, { lower, upper }: Cell): number {
    const width = upper - lower;
    if (width <= NARROW * this.bandwidth) {
      const distance = (0.5 * (lower + upper) - center) / this.bandwidth;
      return -0.5 * distance * distance - LOG_SQRT_2PI - Math.log(this.bandwidth);
    }
    const probability = intervalProbability(center, this.bandwidth, lower, upper);
    return Math.log(Math.max(probability, SMALLEST_PROBABILITY) / width);
  }
}
