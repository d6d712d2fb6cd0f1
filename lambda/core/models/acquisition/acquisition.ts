/** What a trial at a point is expected to be worth, as a logarithm: higher is better. */
export interface Acquisition {
  value(point: Float64Array): number;

  /** Also writes the gradient; along categorical coordinates it is 0. */
  valueAndGradient(point: Float64Array, gradient: Float64Array): number;
}

/** A product of worths. */
export class ProductAcquisition implements Acquisition {
  private readonly scratch: Float64Array;

  constructor(
    private readonly parts: readonly Acquisition[],
    dimensions: number,
  ) {
    this.scratch = new Float64Array(dimensions);
  }

  value(point: Float64Array): number {
    return this.parts.reduce((sum, part) => sum + part.value(point), 0);
  }

  valueAndGradient(point: Float64Array, gradient: Float64Array): number {
    gradient.fill(0);
    return this.parts.reduce((sum, part) => {
      const value = part.valueAndGradient(point, this.scratch);
      for (let c = 0; c < gradient.length; c++) gradient[c] += this.scratch[c];
      return sum + value;
    }, 0);
  }
}
