import { BeliefInNoise, DETAILS, MOST_WITHOUT_NOISE, withoutNoise } from './belief';
import { rememberedFit } from './fit-cache';
import { Layout, NOISE_VARIANCE } from './hyperparameters';
import { negativeLogPosterior } from './likelihood';

/**
 * How sure it must be that values are noisy, as a difference of log densities at their peaks: 20 times, which Kass and Raftery,
 * "Bayes factors", J. American Statistical Association 90, 1995, call strong of integrals. Less is what details look like.
 */
const STRONG_EVIDENCE = Math.log(20);

/** Hyperparameters, and whether the values that they were fitted to are noisy beyond doubt. */
export interface FitInDoubt {
  readonly hyperparameters: Float64Array;
  readonly isNoisy: boolean;
}

/**
 * The hyperparameters that a belief takes for probable, where what looks like noise may be details.
 *
 * That noise was fitted doesn't tell: the density has a peak with it and one without, and the climb ends at the one beside
 * which it began. So the two are compared.
 *
 * @param x observed points, see ModelInputs
 * @param y observed values, standardized
 */
export function fitInDoubt(
  layout: Layout,
  x: readonly Float64Array[],
  y: Float64Array,
  belief: BeliefInNoise,
): FitInDoubt {
  const fit = rememberedFit(layout, x, y, belief);
  if (!isNoise(fit)) return { hyperparameters: fit, isNoisy: false };
  const isNoisy = isSurelyNoisy(layout, x, y);
  const hyperparameters = isNoisy || !belief.doubtsNoise ? fit : rememberedFit(layout, x, y, withoutNoise(belief));
  return { hyperparameters, isNoisy };
}

/** Judged by who gives details a chance: who expects broad trends finds noise in any of them. */
function isSurelyNoisy(layout: Layout, x: readonly Float64Array[], y: Float64Array): boolean {
  const noisy = rememberedFit(layout, x, y, DETAILS);
  if (!isNoise(noisy)) return false;
  const noiseless = rememberedFit(layout, x, y, withoutNoise(DETAILS));
  const density = negativeLogPosterior(layout, x, y, DETAILS.lengthscaleRate);
  const gradient = new Float64Array(layout.length);
  return density(noiseless, gradient) - density(noisy, gradient) > STRONG_EVIDENCE;
}

function isNoise(hyperparameters: Float64Array): boolean {
  return hyperparameters[NOISE_VARIANCE] > Math.log(MOST_WITHOUT_NOISE);
}
