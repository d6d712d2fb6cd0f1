import { factorize, invert, logDeterminant, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { DifferentiableFunction } from '../../numerics/lbfgs';
import { ADDITIVE_VARIANCE, JOINT_VARIANCE, Layout, NOISE_VARIANCE, negativeLogPrior } from './hyperparameters';
import { SQRT5, matern, maternPull } from './matern';
import { warp, warpSensitivity } from './warping';

/**
 * The negative log posterior density of the hyperparameters given observations, with its gradient.
 *
 * The kernel is v_j k(r) + v_a / D Σ_c k(|Δ_c| / λ_c): a joint Matérn kernel over all coordinates, and an additive one, for
 * what each parameter does by itself. Most of what hyperparameters do is additive, and that part is learned from few
 * trials. Sources: Duvenaud, Nickisch, Rasmussen, "Additive Gaussian processes", NIPS 2011; for the likelihood and its
 * gradient Rasmussen and Williams, equations 5.8 and 5.9.
 *
 * @param x observed points, see ModelInputs
 * @param y observed values, standardized
 * @param lengthscaleRate see negativeLogPrior
 * @param noises variances of further noise that is known, one an observation
 */
export function negativeLogPosterior(
  layout: Layout,
  x: readonly Float64Array[],
  y: Float64Array,
  lengthscaleRate: number,
  noises?: Float64Array,
): DifferentiableFunction {
  const n = y.length;
  const d = layout.dimensions;
  const pairs = (n * (n - 1)) / 2;
  // kept between evaluations: all that depends on a pair is computed once for the value and its gradient.
  const k = new Float64Array(n * n);
  const inverse = new Float64Array(n * n);
  const scratch = new Float64Array(n * n);
  const alpha = new Float64Array(n);
  const warped = new Float64Array(n * d);
  const warpedGradient = new Float64Array(n * d);
  const distances = new Float64Array(pairs * d);
  const exponentials = new Float64Array(pairs * d);
  const joint = new Float64Array(pairs);
  const jointPull = new Float64Array(pairs);
  const perLengthscale = new Float64Array(d);
  const perAdditive = new Float64Array(d);

  return (p, gradient) => {
    gradient.fill(0);
    const prior = negativeLogPrior(layout, lengthscaleRate, p, gradient);
    const jointVariance = Math.exp(p[JOINT_VARIANCE]);
    const additiveVariance = Math.exp(p[ADDITIVE_VARIANCE]) / d;
    const noise = Math.exp(p[NOISE_VARIANCE]);
    for (let c = 0; c < d; c++) {
      perLengthscale[c] = Math.exp(-p[layout.jointLengthscale + c]);
      perAdditive[c] = SQRT5 * Math.exp(-p[layout.additiveLengthscale + c]);
      const a = Math.exp(p[layout.warpA + c]);
      const b = Math.exp(p[layout.warpB + c]);
      for (let i = 0; i < n; i++) warped[i * d + c] = layout.isCategorical[c] ? x[i][c] : warp(x[i][c], a, b);
    }

    let at = 0;
    let pair = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++, pair++) {
        let squares = 0;
        let sum = 0;
        for (let c = 0; c < d; c++, at++) {
          let delta = warped[i * d + c] - warped[j * d + c];
          if (layout.isCategorical[c] && delta !== 0) delta = 1;
          distances[at] = delta;
          const z = delta * perLengthscale[c];
          squares += z * z;
          const t = Math.abs(delta) * perAdditive[c];
          const e = t === 0 ? 1 : Math.exp(-t);
          exponentials[at] = e;
          sum += matern(t, e);
        }
        const s = SQRT5 * Math.sqrt(squares);
        const e = Math.exp(-s);
        joint[pair] = matern(s, e);
        jointPull[pair] = maternPull(s, e);
        k[i * n + j] = jointVariance * joint[pair] + additiveVariance * sum;
      }
      k[i * n + i] = jointVariance + additiveVariance * d + noise + (noises?.[i] ?? 0);
    }
    if (!factorize(k, n)) return NaN;
    alpha.set(y);
    solveLower(k, n, n, alpha);
    let fit = 0;
    for (let i = 0; i < n; i++) fit += alpha[i] * alpha[i];
    solveLowerTransposed(k, n, n, alpha);
    invert(k, n, inverse, scratch);

    // with M = K⁻¹ - α αᵀ, each derivative is ½ tr(M dK): every pair counts twice, which takes the half away.
    warpedGradient.fill(0);
    let trace = 0;
    let jointSum = 0;
    let additiveSum = 0;
    at = 0;
    pair = 0;
    for (let i = 0; i < n; i++) {
      trace += inverse[i * n + i] - alpha[i] * alpha[i];
      for (let j = 0; j < i; j++, pair++) {
        const m = inverse[i * n + j] - alpha[i] * alpha[j];
        const jointWeight = (m * jointVariance * 5 * jointPull[pair]) / 3;
        const additiveWeight = (m * additiveVariance) / 3;
        jointSum += m * joint[pair];
        for (let c = 0; c < d; c++, at++) {
          const delta = distances[at];
          if (delta === 0) {
            additiveSum += m;
            continue;
          }
          const z = delta * perLengthscale[c];
          const t = Math.abs(delta) * perAdditive[c];
          const e = exponentials[at];
          additiveSum += m * matern(t, e);
          const slope = additiveWeight * maternPull(t, e) * t;
          gradient[layout.jointLengthscale + c] += jointWeight * z * z;
          gradient[layout.additiveLengthscale + c] += slope * t;
          if (layout.isCategorical[c]) continue;
          const push = jointWeight * z * perLengthscale[c] + (slope * t) / delta;
          warpedGradient[i * d + c] -= push;
          warpedGradient[j * d + c] += push;
        }
      }
    }
    gradient[JOINT_VARIANCE] += jointVariance * (jointSum + 0.5 * trace);
    gradient[ADDITIVE_VARIANCE] += additiveVariance * (additiveSum + 0.5 * trace * d);
    gradient[NOISE_VARIANCE] += 0.5 * noise * trace;
    for (let c = 0; c < d; c++) {
      if (layout.isCategorical[c]) continue;
      const a = Math.exp(p[layout.warpA + c]);
      const b = Math.exp(p[layout.warpB + c]);
      for (let i = 0; i < n; i++) {
        const [byA, byB] = warpSensitivity(x[i][c], a, b);
        gradient[layout.warpA + c] += warpedGradient[i * d + c] * byA;
        gradient[layout.warpB + c] += warpedGradient[i * d + c] * byB;
      }
    }
    return 0.5 * fit + 0.5 * logDeterminant(k, n, n) + prior;
  };
}
