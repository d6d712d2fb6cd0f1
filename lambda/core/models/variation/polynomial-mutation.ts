/**
 * A step from a place of the unit interval that stays inside it: small ones are likely, and at the bounds the whole
 * probability lies on the inner side.
 *
 * Source: Deb and Goyal, "A combined genetic adaptive search (GeneAS) for engineering design", 1996, in the form for
 * bounded variables.
 *
 * @param x in 0 <= x <= 1
 * @param eta 0 or more; the higher, the smaller the steps: about 1 / (eta + 2) on the average
 * @param uniform in 0 <= uniform < 1
 */
export function polynomialMutation(x: number, eta: number, uniform: number): number {
  const power = 1 / (eta + 1);
  const step =
    uniform < 0.5
      ? (2 * uniform + (1 - 2 * uniform) * (1 - x) ** (eta + 1)) ** power - 1
      : 1 - (2 * (1 - uniform) + (2 * uniform - 1) * x ** (eta + 1)) ** power;
  return Math.min(Math.max(x + step, 0), 1);
}
