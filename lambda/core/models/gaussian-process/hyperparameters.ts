import { ModelDimension } from './model-inputs';
import { T } from './tuning';

/**
 * The model's own parameters, all as logarithms, in one vector: signal variance, additive signal variance, noise variance,
 * the lengthscales of the product kernel, those of the additive one, and the two exponents of each coordinate's warping.
 */
export interface Layout {
  readonly dimensions: number;
  readonly length: number;
  readonly lengthscale: number;
  readonly additiveLengthscale: number;
  readonly warpA: number;
  readonly warpB: number;
  readonly isCategorical: Uint8Array;
}

export const SIGNAL = 0;
export const ADDITIVE_SIGNAL = 1;
export const NOISE = 2;

export function layoutOf(dimensions: readonly ModelDimension[]): Layout {
  const d = dimensions.length;
  return {
    dimensions: d,
    length: 3 + 4 * d,
    lengthscale: 3,
    additiveLengthscale: 3 + d,
    warpA: 3 + 2 * d,
    warpB: 3 + 3 * d,
    isCategorical: Uint8Array.from(dimensions, ({ isCategorical }) => (isCategorical ? 1 : 0)),
  };
}

export function initialHyperparameters(layout: Layout): { start: Float64Array; lower: Float64Array; upper: Float64Array } {
  const { dimensions: d, length } = layout;
  const start = new Float64Array(length);
  const lower = new Float64Array(length);
  const upper = new Float64Array(length);
  const set = (i: number, value: number, low: number, high: number) => {
    start[i] = value;
    lower[i] = low;
    upper[i] = high;
  };
  set(SIGNAL, 0, Math.log(1e-3), Math.log(50));
  if (T.additive) set(ADDITIVE_SIGNAL, T.additiveStart ?? Math.log(0.5), Math.log(1e-4), Math.log(50));
  else set(ADDITIVE_SIGNAL, -50, -50, -50);
  set(NOISE, Math.log(T.noise0 ?? 1e-4), Math.log(1e-6), Math.log(1));
  for (let i = 0; i < d; i++) {
    const l0 = T.l0 ?? (layout.isCategorical[i] ? 1.5 : 0.5);
    set(layout.lengthscale + i, Math.log(l0), Math.log(0.02), Math.log(200));
    if (T.additive) set(layout.additiveLengthscale + i, Math.log(T.la0 ?? 0.5), Math.log(0.02), Math.log(200));
    if (T.warp && !layout.isCategorical[i]) {
      set(layout.warpA + i, 0, -1.5, 1.5);
      set(layout.warpB + i, 0, -1.5, 1.5);
    }
  }
  return { start, lower, upper };
}

/** Negative log prior; adds its gradient. */
export function negativeLogPrior(layout: Layout, p: Float64Array, gradient: Float64Array): number {
  const d = layout.dimensions;
  let value = 0;
  const normal = (i: number, mean: number, variance: number) => {
    const delta = p[i] - mean;
    value += (delta * delta) / (2 * variance);
    gradient[i] += delta / variance;
  };
  normal(SIGNAL, 0, 1);
  if (T.additive) normal(ADDITIVE_SIGNAL, T.amean ?? Math.log(0.5), T.avar ?? 1);
  normal(NOISE, -8, 4);
  for (let i = 0; i < d; i++) {
    const k = layout.lengthscale + i;
    const useGamma = T.prior === 'gamma' || (T.prior === 'mixed' && !layout.isCategorical[i]);
    if (useGamma) {
      const rate = T.rate ?? 6;
      const l = Math.exp(p[k]);
      value += -2 * p[k] + rate * l;
      gradient[k] += -2 + rate * l;
    } else {
      const mu = Math.SQRT2 + 0.5 * Math.log(d);
      value += (p[k] - mu) ** 2 / 6 + p[k];
      gradient[k] += (p[k] - mu) / 3 + 1;
    }
    if (T.additive) normal(layout.additiveLengthscale + i, Math.log(T.la ?? 0.5), T.lavar ?? 0.5);
    if (T.warp && !layout.isCategorical[i]) {
      normal(layout.warpA + i, 0, T.wvar ?? 0.25);
      normal(layout.warpB + i, 0, T.wvar ?? 0.25);
    }
  }
  return value;
}
