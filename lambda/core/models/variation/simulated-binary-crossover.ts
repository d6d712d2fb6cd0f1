/**
 * A coordinate of a child of two parents: as far from them as one-point crossover of binary numbers puts it, near one of
 * them more often than far from both.
 *
 * Source: Deb and Agrawal, "Simulated binary crossover for continuous search space", Complex Systems 9, 1995.
 *
 * @param eta 0 or more; the higher, the nearer to the parents
 * @param uniform in 0 <= uniform < 1; below 1/2 the child lies between the parents, else beyond the first one
 * @returns the child on the side of the first parent, not kept inside any bounds
 */
export function simulatedBinaryCrossover(first: number, second: number, eta: number, uniform: number): number {
  const spread = uniform < 0.5 ? (2 * uniform) ** (1 / (eta + 1)) : (1 / (2 * (1 - uniform))) ** (1 / (eta + 1));
  return first + 0.5 * (1 - spread) * (second - first);
}
