/** A covariance matrix C = A Aᵀ that learns from steps. It begins as the identity. */
export interface Covariance {
  /** Cⱼⱼ. */
  variance(j: number): number;
  /** A z: a step with this covariance from one with the identity. */
  colour(z: Float64Array): Float64Array;
  /** A⁻¹ y. */
  whiten(y: Float64Array): Float64Array;
  /** C becomes factor · C + Σ weightᵢ yᵢ yᵢᵀ. The result must be positive definite but for rounding. */
  learn(factor: number, steps: readonly Float64Array[], weights: readonly number[]): void;
  /** Multiplies row and column j by the factor. */
  stretch(j: number, factor: number): void;
}
