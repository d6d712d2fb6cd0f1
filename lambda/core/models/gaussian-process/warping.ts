/**
 * A coordinate's warping, x -> 1 - (1 - x^a)^b: lets a stationary kernel fit a function that changes fast at one end of a
 * range. With a = b = 1 nothing changes.
 *
 * Source: Snoek et al., "Input warping for Bayesian optimization of non-stationary functions", ICML 2014, with Kumaraswamy's
 * distribution in place of the beta distribution.
 */
const EDGE = 1e-9;

export function warp(x: number, a: number, b: number): number {
  if (a === 1 && b === 1) return x;
  const inside = Math.min(Math.max(x, EDGE), 1 - EDGE);
  return 1 - (1 - inside ** a) ** b;
}

/** d warp / dx. */
export function warpSlope(x: number, a: number, b: number): number {
  if (a === 1 && b === 1) return 1;
  const inside = Math.min(Math.max(x, EDGE), 1 - EDGE);
  const power = inside ** a;
  return (a * b * power * (1 - power) ** (b - 1)) / inside;
}

/** d warp / d log a and d warp / d log b. */
export function warpSensitivity(x: number, a: number, b: number): [number, number] {
  const inside = Math.min(Math.max(x, EDGE), 1 - EDGE);
  const logX = Math.log(inside);
  const power = Math.exp(a * logX);
  const rest = 1 - power;
  const outer = rest ** (b - 1);
  return [a * b * outer * power * logX, -b * outer * rest * Math.log(rest)];
}
