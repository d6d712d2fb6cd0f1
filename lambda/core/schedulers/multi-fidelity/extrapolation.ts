import { factorize, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { num } from './variant';

/** What a step from one rung to the next is believed to be before any trial has made it is worth so many trials. */
const PRIOR_TRIALS = num('priorN', 2);

/** From the value at a rung, and how it has changed since the rung before, to the value at the next. */
interface Step {
  readonly shift: number;
  readonly slope: number;
  readonly momentum: number;
  readonly variance: number;
}

export interface Extrapolation {
  readonly mean: number;
  readonly variance: number;
  /** By how much the mean changes with the value. */
  readonly slope: number;
}

/**
 * Where learning curves end, told from where they are, as the study's own trials have shown it: from each rung to the next a
 * linear regression on the value and on its last change.
 *
 * Trials that go on are chosen by their values, which doesn't bias a regression on these values. What little is known of a
 * step is that it changes as much, and is as uncertain, as the one before; the first one tells nothing.
 */
export class CurveExtrapolation {
  private readonly steps: Step[] = [];
  /** Of the values at the end, had all trials gone there. */
  readonly population: { mean: number; variance: number };

  /** @param curves standardized values of each trial at the rungs, undefined where it has none */
  constructor(
    curves: readonly (readonly (number | undefined)[])[],
    private readonly rungs: number,
  ) {
    let before: Step = { shift: 0, slope: 1, momentum: 0, variance: num('var0', 1) };
    for (let s = 0; s + 1 < rungs; s++) {
      before = fitStep(curves, s, before);
      this.steps.push(before);
    }
    const first = curves.flatMap((curve) => curve[0] ?? curve.find((value) => value !== undefined) ?? []);
    let mean = first.reduce((a, b) => a + b, 0) / first.length;
    let variance = first.reduce((a, b) => a + (b - mean) ** 2, 0) / first.length;
    for (const step of this.steps) {
      mean = step.shift + step.slope * mean;
      variance = step.slope ** 2 * variance + step.variance;
    }
    this.population = { mean, variance };
  }

  /** The correlation of the value at a rung with the one at the end, in the whole population. */
  correlation(rung: number): number {
    const { variance } = this.toEnd(Array.from({ length: rung + 1 }, () => 0), rung);
    return Math.sqrt(Math.max(1 - variance / this.population.variance, 0));
  }

  /** @param rung the highest that the trial has reached */
  toEnd(curve: readonly (number | undefined)[], rung: number): Extrapolation {
    const value = curve[rung]!;
    let mean = value;
    let change = rung > 0 && curve[rung - 1] !== undefined ? value - curve[rung - 1]! : 0;
    // derivatives of mean and change by the value, and their covariance.
    let slope = 1;
    let changeSlope = 0;
    let [mm, mc, cc] = [0, 0, 0];
    for (let s = rung; s + 1 < this.rungs; s++) {
      const step = this.steps[s];
      const next = step.shift + step.slope * mean + step.momentum * change;
      const nextSlope = step.slope * slope + step.momentum * changeSlope;
      const { slope: b, momentum: c, variance } = step;
      const nmm = b * b * mm + 2 * b * c * mc + c * c * cc + variance;
      // change' = next - mean = (b - 1) mean + c change + noise.
      const nmc = b * (b - 1) * mm + (b * c + c * (b - 1)) * mc + c * c * cc + variance;
      const ncc = (b - 1) * (b - 1) * mm + 2 * (b - 1) * c * mc + c * c * cc + variance;
      [change, changeSlope] = [next - mean, nextSlope - slope];
      [mean, slope] = [next, nextSlope];
      [mm, mc, cc] = [nmm, nmc, ncc];
    }
    return { mean, variance: mm, slope };
  }

  toString(): string {
    return this.steps.map(({ shift, slope, momentum, variance }) => `${shift.toFixed(2)}/${slope.toFixed(2)}/${momentum.toFixed(2)}/${variance.toFixed(3)}`).join(' ');
  }
}

function fitStep(curves: readonly (readonly (number | undefined)[])[], s: number, before: Step): Step {
  const rows: { features: number[]; residual: number }[] = [];
  const useMomentum = num('momentum', 1);
  for (const curve of curves) {
    const [last, here, next] = [s > 0 ? curve[s - 1] : undefined, curve[s], curve[s + 1]];
    if (here === undefined || next === undefined) continue;
    const change = last === undefined ? 0 : here - last;
    rows.push({ features: [1, here, useMomentum * change], residual: next - (before.shift + here) });
  }
  // around the belief: the same shift as before, slope 1, no momentum.
  const a = new Float64Array(9);
  const b = new Float64Array(3);
  for (let i = 0; i < 3; i++) a[i * 3 + i] = PRIOR_TRIALS;
  for (const { features, residual } of rows) {
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) a[i * 3 + j] += features[i] * features[j];
      b[i] += features[i] * residual;
    }
  }
  if (!factorize(a, 3)) return before;
  solveLower(a, 3, 3, b);
  solveLowerTransposed(a, 3, 3, b);
  const squares = rows.reduce((sum, { features, residual }) => {
    const error = residual - features.reduce((dot, feature, i) => dot + feature * b[i], 0);
    return sum + error * error;
  }, 0);
  return {
    shift: before.shift + b[0],
    slope: 1 + b[1],
    momentum: b[2],
    variance: (squares + PRIOR_TRIALS * before.variance) / (rows.length + PRIOR_TRIALS),
  };
}
