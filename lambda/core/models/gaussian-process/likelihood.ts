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
  const pull = new Float64Array(n * n); // (1 + sqrt5 r) e^(-sqrt5 r) of the product kernel
  const w = new Float64Array(n * d);
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
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        let r2 = 0;
        let sum = 0;
        for (let c = 0; c < d; c++) {
          const delta = layout.isCategorical[c] ? (w[i * d + c] === w[j * d + c] ? 0 : 1) : w[i * d + c] - w[j * d + c];
          const z = delta * inv[c];
          r2 += z * z;
          if (additive) {
            const t = SQRT5 * Math.abs(delta) * ainv[c];
            sum += (1 + t + (t * t) / 3) * Math.exp(-t);
          }
        }
        const s = SQRT5 * Math.sqrt(r2);
        const e = Math.exp(-s);
        pull[i * n + j] = (1 + s) * e;
        k[i * n + j] = signal * (1 + s + (s * s) / 3) * e + additiveSignal * sum;
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
    for (let i = 0; i < n; i++) {
      trace += inverse[i * n + i] - alpha[i] * alpha[i];
      for (let j = 0; j < i; j++) {
        const m = inverse[i * n + j] - alpha[i] * alpha[j];
        const c53 = (m * signal * 5 * pull[i * n + j]) / 3;
        let r2 = 0;
        for (let c = 0; c < d; c++) {
          const cat = layout.isCategorical[c];
          const delta = cat ? (w[i * d + c] === w[j * d + c] ? 0 : 1) : w[i * d + c] - w[j * d + c];
          if (delta === 0) continue;
          const z = delta * inv[c];
          r2 += z * z;
          gradient[layout.lengthscale + c] += c53 * z * z;
          let push = c53 * z * inv[c];
          if (additive) {
            const t = SQRT5 * Math.abs(delta) * ainv[c];
            const e = Math.exp(-t);
            da += m * ((1 + t + (t * t) / 3) * e - 1);
            const q = (m * additiveSignal * 5 * (1 + t) * e) / 3;
            const za = delta * ainv[c];
            gradient[layout.additiveLengthscale + c] += q * za * za;
            push += q * za * ainv[c];
          }
          if (!cat) {
            g[i * d + c] -= push;
            g[j * d + c] += push;
          }
        }
        if (additive) da += m * d;
        // sqrt5 r from r2
        const s = SQRT5 * Math.sqrt(r2);
        ds += m * (pull[i * n + j] + (s * s * Math.exp(-s)) / 3);
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
