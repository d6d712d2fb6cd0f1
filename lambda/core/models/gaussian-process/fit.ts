import { minimizeInBox } from '../../numerics/lbfgs';
import { Layout, hyperparameterRange } from './hyperparameters';
import { negativeLogPosterior } from './likelihood';

const MAX_ITERATIONS = 30;

/**
 * The most probable hyperparameters, or those of the start where none can be found.
 *
 * Always from the same start, not from the last result: the answer must follow from the observations alone.
 */
export function fitHyperparameters(
  layout: Layout,
  x: readonly Float64Array[],
  y: Float64Array,
  lengthscaleRate: number,
): Float64Array {
  const { start, lower, upper } = hyperparameterRange(layout);
  const best = minimizeInBox(negativeLogPosterior(layout, x, y, lengthscaleRate), start, {
    lower,
    upper,
    maxIterations: MAX_ITERATIONS,
    valueTolerance: 1e-6,
    gradientTolerance: 1e-3,
  });
  return Number.isFinite(best.value) ? best.x : start;
}
