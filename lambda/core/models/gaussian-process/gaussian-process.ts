import { factorize, invert, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { ADDITIVE_VARIANCE, JOINT_VARIANCE, Layout, NOISE_VARIANCE } from './hyperparameters';
import { SQRT5, matern, maternPull } from './matern';
import { warp, warpSlope } from './warping';

/** What the model expects at a point. */
export interface Prediction {
  readonly mean: number;
  /** Of the function itself, without noise. */
  readonly variance: number;
}

/** The smallest variance, as a part of that before any observation: rounding errors lie below. */
const VARIANCE_FLOOR = 1e-12;

/** Added to the diagonal when observations are too close to each other, as a part of the variance. */
const FIRST_JITTER = 1e-8;

/** A Gaussian process with given hyperparameters, conditioned on observations. */
export class GaussianProcess {
  private readonly jointVariance: number;
  private readonly additiveVariance: number;
  private readonly perLengthscale: Float64Array;
  private readonly perAdditive: Float64Array;
  private readonly a: Float64Array;
  private readonly b: Float64Array;
  private readonly warped: Float64Array;
  private readonly inverse: Float64Array;
  private readonly alpha: Float64Array;
  /** Scratch space of predictions. */
  private readonly query: Float64Array;
  private readonly cross: Float64Array;
  private readonly solved: Float64Array;

  /**
   * @param hyperparameters see Layout
   * @param x observed points, see ModelInputs
   * @param y observed values
   * @param noises variances of further noise that is known, one an observation; none if left out
   */
  constructor(
    private readonly layout: Layout,
    private readonly hyperparameters: Float64Array,
    private readonly x: readonly Float64Array[],
    private readonly y: Float64Array,
    private readonly noises?: Float64Array,
  ) {
    const n = y.length;
    const d = layout.dimensions;
    const exp = (index: number, sign: number) =>
      Float64Array.from({ length: d }, (_, c) => Math.exp(sign * hyperparameters[index + c]));
    this.jointVariance = Math.exp(hyperparameters[JOINT_VARIANCE]);
    this.additiveVariance = Math.exp(hyperparameters[ADDITIVE_VARIANCE]) / d;
    this.perLengthscale = exp(layout.jointLengthscale, -1);
    this.perAdditive = exp(layout.additiveLengthscale, -1).map((inverse) => SQRT5 * inverse);
    this.a = exp(layout.warpA, 1);
    this.b = exp(layout.warpB, 1);
    this.query = new Float64Array(d);
    this.cross = new Float64Array(n);
    this.solved = new Float64Array(n);
    this.warped = new Float64Array(n * d);
    x.forEach((point, i) => this.warped.set(this.warp(point), i * d));

    const factor = this.factor(Math.exp(hyperparameters[NOISE_VARIANCE]));
    this.alpha = Float64Array.from(y);
    solveLower(factor, n, n, this.alpha);
    solveLowerTransposed(factor, n, n, this.alpha);
    this.inverse = new Float64Array(n * n);
    invert(factor, n, this.inverse, new Float64Array(n * n));
  }

  /** The variance before any observation. */
  get priorVariance(): number {
    return this.jointVariance + this.additiveVariance * this.layout.dimensions;
  }

  /** Of an observation. */
  get noiseVariance(): number {
    return Math.exp(this.hyperparameters[NOISE_VARIANCE]);
  }

  /**
   * With further points whose values are taken to be what the model expects there: the trials that still run.
   *
   * Source: Ginsbourger, Le Riche, Carraro, "Kriging is well-suited to parallelize optimization", 2010 ("kriging believer").
   */
  withExpected(points: readonly Float64Array[]): GaussianProcess {
    if (points.length === 0) return this;
    const values = points.map((point) => this.predict(point).mean);
    return new GaussianProcess(
      this.layout,
      this.hyperparameters,
      [...this.x, ...points],
      Float64Array.from([...this.y, ...values]),
      this.noises && Float64Array.from([...this.noises, ...values.map(() => 0)]),
    );
  }

  predict(point: ArrayLike<number>): Prediction {
    const { cross, inverse } = this;
    const n = this.y.length;
    const mean = this.observe(point);
    // the inverse is symmetric: half of it says all.
    let explained = 0;
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = 0; j < i; j++) sum += inverse[row + j] * cross[j];
      explained += cross[i] * (2 * sum + inverse[row + i] * cross[i]);
    }
    return { mean, variance: this.remaining(explained) };
  }

  /** Also writes the gradients of mean and variance; along categorical coordinates they are 0. */
  predictWithGradient(
    point: ArrayLike<number>,
    meanGradient: Float64Array,
    varianceGradient: Float64Array,
  ): Prediction {
    const { alpha, cross, inverse, layout, query, solved, warped } = this;
    const n = this.y.length;
    const d = layout.dimensions;
    const mean = this.observe(point);
    let explained = 0;
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = 0; j < n; j++) sum += inverse[row + j] * cross[j];
      solved[i] = sum;
      explained += sum * cross[i];
    }
    meanGradient.fill(0);
    varianceGradient.fill(0);
    for (let i = 0; i < n; i++) {
      const row = i * d;
      let squares = 0;
      for (let c = 0; c < d; c++) {
        let delta = query[c] - warped[row + c];
        if (layout.isCategorical[c] && delta !== 0) delta = 1;
        const z = delta * this.perLengthscale[c];
        squares += z * z;
      }
      const s = SQRT5 * Math.sqrt(squares);
      const jointWeight = (-5 / 3) * this.jointVariance * maternPull(s, Math.exp(-s));
      for (let c = 0; c < d; c++) {
        const delta = query[c] - warped[row + c];
        if (layout.isCategorical[c] || delta === 0) continue;
        const t = Math.abs(delta) * this.perAdditive[c];
        const slope =
          jointWeight * delta * this.perLengthscale[c] ** 2 -
          (this.additiveVariance / 3) * maternPull(t, Math.exp(-t)) * delta * this.perAdditive[c] ** 2;
        meanGradient[c] += slope * alpha[i];
        varianceGradient[c] -= 2 * slope * solved[i];
      }
    }
    for (let c = 0; c < d; c++) {
      if (layout.isCategorical[c]) continue;
      const slope = warpSlope(point[c], this.a[c], this.b[c]);
      meanGradient[c] *= slope;
      varianceGradient[c] *= slope;
    }
    return { mean, variance: this.remaining(explained) };
  }

  /** Fills `query` and `cross` for a point, and answers with the mean there. */
  private observe(point: ArrayLike<number>): number {
    const { alpha, cross } = this;
    this.query.set(this.warp(point));
    let mean = 0;
    for (let i = 0; i < cross.length; i++) {
      cross[i] = this.kernel(this.query, 0, i);
      mean += cross[i] * alpha[i];
    }
    return mean;
  }

  private remaining(explained: number): number {
    return Math.max(this.priorVariance - explained, VARIANCE_FLOOR * this.priorVariance);
  }

  private factor(noise: number): Float64Array {
    const n = this.y.length;
    const d = this.layout.dimensions;
    const k = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) k[i * n + j] = this.kernel(this.warped, i * d, j);
    }
    const factor = new Float64Array(n * n);
    for (
      let jitter = 0;
      jitter <= this.priorVariance;
      jitter = Math.max(jitter * 10, FIRST_JITTER * this.priorVariance)
    ) {
      factor.set(k);
      for (let i = 0; i < n; i++) factor[i * n + i] = this.priorVariance + noise + jitter + (this.noises?.[i] ?? 0);
      if (factorize(factor, n)) return factor;
    }
    throw new Error('the kernel matrix is not finite');
  }

  private warp(point: ArrayLike<number>): Float64Array {
    const { a, b, layout } = this;
    return Float64Array.from({ length: layout.dimensions }, (_, c) =>
      layout.isCategorical[c] ? point[c] : warp(point[c], a[c], b[c]),
    );
  }

  /** Between a warped point, at `offset` of `points`, and observation i. */
  private kernel(points: Float64Array, offset: number, i: number): number {
    const { warped, layout, perLengthscale, perAdditive } = this;
    const d = layout.dimensions;
    const row = i * d;
    let squares = 0;
    let sum = 0;
    for (let c = 0; c < d; c++) {
      let delta = points[offset + c] - warped[row + c];
      if (delta === 0) {
        sum += 1;
        continue;
      }
      if (layout.isCategorical[c]) delta = 1;
      const z = delta * perLengthscale[c];
      squares += z * z;
      const t = Math.abs(delta) * perAdditive[c];
      sum += matern(t, Math.exp(-t));
    }
    const s = SQRT5 * Math.sqrt(squares);
    return this.jointVariance * matern(s, Math.exp(-s)) + this.additiveVariance * sum;
  }
}
