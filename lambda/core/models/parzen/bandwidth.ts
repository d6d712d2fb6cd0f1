/** How wide the kernels of numbers are, in parts of the unit interval. */
export interface BandwidthSettings {
  /** Multiplies Scott's rule. */
  readonly factor: number;
  /** Smallest bandwidth next to one observation, which shrinks with their number: this / (1 + n), n up to 99. */
  readonly minimum: number;
  /** Smallest bandwidth in widths of a discrete value's cell. */
  readonly minimumCells: number;
}

/** Variance and mean of the uniform distribution over the unit interval. */
const PRIOR_VARIANCE = 1 / 12;
const PRIOR_MEAN = 0.5;

/**
 * The kernels' standard deviation of one parameter, by Scott's rule s · n^(-1 / (d + 4)). The prior counts as one more
 * observation in the deviation s, so that a few observations that happen to be close don't narrow the search to them.
 *
 * Sources: Scott, "Multivariate density estimation", 1992; for the lower bounds Bergstra et al., "Algorithms for
 * hyper-parameter optimization", NeurIPS 2011, and Watanabe, "Tree-structured Parzen estimator: understanding its algorithm
 * components and their roles for better empirical performance", arXiv 2304.11127, section 3.3.4 ("magic clipping").
 *
 * @param centers of the observations in the unit interval; NaN where the parameter isn't active
 * @param weights of the observations, above 0
 * @param dimension d, how many parameters an observation has
 * @param values how many values the parameter has, Infinity of a continuous one
 */
export function numericBandwidth(
  centers: Float64Array,
  weights: Float64Array,
  dimension: number,
  values: number,
  { factor, minimum, minimumCells }: BandwidthSettings,
): number {
  const { count, mean, variance } = moments(centers, weights);
  const offset = mean - PRIOR_MEAN;
  const pooled = (count * variance + PRIOR_VARIANCE + (offset * offset * count) / (count + 1)) / (count + 1);
  const scott = factor * Math.sqrt(pooled) * Math.max(count, 1) ** (-1 / (dimension + 4));
  return Math.min(Math.max(scott, minimum / (1 + Math.min(count, 99)), minimumCells / values), 1);
}

/**
 * The probability b of another category than the observation's own: what is left when each category is counted once more
 * than it was seen. All categories become as likely where nothing was observed.
 *
 * @param values how many categories there are, from 2
 */
export function categoricalBandwidth(centers: Float64Array, values: number): number {
  const count = centers.reduce((sum, center) => (Number.isNaN(center) ? sum : sum + 1), 0);
  return (values - 1) / (count + values + 1);
}

function moments(centers: Float64Array, weights: Float64Array): { count: number; mean: number; variance: number } {
  let count = 0;
  let total = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < centers.length; i++) {
    if (Number.isNaN(centers[i])) continue;
    const offset = centers[i] - PRIOR_MEAN;
    count++;
    total += weights[i];
    sum += weights[i] * offset;
    squares += weights[i] * offset * offset;
  }
  if (count === 0) return { count, mean: PRIOR_MEAN, variance: 0 };
  return { count, mean: PRIOR_MEAN + sum / total, variance: Math.max(squares / total - (sum / total) ** 2, 0) };
}
