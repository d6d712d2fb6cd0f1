import { factorize, invert, logDeterminant, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { DifferentiableFunction } from '../../numerics/lbfgs';
import { ADDITIVE_SIGNAL, Layout, NOISE, SIGNAL, negativeLogPrior } from './hyperparameters';
import { T } from './tuning';
import { warp, warpSensitivity } from './warping';

const SQRT5 = Math.sqrt(5);

/** Negative log posterior of the hyperparameters. */
export function negativeLogPosterior(layout: Layout, x: readonly Float64Array[], y: Float64Array): DifferentiableFunction {
  const n = y.length;
  const d = layout.dimensions;
  const k = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  const scratch = new Float64Array(n * n);
  const pull = new Float64Array((n * (n - 1)) / 2);
  const w = new Float64Array(n * d);
  const pairs = (n * (n - 1)) / 2;
  const deltas = new Float64Array(pairs * d);
  const exps = new Float64Array(T.additive ? pairs * d : 0);
  const shape = new Float64Array(pairs);
  const g = new Float64Array(n * d);
  const additive = T.additive;
  return (p, gradient) => {
    gradient.fill(0);
    const prior = negativeLogPrior(layout, p, gradient);
    const signal = Math.exp(p[SIGNAL]);
    const additiveSignal = additive ? Math.exp(p[ADDITIVE_SIGNAL]) / d : 0;
    const noise = Math.exp(p[NOISE]);
    const inv = new Float64Array(d);
    const ainv = new Float64Array(d);
    for (let c = 0; c < d; c++) {
      inv[c] = Math.exp(-p[layout.lengthscale + c]);
      ainv[c] = Math.exp(-p[layout.additiveLengthscale + c]);
      const a = Math.exp(p[layout.warpA + c]);
      const b = Math.exp(p[layout.warpB + c]);
      for (let i = 0; i < n; i++) w[i * d + c] = layout.isCategorical[c] ? x[i][c] : warp(x[i][c], a, b);
    }
    let at = 0;
    let pair = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++, pair++) {
        let r2 = 0;
        let sum = 0;
        for (let c = 0; c < d; c++, at++) {
          const delta = layout.isCategorical[c] ? (w[i * d + c] === w[j * d + c] ? 0 : 1) : w[i * d + c] - w[j * d + c];
          deltas[at] = delta;
          const z = delta * inv[c];
          r2 += z * z;
          if (additive) {
            const t = SQRT5 * Math.abs(delta) * ainv[c];
            const e = t === 0 ? 1 : Math.exp(-t);
            exps[at] = e;
            sum += (1 + t + (t * t) / 3) * e;
          }
        }
        const s = SQRT5 * Math.sqrt(r2);
        const e = Math.exp(-s);
        shape[pair] = (1 + s + (s * s) / 3) * e;
        pull[pair] = (1 + s) * e;
        k[i * n + j] = signal * shape[pair] + additiveSignal * sum;
      }
      k[i * n + i] = signal + additiveSignal * d + noise;
    }
    if (!factorize(k, n)) return NaN;
    const alpha = Float64Array.from(y);
    solveLower(k, n, n, alpha);
    let fit = 0;
    for (let i = 0; i < n; i++) fit += alpha[i] * alpha[i];
    solveLowerTransposed(k, n, n, alpha);
    const value = 0.5 * fit + 0.5 * logDeterminant(k, n, n) + prior;
    invert(k, n, inverse, scratch);
    g.fill(0);
    let trace = 0;
    let ds = 0;
    let da = 0;
    at = 0;
    pair = 0;
    for (let i = 0; i < n; i++) {
      trace += inverse[i * n + i] - alpha[i] * alpha[i];
      for (let j = 0; j < i; j++, pair++) {
        const m = inverse[i * n + j] - alpha[i] * alpha[j];
        const c53 = (m * signal * 5 * pull[pair]) / 3;
        const q53 = (m * additiveSignal * 5) / 3;
        ds += m * shape[pair];
        for (let c = 0; c < d; c++, at++) {
          const delta = deltas[at];
          if (delta === 0) {
            da += m;
            continue;
          }
          const z = delta * inv[c];
          gradient[layout.lengthscale + c] += c53 * z * z;
          let push = c53 * z * inv[c];
          if (additive) {
            const za = delta * ainv[c];
            const t = SQRT5 * Math.abs(za);
            const e = exps[at];
            da += m * (1 + t + (t * t) / 3) * e;
            const q = q53 * (1 + t) * e;
            gradient[layout.additiveLengthscale + c] += q * za * za;
            push += q * za * ainv[c];
          }
          if (!layout.isCategorical[c]) {
            g[i * d + c] -= push;
            g[j * d + c] += push;
          }
        }
      }
    }
    gradient[SIGNAL] += signal * (ds + 0.5 * trace);
    if (additive) gradient[ADDITIVE_SIGNAL] += additiveSignal * (da + 0.5 * trace * d);
    gradient[NOISE] += 0.5 * noise * trace;
    if (T.warp) {
      for (let c = 0; c < d; c++) {
        if (layout.isCategorical[c]) continue;
        const a = Math.exp(p[layout.warpA + c]);
        const b = Math.exp(p[layout.warpB + c]);
        for (let i = 0; i < n; i++) {
          const [sa, sb] = warpSensitivity(x[i][c], a, b);
          gradient[layout.warpA + c] += g[i * d + c] * sa;
          gradient[layout.warpB + c] += g[i * d + c] * sb;
        }
      }
    }
    return value;
  };
}
