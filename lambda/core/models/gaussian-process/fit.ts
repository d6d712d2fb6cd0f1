import { minimizeInBox } from '../../numerics/lbfgs';
import { Belief } from './belief';
import { Layout, NOISE_VARIANCE, hyperparameterRange } from './hyperparameters';
import { negativeLogPosterior } from './likelihood';

const MAX_ITERATIONS = 30;

/** The density has more than one peak: details without noise, or broad trends with noise. The climb begins where it is high. */
const START_SCALES = [0.4, 1, 4];

/**
 * The most probable hyperparameters, or those of the start where none can be found.
 *
 * Always from the same start, not from the last result: the answer must follow from the observations alone.
 */
export function fitHyperparameters(
  layout: Layout,
  x: readonly Float64Array[],
  y: Float64Array,
  { lengthscaleRate, startNoises, maxNoise }: Belief,
  noises?: Float64Array,
): Float64Array {
  const { start, lower, upper } = hyperparameterRange(layout);
  if (maxNoise !== undefined) upper[NOISE_VARIANCE] = Math.min(upper[NOISE_VARIANCE], Math.log(maxNoise));
  const density = negativeLogPosterior(layout, x, y, lengthscaleRate, noises);
  const gradient = new Float64Array(layout.length);
  let first = start;
  let least = Infinity;
  for (const scale of START_SCALES) {
    for (const noise of startNoises) {
      const candidate = Float64Array.from(start);
      for (let c = 0; c < layout.dimensions; c++) candidate[layout.jointLengthscale + c] += Math.log(scale);
      candidate[NOISE_VARIANCE] = Math.log(noise);
      const value = density(candidate, gradient);
      if (value < least) [first, least] = [candidate, value];
    }
  }
  const best = minimizeInBox(density, first, {
    lower,
    upper,
    maxIterations: MAX_ITERATIONS,
    valueTolerance: 1e-6,
    gradientTolerance: 1e-3,
  });
  return Number.isFinite(best.value) ? best.x : start;
}
