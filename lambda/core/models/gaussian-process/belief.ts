/** What is believed of a function before any of its values is known. */
export interface Belief {
  /** The rate of the prior of continuous lengthscales, see negativeLogPrior: the higher, the shorter they are. */
  readonly lengthscaleRate: number;
  /** Noise variances, in units of the values' variance, that the search for the hyperparameters begins with. */
  readonly startNoises: readonly number[];
}

/** The function has details that matter, or what looks like them is noise. */
export const DETAILS: Belief = { lengthscaleRate: 3, startNoises: [1e-4, 0.1] };

/** The function follows broad trends, and what it shows is there. */
export const TRENDS: Belief = { lengthscaleRate: 1, startNoises: [1e-4] };
