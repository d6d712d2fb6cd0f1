import { factorize, solveLower } from '../../numerics/cholesky';
import { Covariance } from './covariance';

/** Added to the diagonal, in units of its mean, when rounding has cost the matrix its definiteness. */
const JITTER = 1e-10;

/**
 * All entries. The factor is Cholesky's, which costs a small part of an eigendecomposition.
 *
 * Source: Krause, Arbonès, Igel, "CMA-ES with optimal covariance update and storage complexity", NIPS 2016, which shows that
 * the triangular factor may stand for the symmetric root in the step size control as well.
 */
export class FullCovariance implements Covariance {
  private readonly c: Float64Array;
  private readonly factor: Float64Array;

  constructor(private readonly n: number) {
    this.c = new Float64Array(n * n);
    for (let j = 0; j < n; j++) this.c[j * n + j] = 1;
    this.factor = this.c.slice();
  }

  variance(j: number): number {
    return this.c[j * this.n + j];
  }

  colour(z: Float64Array): Float64Array {
    const { n, factor } = this;
    return z.map((_, i) => {
      let sum = 0;
      for (let k = 0; k <= i; k++) sum += factor[i * n + k] * z[k];
      return sum;
    });
  }

  whiten(y: Float64Array): Float64Array {
    const z = y.slice();
    solveLower(this.factor, this.n, this.n, z);
    return z;
  }

  learn(factor: number, steps: readonly Float64Array[], weights: readonly number[]): void {
    const { n, c } = this;
    for (let k = 0; k < c.length; k++) c[k] *= factor;
    steps.forEach((y, s) => {
      for (let i = 0; i < n; i++) {
        const scaled = weights[s] * y[i];
        for (let j = 0; j <= i; j++) c[i * n + j] += scaled * y[j];
      }
    });
    this.refactor();
  }

  stretch(j: number, factor: number): void {
    const { n, c } = this;
    for (let k = 0; k < j; k++) c[j * n + k] *= factor;
    for (let i = j + 1; i < n; i++) c[i * n + j] *= factor;
    c[j * n + j] *= factor * factor;
    // A's row stretches as C's row and column do.
    for (let k = 0; k <= j; k++) this.factor[j * n + k] *= factor;
  }

  private refactor(): void {
    const { n, c } = this;
    for (let jitter = 0; ; jitter = jitter === 0 ? JITTER : jitter * 10) {
      let mean = 0;
      for (let j = 0; j < n; j++) mean += c[j * n + j] / n;
      for (let j = 0; j < n; j++) c[j * n + j] += jitter * Math.max(mean, Number.MIN_VALUE);
      this.factor.set(c);
      if (factorize(this.factor, n)) return;
      if (!(jitter < 1)) {
        this.reset();
        return;
      }
    }
  }

  /** Nothing is left of a matrix with entries that aren't numbers. */
  private reset(): void {
    this.c.fill(0);
    for (let j = 0; j < this.n; j++) this.c[j * this.n + j] = 1;
    this.factor.set(this.c);
  }
}
