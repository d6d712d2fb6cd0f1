import { factorize, solveLower, solveLowerTransposed } from '../../numerics/cholesky';
import { num } from './variant';

/** What a step from one rung to the next is believed to be before any trial has made it is worth so many trials. */
const PRIOR_TRIALS = num('priorN', 2);

/** A linear regression from what is known at a rung to the value at the next. */
interface Step {
  /** Of 1, the value, its change since the rung before, and the trial's coordinates. */
  readonly weights: Float64Array;
  /** Cholesky factor of the weights' precision, in units of the noise. */
  readonly factor: Float64Array;
  readonly variance: number;
}

export interface Extrapolation {
  readonly mean: number;
  readonly variance: number;
}

export interface Curve {
  /** Standardized values at the rungs, undefined where there is none. */
  readonly values: readonly (number | undefined)[];
  readonly x: ArrayLike<number>;
}

export class CurveExtrapolation {
  private readonly steps: Step[] = [];
  /** Of the values at the end, had all trials gone there. */
  readonly population: Extrapolation;

  constructor(
    private readonly curves: readonly Curve[],
    private readonly rungs: number,
  ) {
    const size = 3 + (curves[0]?.x.length ?? 0);
    let before: Step = { weights: new Float64Array(size), factor: new Float64Array(size * size), variance: num('var0', 1) };
    before.weights[1] = 1;
    for (let i = 0; i < size; i++) before.factor[i * size + i] = Math.sqrt(PRIOR_TRIALS);
    for (let s = 0; s + 1 < rungs; s++) {
      before = fitStep(curves, s, before);
      this.steps.push(before);
    }
    const ends = curves.flatMap((curve) => {
      const lowest = curve.values.findIndex((value) => value !== undefined);
      return lowest < 0 ? [] : [this.toEnd(curve, lowest)];
    });
    const mean = ends.reduce((sum, end) => sum + end.mean, 0) / ends.length;
    const variance = ends.reduce((sum, end) => sum + (end.mean - mean) ** 2 + end.variance, 0) / ends.length;
    this.population = { mean, variance };
  }

  /** The correlation of the value at a rung with the one at the end, in the whole population. */
  correlation(rung: number): number {
    const ends = this.curves.filter(({ values }) => values[rung] !== undefined).map((curve) => this.toEnd(curve, rung).variance);
    if (ends.length === 0) return 1;
    const variance = ends.reduce((a, b) => a + b, 0) / ends.length;
    return Math.sqrt(Math.max(1 - variance / this.population.variance, 0));
  }

  /** @param rung from where */
  toEnd({ values, x }: Curve, rung: number): Extrapolation {
    const value = values[rung]!;
    let mean = value;
    let change = rung > 0 && values[rung - 1] !== undefined ? value - values[rung - 1]! : 0;
    let [mm, mc, cc] = [0, 0, 0];
    for (let s = rung; s + 1 < this.rungs; s++) {
      const { weights, factor, variance } = this.steps[s];
      const features = featuresOf(mean, change, x);
      const n = features.length;
      const next = features.reduce((dot, feature, i) => dot + feature * weights[i], 0);
      const [b, c] = [weights[1], weights[2]];
      solveLower(factor, n, n, features);
      const v = variance * (1 + (V_PRED ? features.reduce((sum, f) => sum + f * f, 0) : 0));
      const nmm = b * b * mm + 2 * b * c * mc + c * c * cc + v;
      // change' = next - mean = (b - 1) mean + c change + noise.
      const nmc = b * (b - 1) * mm + (b * c + c * (b - 1)) * mc + c * c * cc + v;
      const ncc = (b - 1) * (b - 1) * mm + 2 * (b - 1) * c * mc + c * c * cc + v;
      change = next - mean;
      mean = next;
      [mm, mc, cc] = [nmm, nmc, ncc];
    }
    return { mean, variance: mm };
  }

  toString(): string {
    return this.steps.map(({ weights, variance }) => `${[...weights].map((w) => w.toFixed(2)).join('/')}/${variance.toFixed(3)}`).join(' ');
  }
}
const DECAY = num('decay', 1);
const SHIFT_DECAY = Math.sqrt(DECAY);
const V_PRED = num('pred', 1);
const USE_X = num('usex', 1);

function featuresOf(value: number, change: number, x: ArrayLike<number>): Float64Array {
  const features = new Float64Array(3 + x.length);
  features[0] = 1;
  features[1] = value;
  features[2] = change;
  for (let c = 0; c < x.length; c++) features[3 + c] = USE_X * (x[c] - 0.5);
  return features;
}

function fitStep(curves: readonly Curve[], s: number, before: Step): Step {
  const n = before.weights.length;
  const rows: { features: Float64Array; residual: number }[] = [];
  for (const { values, x } of curves) {
    const [last, here, next] = [s > 0 ? values[s - 1] : undefined, values[s], values[s + 1]];
    if (here === undefined || next === undefined) continue;
    const change = last === undefined ? 0 : here - last;
    rows.push({ features: featuresOf(here, change, x), residual: next - (SHIFT_DECAY * before.weights[0] + here) });
  }
  // around the belief: the same shift as before, slope 1, nothing else.
  const a = new Float64Array(n * n);
  const b = new Float64Array(n);
  for (let i = 0; i < n; i++) a[i * n + i] = PRIOR_TRIALS;
  for (const { features, residual } of rows) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) a[i * n + j] += features[i] * features[j];
      b[i] += features[i] * residual;
    }
  }
  if (rows.length === 0) b.fill(0);
  if (!factorize(a, n)) return before;
  solveLower(a, n, n, b);
  solveLowerTransposed(a, n, n, b);
  const squares = rows.reduce((sum, { features, residual }) => {
    const error = residual - features.reduce((dot, feature, i) => dot + feature * b[i], 0);
    return sum + error * error;
  }, 0);
  b[0] += SHIFT_DECAY * before.weights[0];
  b[1] += 1;
  return { weights: b, factor: a, variance: (squares + PRIOR_TRIALS * (s === 0 ? 1 : DECAY) * before.variance) / (rows.length + PRIOR_TRIALS) };
}
