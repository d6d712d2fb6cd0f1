/** The standard normal distribution. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);
const LOG_SQRT_2PI = Math.log(SQRT_2PI);

/** Farther out than this, the sums that serve the middle would lose more and more digits to cancellation. */
const TAIL = 2;

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_2PI;
}

/**
 * P(Z <= z), with full relative precision in the lower tail too.
 *
 * Source: Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11, 2004: a series in the middle,
 * a continued fraction in the tails.
 */
export function normalProbability(z: number): number {
  if (z < -TAIL) return normalDensity(z) * millsRatio(-z);
  if (z > TAIL) return 1 - normalDensity(z) * millsRatio(z);
  let term = z;
  let sum = z;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

/**
 * (1 - P(Z <= z)) / density(z) for z >= 0.5, to 1e-15 of its value. Nearer to 0 it converges ever slower.
 *
 * Source: Laplace's continued fraction, Abramowitz and Stegun 26.2.14.
 */
export function millsRatio(z: number): number {
  return 1 / (z + 1 / tailFraction(z));
}

/** z + 2 / (z + 3 / (z + 4 / ...)): the continued fraction of the Mills ratio without its first two levels. */
function tailFraction(z: number): number {
  // so many are enough for 1e-16, found by trying; the rest of the levels is taken for one that repeats the last.
  const levels = Math.ceil(8 + 40 / z + 210 / (z * z));
  let fraction = 0.5 * (z + Math.sqrt(z * z + 4 * levels + 2));
  for (let k = levels; k >= 2; k--) fraction = z + k / fraction;
  return fraction;
}

/**
 * The z with P(Z <= z) = p, to 1e-14 of its value or 1e-15; -Infinity for 0, Infinity for 1, NaN outside.
 *
 * Source: the starting value is 26.2.23 of Abramowitz and Stegun, "Handbook of mathematical functions", 1964, good to 4.5e-4.
 * Two of Halley's steps on log P, each of which triples the digits, do the rest.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (let i = 0; i < 2; i++) {
    // P / density, the inverse of the slope of log P. In the tail without P itself, which may be too small for a number.
    const ratio = z < -TAIL ? millsRatio(-z) : normalProbability(z) / normalDensity(z);
    const logProbability = Math.log(ratio) - 0.5 * z * z - LOG_SQRT_2PI;
    const newton = ratio * (logProbability - Math.log(p));
    z -= newton / (1 + 0.5 * newton * (z + 1 / ratio));
  }
  return z;
}

/**
 * log of h(z) = density(z) + z P(Z <= z): expected improvement in units of the standard deviation. Never loses precision,
 * however far below 0 z is.
 *
 * Source: Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization", NeurIPS 2023. In the
 * tail, x = -z: with m = 1 / (x + 1 / t) for the Mills ratio and t for its `tailFraction`, h / density = 1 - x m =
 * 1 / (1 + x t), where nothing cancels.
 */
export function logExpectedImprovement(z: number): number {
  if (z > -TAIL) return Math.log(normalDensity(z) + z * normalProbability(z));
  return -0.5 * z * z - LOG_SQRT_2PI - Math.log1p(-z * tailFraction(-z));
}

/** d/dz of `logExpectedImprovement`: P(Z <= z) / h(z), which in the tail is m / (1 - x m) = t. */
export function logExpectedImprovementSlope(z: number): number {
  if (z <= -TAIL) return tailFraction(-z);
  const probability = normalProbability(z);
  return probability / (normalDensity(z) + z * probability);
}

/** log P(Z <= z), however far below 0 z is. */
export function logNormalProbability(z: number): number {
  return z > -3 ? Math.log(normalProbability(z)) : -0.5 * z * z - LOG_SQRT_2PI + Math.log(millsRatio(-z));
}

/** d/dz of `logNormalProbability`: density / P(Z <= z). */
export function logNormalProbabilitySlope(z: number): number {
  return z > -3 ? normalDensity(z) / normalProbability(z) : 1 / millsRatio(-z);
}
