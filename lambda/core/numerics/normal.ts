/** The standard normal distribution. */

const SQRT_2PI = Math.sqrt(2 * Math.PI);
const LOG_SQRT_2PI = Math.log(SQRT_2PI);

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / SQRT_2PI;
}

/**
 * P(Z <= z), with full relative precision in the lower tail.
 *
 * Source: Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23, 1969, in the form
 * of Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11, 2004: a series in the middle, a
 * continued fraction in the tails.
 */
export function normalProbability(z: number): number {
  if (z < -3) return normalDensity(z) * millsRatio(-z);
  if (z > 3) return 1 - normalDensity(z) * millsRatio(z);
  let term = z;
  let sum = z;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * normalDensity(z);
}

/** (1 - P(Z <= z)) / density(z) for z > 0, by Laplace's continued fraction; exact to 1e-15 for z >= 3, 1e-8 for z >= 1. */
export function millsRatio(z: number): number {
  const levels = Math.ceil(20 + 500 / (z * z));
  let fraction = z;
  for (let k = levels; k >= 1; k--) fraction = z + k / fraction;
  return 1 / fraction;
}

/**
 * The z with P(Z <= z) = p, for 0 < p < 1.
 *
 * Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37, 1988, of
 * which only the starting value is kept simple here: Newton steps on the exact distribution do the rest.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  if (p > 0.5) return -normalQuantile(1 - p);
  // Abramowitz and Stegun 26.2.23, good to 4.5e-4.
  const t = Math.sqrt(-2 * Math.log(p));
  let z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (let i = 0; i < 3; i++) {
    // Halley's rule on log P, which is nearly quadratic in the tail.
    const ratio = normalProbability(z) / normalDensity(z);
    const error = ratio * Math.log(normalProbability(z) / p);
    z -= error / (1 + 0.5 * error * (z + 1 / ratio));
  }
  return z;
}

/**
 * log of h(z) = density(z) + z P(Z <= z): expected improvement in units of the standard deviation. Never loses precision,
 * however far below 0 z is.
 *
 * Source: Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization", NeurIPS 2023.
 */
export function logExpectedImprovement(z: number): number {
  if (z > -1) return Math.log(normalDensity(z) + z * normalProbability(z));
  return -0.5 * z * z - LOG_SQRT_2PI + Math.log(improvementRatio(-z));
}

/** d/dz of `logExpectedImprovement`: P(Z <= z) / h(z). */
export function logExpectedImprovementSlope(z: number): number {
  if (z > -1) {
    const probability = normalProbability(z);
    return probability / (normalDensity(z) + z * probability);
  }
  return millsRatio(-z) / improvementRatio(-z);
}

/** 1 - x m(x) for the Mills ratio m = 1 / (x + 1 / (x + 2 / ...)): with g = x + c, 1 - x / g = c / g, and nothing cancels. */
function improvementRatio(x: number): number {
  const levels = Math.ceil(20 + 500 / (x * x));
  let fraction = x;
  for (let k = levels; k >= 2; k--) fraction = x + k / fraction;
  const c = 1 / fraction;
  return c / (x + c);
}
