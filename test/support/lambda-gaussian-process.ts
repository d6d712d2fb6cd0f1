import { Layout, hyperparameterRange, layoutOf } from '../../lambda/core/models/gaussian-process/hyperparameters';
import { GaussianProcess } from '../../lambda/core/models/gaussian-process/gaussian-process';
import { Random } from '../../lambda/core/random/random';

const CATEGORIES = 3;

/** What a Gaussian process is made of. */
export interface ModelProblem {
  readonly layout: Layout;
  readonly hyperparameters: Float64Array;
  readonly x: Float64Array[];
  readonly y: Float64Array;
  /** A further point. */
  draw(): Float64Array;
}

/**
 * Observations and hyperparameters drawn at random.
 *
 * @param kinds one letter a dimension: n is numeric, c is categorical
 * @param stream another one, another problem
 */
export function modelProblem(kinds: string, observations: number, stream = 1): ModelProblem {
  const random = new Random(11, stream, 99);
  const isCategorical = [...kinds].map((kind) => kind === 'c');
  const layout = layoutOf(isCategorical.map((is) => ({ isCategorical: is })));
  const { start, lower, upper } = hyperparameterRange(layout);
  const hyperparameters = start.map((value, i) =>
    Math.min(Math.max(value + 0.4 * random.normal(), lower[i]), upper[i]),
  );
  const draw = () => Float64Array.from(isCategorical, (is) => (is ? random.integer(CATEGORIES) : random.uniform()));
  const x = Array.from({ length: observations }, draw);
  const y = Float64Array.from(x, (point) => point.reduce((sum, t) => sum + Math.sin(4 * t), 0.3 * random.normal()));
  return { layout, hyperparameters, x, y, draw };
}

export function modelOf({ layout, hyperparameters, x, y }: ModelProblem): GaussianProcess {
  return new GaussianProcess(layout, hyperparameters, x, y);
}

export interface GradientOptions {
  readonly step?: number;
  /** Of the difference, in parts of it or absolute, whichever is larger. */
  readonly tolerance?: number;
  /** Coordinates that are left out. */
  readonly isFixed?: (coordinate: number) => boolean;
}

/** Expects a gradient to be what central differences say. */
export function expectGradient(
  f: (point: Float64Array) => number,
  point: Float64Array,
  gradient: ArrayLike<number>,
  { step = 1e-5, tolerance = 1e-5, isFixed = () => false }: GradientOptions = {},
): void {
  point.forEach((_, c) => {
    if (isFixed(c)) return;
    const [up, down] = [step, -step].map((delta) => f(point.map((t, i) => (i === c ? t + delta : t))));
    const difference = (up - down) / (2 * step);
    expect(Math.abs(gradient[c] - difference)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(difference)));
  });
}
