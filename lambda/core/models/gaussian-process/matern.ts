/**
 * The Matérn kernel of smoothness 5/2, k(r) = (1 + √5 r + 5 r² / 3) e^(-√5 r): functions that are twice differentiable.
 *
 * Source: Rasmussen and Williams, "Gaussian processes for machine learning", MIT Press 2006, equation 4.17.
 */
export const SQRT5 = Math.sqrt(5);

/** @param s √5 times the distance in lengthscales */
export function matern(s: number, exponential: number): number {
  return (1 + s + (s * s) / 3) * exponential;
}

/**
 * What all derivatives have in common: dk/dr = -(5/3) r × this, so that dk/d log lengthscale = (5/3) z² × this for a
 * coordinate's distance z in lengthscales.
 */
export function maternPull(s: number, exponential: number): number {
  return (1 + s) * exponential;
}
