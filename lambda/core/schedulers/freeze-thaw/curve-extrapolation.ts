import { factorize, solveLower, solveLowerTransposed } from '../../numerics/cholesky';

/** What a step is believed to be, before any trial has made it, is worth so many trials. */
const PRIOR_TRIALS = 2;

/** Value, and change since the rung before. */
const FEATURES = 3;

/** From one rung to the next: a linear regression on the value and on its last change. */
interface Step {
  readonly shift: number;
  readonly slope: number;
  readonly momentum: number;
  readonly variance: number;
}

export interface Extrapolation {
  readonly mean: number;
  readonly variance: number;
}

/** A trial's standardized values at the rungs; undefined where it has none. */
export type RungValues = readonly (number | undefined)[];

/**
 * Where learning curves end: step by step along the rungs, by regressions that are learned from the study's own trials. A
 * step that few trials have made is like the one before it. So it shows by itself from which rung on values tell anything.
 *
 * Source of the idea, to judge trials by where their curves end: Swersky, Snoek, Adams, "Freeze-thaw Bayesian optimization",
 * arXiv 1406.3896, 2014. The model of a curve is a simpler one here.
 */
export class CurveExtrapolation {
  private readonly steps: Step[] = [];
  /** Of the values at the end, had all trials gone there. */
  readonly population: Extrapolation;
  /** The variance of the ends of the half of the trials that look best. */
  private readonly varianceOfBetter: number;

  /** @param curves by trial, empty of those without a value; one has some at least */
  constructor(curves: readonly RungValues[], rungs: number) {
    // values are standardized: at first, a step may lead anywhere.
    let step: Step = { shift: 0, slope: 1, momentum: 0, variance: 1 };
    for (let s = 0; s + 1 < rungs; s++) {
      step = fitStep(curves, s, step);
      this.steps.push(step);
    }
    const first = curves.flatMap((values) => values.find((value) => value !== undefined) ?? []);
    let mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    let variance = first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / first.length;
    for (const { shift, slope, variance: noise } of this.steps) {
      mean = shift + slope * mean;
      variance = slope ** 2 * variance + noise;
    }
    this.population = { mean, variance };
    const ends = curves
      .filter(({ length }) => length > 0)
      .map((values) => this.toEnd(values, values.length - 1))
      .sort((a, b) => a.mean - b.mean);
    this.varianceOfBetter = varianceOf(ends.slice(0, Math.ceil(ends.length / 2)));
  }

  /**
   * The correlation of the value at a rung with the one at the end, from 0 to 1, among the trials that look best: new ones
   * are proposed where those are, and an early value that tells bad trials from good ones may not tell good from better. How
   * uncertain the steps are is that of all trials: the better half has too few of its own that went far.
   */
  correlation(rung: number): number {
    const { variance } = this.toEnd(
      Array.from({ length: rung + 1 }, () => 0),
      rung,
    );
    return variance > 0 ? Math.sqrt(Math.max(1 - variance / this.varianceOfBetter, 0)) : 1;
  }

  /**
   * The value at the end, given those up to a rung.
   *
   * @param rung the highest that the trial has reached, by its place among the rungs
   */
  toEnd(values: RungValues, rung: number): Extrapolation {
    let mean = values[rung]!;
    let change = mean - (values[rung - 1] ?? mean);
    // variances of value and change, and their covariance.
    let [valueVariance, covariance, changeVariance] = [0, 0, 0];
    for (const { shift, slope, momentum, variance } of this.steps.slice(rung)) {
      const next = shift + slope * mean + momentum * change;
      const drift = slope - 1;
      const both = 2 * momentum * covariance;
      const ofChange = momentum ** 2 * changeVariance + variance;
      [valueVariance, covariance, changeVariance] = [
        slope ** 2 * valueVariance + slope * both + ofChange,
        slope * drift * valueVariance + momentum * (slope + drift) * covariance + ofChange,
        drift ** 2 * valueVariance + drift * both + ofChange,
      ];
      [mean, change] = [next, next - mean];
    }
    return { mean, variance: valueVariance };
  }
}

/** Of uncertain values: how far they lie from each other, and how uncertain they are. */
function varianceOf(values: readonly Extrapolation[]): number {
  const mean = values.reduce((sum, value) => sum + value.mean, 0) / values.length;
  return values.reduce((sum, value) => sum + (value.mean - mean) ** 2 + value.variance, 0) / values.length;
}

/** Around the belief that the step is a shift by as much as the one before. */
function fitStep(curves: readonly RungValues[], s: number, before: Step): Step {
  const rows = curves.flatMap((values) => {
    const [here, next] = [values[s], values[s + 1]];
    if (here === undefined || next === undefined) return [];
    return [{ features: [1, here, here - (values[s - 1] ?? here)], target: next - here - before.shift }];
  });
  const precision = new Float64Array(FEATURES * FEATURES);
  const weights = new Float64Array(FEATURES);
  for (let i = 0; i < FEATURES; i++) precision[i * FEATURES + i] = PRIOR_TRIALS;
  for (const { features, target } of rows) {
    for (let i = 0; i < FEATURES; i++) {
      for (let j = 0; j < FEATURES; j++) precision[i * FEATURES + j] += features[i] * features[j];
      weights[i] += features[i] * target;
    }
  }
  if (!factorize(precision, FEATURES)) return before;
  solveLower(precision, FEATURES, FEATURES, weights);
  solveLowerTransposed(precision, FEATURES, FEATURES, weights);
  const squares = rows.reduce((sum, { features, target }) => {
    const error = features.reduce((rest, feature, i) => rest - feature * weights[i], target);
    return sum + error * error;
  }, 0);
  return {
    shift: before.shift + weights[0],
    slope: 1 + weights[1],
    momentum: weights[2],
    variance: (squares + PRIOR_TRIALS * before.variance) / (rows.length + PRIOR_TRIALS),
  };
}
