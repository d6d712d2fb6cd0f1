import { minimizeInBox } from '../../numerics/lbfgs';
import { Layout, initialHyperparameters } from './hyperparameters';
import { negativeLogPosterior } from './likelihood';
import { T } from './tuning';

/** Most probable hyperparameters. */
export function fitHyperparameters(layout: Layout, x: readonly Float64Array[], y: Float64Array): Float64Array {
  const { start, lower, upper } = initialHyperparameters(layout);
  const f = negativeLogPosterior(layout, x, y);
  let best = minimizeInBox(f, start, { lower, upper, maxIterations: T.iters, valueTolerance: T.vtol ?? 1e-6, gradientTolerance: 1e-3 });
  if (T.starts > 1) {
    const other = Float64Array.from(start);
    for (let i = 0; i < layout.dimensions; i++) other[layout.lengthscale + i] = Math.log(T.l1 ?? 2);
    other[2] = Math.log(1e-2);
    const second = minimizeInBox(f, other, { lower, upper, maxIterations: T.iters, valueTolerance: 1e-6, gradientTolerance: 1e-3 });
    if (second.value < best.value) best = second;
  }
  return Number.isFinite(best.value) ? best.x : start;
}
