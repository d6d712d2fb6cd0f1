/** What is believed of a function before any of its values is known. */
export interface Belief {
  /** The rate of the prior of continuous lengthscales, see negativeLogPrior: the higher, the shorter they are. */
  readonly lengthscaleRate: number;
  /** Noise variances, in units of the values' variance, that the search for the hyperparameters begins with. */
  readonly startNoises: readonly number[];
  /** The most noise there can be, in the same units; any if left out. */
  readonly maxNoise?: number;
}

/** A belief of a function whose values may be noisy. */
export interface BeliefInNoise extends Belief {
  /** Whether what looks like noise is taken for noise only where nothing else explains it. */
  readonly doubtsNoise: boolean;
}

/** The function has details that matter, or what looks like them is noise. */
export const DETAILS: BeliefInNoise = { lengthscaleRate: 3, startNoises: [1e-4, 0.1], doubtsNoise: false };

/** The function follows broad trends, and what it shows is there. */
export const TRENDS: BeliefInNoise = { lengthscaleRate: 1, startNoises: [1e-4, 0.1], doubtsNoise: true };

/** The noise that is next to none, in units of the values' variance. */
export const MOST_WITHOUT_NOISE = 1e-3;

/** The same about the function itself, and that there is next to no noise. */
export function withoutNoise({ lengthscaleRate }: Belief): Belief {
  return { lengthscaleRate, startNoises: [1e-4], maxNoise: MOST_WITHOUT_NOISE };
}
