/**
 * A probability of each category, which moves to what the good points have. No category ever dies out.
 *
 * Source: Hamano, Saito, Nomura, Uchida, Shirakawa, "CatCMA: stochastic optimization for mixed-category problems", GECCO
 * 2024, of which this keeps the natural gradient step and the margin, with a fixed rate of learning.
 */
export class CategoricalStrategy {
  readonly probabilities: Float64Array;
  private readonly minimum: number;

  /**
   * @param count number of categories, at least 2
   * @param parameters categorical parameters of the space
   * @param rate 0 to 1: part of the probability that the good points of an update decide
   */
  constructor(
    count: number,
    parameters: number,
    private readonly rate: number,
  ) {
    this.probabilities = new Float64Array(count).fill(1 / count);
    // so that, with the best categories of all parameters at their most likely, a sample has them all with probability 0.73.
    this.minimum = (1 - 0.73 ** (1 / parameters)) / (count - 1);
  }

  /** @param uniform in 0 <= uniform < 1 */
  sample(uniform: number): number {
    let rest = uniform;
    for (let k = 0; k < this.probabilities.length; k++) {
      rest -= this.probabilities[k];
      if (rest < 0) return k;
    }
    return this.probabilities.length - 1;
  }

  /**
   * @param categories of the points; negative for a point that has none, which leaves its part as it was
   * @param weights of the points: none negative, their sum 1
   */
  update(categories: readonly number[], weights: readonly number[]): void {
    const { probabilities, rate } = this;
    const before = probabilities.slice();
    categories.forEach((category, i) => {
      if (category < 0) return;
      for (let k = 0; k < probabilities.length; k++) {
        probabilities[k] += rate * weights[i] * ((k === category ? 1 : 0) - before[k]);
      }
    });
    this.keepAlive();
  }

  /** Whether one category has all the probability that it may have. */
  get isConverged(): boolean {
    const most = 1 - (this.probabilities.length - 1) * this.minimum;
    return this.probabilities.some((probability) => probability > most - 1e-3);
  }

  private keepAlive(): void {
    const { probabilities, minimum } = this;
    const excess = (probability: number) => Math.max(probability - minimum, 0);
    const total = probabilities.reduce((sum, probability) => sum + excess(probability), 0);
    const free = 1 - probabilities.length * minimum;
    for (let k = 0; k < probabilities.length; k++) {
      probabilities[k] = minimum + (free * excess(probabilities[k])) / total;
    }
  }
}
