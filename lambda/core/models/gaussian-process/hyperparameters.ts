import { ModelDimension } from './model-inputs';

/**
 * The model's own parameters in one vector, all as logarithms: three variances, then for each dimension the lengthscale of
 * the joint kernel, the lengthscale of the additive one, and the two exponents of the warping.
 */
export interface Layout {
  readonly dimensions: number;
  readonly length: number;
  /** Where each group begins. */
  readonly jointLengthscale: number;
  readonly additiveLengthscale: number;
  readonly warpA: number;
  readonly warpB: number;
  /** 1 where a dimension is categorical. */
  readonly isCategorical: Uint8Array;
  /** 1 where a dimension has few values, categories included. */
  readonly isDiscrete: Uint8Array;
}

/** Variance of the joint kernel. */
export const JOINT_VARIANCE = 0;
/** Variance of the additive kernel, all dimensions together. */
export const ADDITIVE_VARIANCE = 1;
export const NOISE_VARIANCE = 2;
const VARIANCES = 3;

/**
 * Those of a model that is less sure: with the noises of its observations widened alike, it expects the same values, and its
 * standard deviations are so many times as wide.
 */
export function widened(hyperparameters: Float64Array, times: number): Float64Array {
  return hyperparameters.map((value, index) => (index < VARIANCES ? value + 2 * Math.log(times) : value));
}

export function layoutOf(
  dimensions: readonly (Pick<ModelDimension, 'isCategorical'> & Partial<ModelDimension>)[],
): Layout {
  const d = dimensions.length;
  return {
    dimensions: d,
    length: VARIANCES + 4 * d,
    jointLengthscale: VARIANCES,
    additiveLengthscale: VARIANCES + d,
    warpA: VARIANCES + 2 * d,
    warpB: VARIANCES + 3 * d,
    isCategorical: Uint8Array.from(dimensions, ({ isCategorical }) => (isCategorical ? 1 : 0)),
    isDiscrete: Uint8Array.from(dimensions, ({ isCategorical, levels }) =>
      isCategorical || levels !== undefined ? 1 : 0,
    ),
  };
}

/** Where the optimization of the hyperparameters begins, and its bounds. */
export function hyperparameterRange(layout: Layout): { start: Float64Array; lower: Float64Array; upper: Float64Array } {
  const start = new Float64Array(layout.length);
  const lower = new Float64Array(layout.length);
  const upper = new Float64Array(layout.length);
  const set = (index: number, value: number, low: number, high: number) => {
    start[index] = Math.log(value);
    lower[index] = Math.log(low);
    upper[index] = Math.log(high);
  };
  set(JOINT_VARIANCE, 1, 1e-3, 50);
  set(ADDITIVE_VARIANCE, 0.5, 1e-4, 50);
  set(NOISE_VARIANCE, 1e-4, 1e-6, 1);
  for (let c = 0; c < layout.dimensions; c++) {
    const isCategorical = layout.isCategorical[c] === 1;
    set(layout.jointLengthscale + c, isCategorical ? 1.5 : 0.5, 0.02, 200);
    set(layout.additiveLengthscale + c, 0.5, 0.02, 200);
    // categories have no order to stretch.
    const widest = isCategorical ? 1 : MAX_WARP;
    set(layout.warpA + c, 1, 1 / widest, widest);
    set(layout.warpB + c, 1, 1 / widest, widest);
  }
  return { start, lower, upper };
}

const MAX_WARP = Math.exp(1.5);

/**
 * Negative logarithm of the prior density of the hyperparameters, up to a constant; its gradient is added to `gradient`.
 *
 * The lengthscale of a numeric dimension has the prior Gamma(3, `lengthscaleRate`), whose mode is 2 / rate. That of a
 * discrete one is log-normal around a value that grows with the square root of the number of dimensions, after Hvarfner,
 * Hellsten, Nardi, "Vanilla Bayesian optimization performs great in high dimensions", ICML 2024: distances grow that way.
 */
export function negativeLogPrior(
  layout: Layout,
  lengthscaleRate: number,
  p: Float64Array,
  gradient: Float64Array,
): number {
  const d = layout.dimensions;
  let value = 0;
  const normal = (index: number, mean: number, variance: number) => {
    const delta = p[index] - mean;
    value += (delta * delta) / (2 * variance);
    gradient[index] += delta / variance;
  };
  normal(JOINT_VARIANCE, 0, 1);
  normal(ADDITIVE_VARIANCE, Math.log(0.5), 1);
  normal(NOISE_VARIANCE, -8, 4);
  const discreteMean = Math.SQRT2 + 0.5 * Math.log(d);
  for (let c = 0; c < d; c++) {
    const k = layout.jointLengthscale + c;
    if (layout.isDiscrete[c]) {
      // a density over the lengthscale itself: hence the second term.
      normal(k, discreteMean, 3);
      value += p[k];
      gradient[k] += 1;
    } else {
      const pull = lengthscaleRate * Math.exp(p[k]);
      value += -2 * p[k] + pull;
      gradient[k] += -2 + pull;
    }
    if (!layout.isCategorical[c]) {
      normal(layout.warpA + c, 0, 0.25);
      normal(layout.warpB + c, 0, 0.25);
    }
    normal(layout.additiveLengthscale + c, Math.log(0.5), 0.5);
  }
  return value;
}
