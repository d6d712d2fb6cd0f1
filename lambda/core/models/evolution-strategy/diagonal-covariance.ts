import { Covariance } from './covariance';

/** Variances only, so that dozens of parameters are learned in a number of trials that people can afford. */
export class DiagonalCovariance implements Covariance {
  private readonly variances: Float64Array;

  constructor(n: number) {
    this.variances = new Float64Array(n).fill(1);
  }

  variance(j: number): number {
    return this.variances[j];
  }

  colour(z: Float64Array): Float64Array {
    return z.map((value, j) => Math.sqrt(this.variances[j]) * value);
  }

  whiten(y: Float64Array): Float64Array {
    return y.map((value, j) => value / Math.sqrt(this.variances[j]));
  }

  learn(factor: number, steps: readonly Float64Array[], weights: readonly number[]): void {
    const { variances } = this;
    for (let j = 0; j < variances.length; j++) {
      let variance = factor * variances[j];
      steps.forEach((y, s) => (variance += weights[s] * y[j] * y[j]));
      // the negative weights' bound holds for the whole matrix, and nearly for each entry.
      variances[j] = Math.max(variance, 0.01 * variances[j], Number.MIN_VALUE);
    }
  }

  stretch(j: number, factor: number): void {
    this.variances[j] *= factor * factor;
  }
}
