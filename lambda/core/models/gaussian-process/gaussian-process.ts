import { factorize, invert, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { ADDITIVE_SIGNAL, Layout, NOISE, SIGNAL } from './hyperparameters';
import { warp, warpSlope } from './warping';

const SQRT5 = Math.sqrt(5);

/** What the model expects at a point. */
export interface Prediction {
  readonly mean: number;
  /** Of the function itself, without noise. */
  readonly variance: number;
}

/** A Gaussian process with fixed hyperparameters, conditioned on observations. */
export class GaussianProcess {
  private readonly n: number;
  private readonly d: number;
  private readonly signal: number;
  private readonly additiveSignal: number;
  private readonly inverseLengthscale: Float64Array;
  private readonly inverseAdditive: Float64Array;
  private readonly a: Float64Array;
  private readonly b: Float64Array;
  private readonly warped: Float64Array;
  private readonly inverse: Float64Array;
  private readonly alpha: Float64Array;
  private readonly cross: Float64Array;
  private readonly solved: Float64Array;
  private readonly query: Float64Array;

  constructor(
    private readonly layout: Layout,
    private readonly p: Float64Array,
    private readonly x: readonly Float64Array[],
    private readonly y: Float64Array,
  ) {
    const n = (this.n = y.length);
    const d = (this.d = layout.dimensions);
    this.signal = Math.exp(p[SIGNAL]);
    this.additiveSignal = Math.exp(p[ADDITIVE_SIGNAL]) / d;
    this.inverseLengthscale = Float64Array.from({ length: d }, (_, c) => Math.exp(-p[layout.lengthscale + c]));
    this.inverseAdditive = Float64Array.from({ length: d }, (_, c) => Math.exp(-p[layout.additiveLengthscale + c]));
    this.a = Float64Array.from({ length: d }, (_, c) => Math.exp(p[layout.warpA + c]));
    this.b = Float64Array.from({ length: d }, (_, c) => Math.exp(p[layout.warpB + c]));
    this.warped = new Float64Array(n * d);
    x.forEach((point, i) => this.warpInto(point, this.warped.subarray(i * d, (i + 1) * d)));

    const k = new Float64Array(n * n);
    const noise = Math.exp(p[NOISE]);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const value = this.kernel(this.warped.subarray(i * d, (i + 1) * d), j);
        k[i * n + j] = value;
      }
    }
    let jitter = 0;
    const source = Float64Array.from(k);
    for (;;) {
      for (let i = 0; i < n; i++) k[i * n + i] = this.priorVariance + noise + jitter;
      if (factorize(k, n)) break;
      jitter = Math.max(jitter * 10, 1e-8 * this.priorVariance);
      k.set(source);
    }
    this.alpha = Float64Array.from(y);
    solveLower(k, n, n, this.alpha);
    solveLowerTransposed(k, n, n, this.alpha);
    this.inverse = new Float64Array(n * n);
    invert(k, n, this.inverse, source);
    this.cross = new Float64Array(n);
    this.query = new Float64Array(d);
    this.solved = new Float64Array(n);
  }

  get priorVariance(): number {
    return this.signal + this.additiveSignal * this.d;
  }

  /** With further points whose values are taken to be what the model expects there ("kriging believer"). */
  withExpected(points: readonly Float64Array[]): GaussianProcess {
    if (points.length === 0) return this;
    const values = points.map((point) => this.predict(point).mean);
    return new GaussianProcess(this.layout, this.p, [...this.x, ...points], Float64Array.from([...this.y, ...values]));
  }

  predict(point: ArrayLike<number>): Prediction {
    const { n, d, cross } = this;
    const w = this.query;
    this.warpInto(point, w);
    let mean = 0;
    for (let i = 0; i < n; i++) {
      const value = this.kernel(w, i);
      cross[i] = value;
      mean += value * this.alpha[i];
    }
    // the inverse is symmetric: half of it says all.
    let explained = 0;
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = 0; j < i; j++) sum += this.inverse[row + j] * cross[j];
      explained += cross[i] * (2 * sum + this.inverse[row + i] * cross[i]);
    }
    return { mean, variance: this.bounded(explained) };
  }

  /** Also writes the gradients of mean and variance; those of categorical coordinates are 0. */
  predictWithGradient(point: ArrayLike<number>, meanGradient: Float64Array, varianceGradient: Float64Array): Prediction {
    const { n, d, alpha, solved, cross, layout } = this;
    const w = this.query;
    this.warpInto(point, w);
    let mean = 0;
    for (let i = 0; i < n; i++) {
      cross[i] = this.kernel(w, i);
      mean += cross[i] * alpha[i];
    }
    let explained = 0;
    for (let i = 0; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = 0; j < n; j++) sum += this.inverse[row + j] * cross[j];
      solved[i] = sum;
      explained += sum * cross[i];
    }
    meanGradient.fill(0);
    varianceGradient.fill(0);
    for (let i = 0; i < n; i++) {
      const row = i * d;
      let r2 = 0;
      for (let c = 0; c < d; c++) {
        const delta = layout.isCategorical[c] ? (w[c] === this.warped[row + c] ? 0 : 1) : w[c] - this.warped[row + c];
        const z = delta * this.inverseLengthscale[c];
        r2 += z * z;
      }
      const s = SQRT5 * Math.sqrt(r2);
      const pull = (-5 / 3) * this.signal * (1 + s) * Math.exp(-s);
      for (let c = 0; c < d; c++) {
        if (layout.isCategorical[c]) continue;
        const delta = w[c] - this.warped[row + c];
        if (delta === 0) continue;
        let slope = pull * delta * this.inverseLengthscale[c] * this.inverseLengthscale[c];
        if (this.additiveSignal > 1e-12) {
          const t = SQRT5 * Math.abs(delta) * this.inverseAdditive[c];
          slope -= (5 / 3) * this.additiveSignal * (1 + t) * Math.exp(-t) * delta * this.inverseAdditive[c] ** 2;
        }
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
    return { mean, variance: this.bounded(explained) };
  }

  private bounded(explained: number): number {
    return Math.max(this.priorVariance - explained, 1e-12 * this.priorVariance);
  }

  private warpInto(point: ArrayLike<number>, target: Float64Array): void {
    for (let c = 0; c < this.d; c++) {
      target[c] = this.layout.isCategorical[c] ? point[c] : warp(point[c], this.a[c], this.b[c]);
    }
  }

  /** Between a warped point and observation i. */
  private kernel(w: Float64Array, i: number): number {
    const { d, warped, layout, additiveSignal } = this;
    const row = i * d;
    let r2 = 0;
    let sum = 0;
    for (let c = 0; c < d; c++) {
      const delta = layout.isCategorical[c] ? (w[c] === warped[row + c] ? 0 : 1) : w[c] - warped[row + c];
      const z = delta * this.inverseLengthscale[c];
      r2 += z * z;
      if (additiveSignal > 1e-12) {
        const t = SQRT5 * Math.abs(delta) * this.inverseAdditive[c];
        sum += (1 + t + (t * t) / 3) * Math.exp(-t);
      }
    }
    const s = SQRT5 * Math.sqrt(r2);
    return this.signal * (1 + s + (s * s) / 3) * Math.exp(-s) + additiveSignal * sum;
  }
}
