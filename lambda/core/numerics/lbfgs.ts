/** A function to minimize: writes its gradient at `x` into `gradient` and returns its value; NaN or Infinity outside. */
export type DifferentiableFunction = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  readonly maxIterations: number;
  /** Ends when no component of the projected gradient is larger. Default 1e-5. */
  readonly gradientTolerance?: number;
  /** Ends when an iteration lowers the value by less than this times its size. Default 1e-9. */
  readonly valueTolerance?: number;
}

const MEMORY = 8;
const ARMIJO = 1e-4;
const MAX_HALVINGS = 12;

/**
 * Minimizes a smooth function in a box: limited-memory BFGS steps in the free variables, projected onto the box, with a
 * backtracking search along the projected path.
 *
 * Sources: Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of Computation 35, 1980; Bertsekas,
 * "Projected Newton methods for optimization problems with simple constraints", SIAM J. Control 20, 1982.
 *
 * @param start where to begin; moved into the box
 */
export function minimizeInBox(
  f: DifferentiableFunction,
  start: ArrayLike<number>,
  { lower, upper, maxIterations, gradientTolerance = 1e-5, valueTolerance = 1e-9 }: LbfgsOptions,
): { x: Float64Array; value: number } {
  const n = start.length;
  const clamp = (value: number, i: number) => Math.min(Math.max(value, lower[i]), upper[i]);
  let x = Float64Array.from({ length: n }, (_, i) => clamp(start[i], i));
  let gradient = new Float64Array(n);
  let value = f(x, gradient);
  if (!Number.isFinite(value)) return { x, value };

  const steps: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const isFixed = (i: number) => (x[i] <= lower[i] && gradient[i] > 0) || (x[i] >= upper[i] && gradient[i] < 0);
    const free = Uint8Array.from({ length: n }, (_, i) => (isFixed(i) ? 0 : 1));
    let largest = 0;
    for (let i = 0; i < n; i++) if (free[i]) largest = Math.max(largest, Math.abs(gradient[i]));
    if (largest <= gradientTolerance) break;

    let direction = twoLoop(gradient, steps, free);
    if (!(dot(direction, gradient) < 0)) {
      steps.length = 0;
      direction = gradient.map((g, i) => (free[i] ? -g : 0));
    }
    const next = new Float64Array(n);
    const nextGradient = new Float64Array(n);
    let nextValue = NaN;
    // without curvature yet, no coordinate moves farther than 1.
    let t = steps.length === 0 ? Math.min(1, 1 / largest) : 1;
    let accepted = false;
    for (let halving = 0; halving < MAX_HALVINGS; halving++, t *= 0.5) {
      let moved = 0;
      for (let i = 0; i < n; i++) {
        next[i] = clamp(x[i] + t * direction[i], i);
        moved += gradient[i] * (next[i] - x[i]);
      }
      nextValue = f(next, nextGradient);
      if (nextValue <= value + ARMIJO * moved) {
        accepted = true;
        break;
      }
    }
    if (!accepted) {
      if (steps.length === 0) break;
      steps.length = 0;
      continue;
    }
    const s = next.map((v, i) => v - x[i]);
    const y = nextGradient.map((g, i) => g - gradient[i]);
    const curvature = dot(s, y);
    if (curvature > 1e-12 * dot(y, y)) {
      steps.push({ s, y, rho: 1 / curvature });
      if (steps.length > MEMORY) steps.shift();
    }
    const gain = value - nextValue;
    x = next;
    gradient = nextGradient;
    value = nextValue;
    if (gain <= valueTolerance * (1 + Math.abs(value))) break;
  }
  return { x, value };
}

/** The quasi-Newton direction, in the free variables only. */
function twoLoop(
  gradient: Float64Array,
  steps: readonly { s: Float64Array; y: Float64Array; rho: number }[],
  free: Uint8Array,
): Float64Array {
  const direction = gradient.map((g, i) => (free[i] ? -g : 0));
  const alphas: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    const { s, y, rho } = steps[k];
    const alpha = rho * dot(s, direction);
    alphas[k] = alpha;
    for (let i = 0; i < direction.length; i++) direction[i] -= alpha * y[i];
  }
  if (steps.length > 0) {
    const { y, rho } = steps[steps.length - 1];
    const scale = 1 / (rho * dot(y, y));
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let k = 0; k < steps.length; k++) {
    const { s, y, rho } = steps[k];
    const beta = rho * dot(y, direction);
    for (let i = 0; i < direction.length; i++) direction[i] += (alphas[k] - beta) * s[i];
  }
  for (let i = 0; i < direction.length; i++) if (!free[i]) direction[i] = 0;
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
