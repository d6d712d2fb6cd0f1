import { Belief } from './belief';
import { Layout } from './hyperparameters';
import { fitHyperparameters } from './fit';

/** Up to four fits, with and without noise by two beliefs, for each of a handful of objectives and constraints. */
const MAX_ENTRIES = 32;

const fits = new Map<string, Float64Array>();

/**
 * `fitHyperparameters`, remembered: trials that are proposed one after another without a new result share their fit. It
 * saves time and changes no answer.
 */
export function rememberedFit(
  layout: Layout,
  x: readonly Float64Array[],
  y: Float64Array,
  belief: Belief,
  noises?: Float64Array,
): Float64Array {
  const key = JSON.stringify([
    belief,
    [...layout.isCategorical],
    [...layout.isDiscrete],
    x.map((point) => [...point]),
    [...y],
    noises && [...noises],
  ]);
  const known = fits.get(key);
  const fit = known ?? fitHyperparameters(layout, x, y, belief, noises);
  // the newest at the end.
  fits.delete(key);
  fits.set(key, fit);
  if (fits.size > MAX_ENTRIES) fits.delete(fits.keys().next().value!);
  return fit;
}
