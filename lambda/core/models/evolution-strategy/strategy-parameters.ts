/** The constants of CMA-ES, by the symbols of the tutorial. */
export interface StrategyParameters {
  /** λ. */
  readonly populationSize: number;
  /** w_1 to w_λ, the best first: the positive ones sum up to 1, the others are negative or 0. */
  readonly weights: Float64Array;
  /** μ_eff of the positive weights. */
  readonly selectionMass: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cC: number;
  readonly c1: number;
  readonly cMu: number;
  /** E |N(0, I)|. */
  readonly expectedNorm: number;
}

/**
 * The default constants.
 *
 * Sources: Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772, table 1; with a diagonal covariance matrix,
 * which has fewer entries to learn, faster by (n + 2) / 3: Ros and Hansen, "A simple modification in CMA-ES achieving linear
 * time and space complexity", PPSN 2008.
 *
 * @param n dimension, at least 1
 * @param populationSize λ, at least 2
 */
export function strategyParameters(n: number, populationSize: number, isDiagonal: boolean): StrategyParameters {
  const raw = Float64Array.from(
    { length: populationSize },
    (_, i) => Math.log((populationSize + 1) / 2) - Math.log(i + 1),
  );
  const good = raw.filter((weight) => weight > 0);
  const bad = raw.filter((weight) => weight < 0);
  const selectionMass = sum(good) ** 2 / sumOfSquares(good);
  const badMass = sum(bad) ** 2 / sumOfSquares(bad);

  const speed = isDiagonal ? (n + 2) / 3 : 1;
  const c1 = Math.min(1, (speed * 2) / ((n + 1.3) ** 2 + selectionMass));
  const cMu = Math.min(
    1 - c1,
    (speed * 2 * (1 / 4 + selectionMass + 1 / selectionMass - 2)) / ((n + 2) ** 2 + selectionMass),
  );
  // the negative weights' sum is small enough that the matrix stays positive definite.
  const badSum = Math.min(1 + c1 / cMu, 1 + (2 * badMass) / (selectionMass + 2), (1 - c1 - cMu) / (n * cMu));
  const cSigma = (selectionMass + 2) / (n + selectionMass + 5);
  return {
    populationSize,
    weights: raw.map((weight) => (weight >= 0 ? weight / sum(good) : (badSum * weight) / -sum(bad))),
    selectionMass,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((selectionMass - 1) / (n + 1)) - 1) + cSigma,
    cC: (4 + selectionMass / n) / (n + 4 + (2 * selectionMass) / n),
    c1,
    cMu,
    expectedNorm: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

/** λ = 4 + 3 ln n, the tutorial's default. */
export function defaultPopulationSize(n: number): number {
  return 4 + Math.floor(3 * Math.log(Math.max(n, 1)));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((total, value) => total + value * value, 0);
}
