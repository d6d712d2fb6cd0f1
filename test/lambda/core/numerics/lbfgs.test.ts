import * as fc from 'fast-check';
import { DifferentiableFunction, minimizeInBox } from '../../../../lambda/core/numerics/lbfgs';

const fill = (n: number, value: number) => new Array<number>(n).fill(value);

/** Counts what is asked and makes sure that it lies in the box. */
function watched(f: DifferentiableFunction, lower: ArrayLike<number>, upper: ArrayLike<number>) {
  const seen = { evaluations: 0 };
  const watchedFunction: DifferentiableFunction = (x, gradient) => {
    seen.evaluations++;
    x.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(lower[i]);
      expect(value).toBeLessThanOrEqual(upper[i]);
    });
    return f(x, gradient);
  };
  return { seen, watchedFunction };
}

/** Minimum 0 at (1, ..., 1). Source: Rosenbrock, Computer Journal 3, 1960; chained, as in Moré, Garbow, Hillstrom, 1981. */
const rosenbrock: DifferentiableFunction = (x, gradient) => {
  gradient.fill(0);
  let value = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const valley = x[i + 1] - x[i] ** 2;
    value += 100 * valley ** 2 + (1 - x[i]) ** 2;
    gradient[i] += -400 * x[i] * valley - 2 * (1 - x[i]);
    gradient[i + 1] += 200 * valley;
  }
  return value;
};

/** sum w_i (x_i - c_i)^2 / 2. */
const separable =
  (weights: number[], centres: number[]): DifferentiableFunction =>
  (x, gradient) => {
    let value = 0;
    x.forEach((xi, i) => {
      gradient[i] = weights[i] * (xi - centres[i]);
      value += 0.5 * weights[i] * (xi - centres[i]) ** 2;
    });
    return value;
  };

describe('without a bound in the way', () => {
  test.each([
    ['2 dimensions from the classic start', [-1.2, 1]],
    ['10 dimensions from the classic start', [-1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1, -1.2, 1]],
    ['10 dimensions from 0', fill(10, 0)],
  ])('reaches the end of Rosenbrock’s valley in %s', (_, start) => {
    const n = start.length;
    const lower = fill(n, -5);
    const upper = fill(n, 5);
    const { seen, watchedFunction } = watched(rosenbrock, lower, upper);
    const { x, value } = minimizeInBox(watchedFunction, start, {
      lower,
      upper,
      maxIterations: 500,
      valueTolerance: 0,
    });
    expect(value).toBeLessThan(1e-9);
    x.forEach((xi) => expect(Math.abs(xi - 1)).toBeLessThan(1e-4));
    // steepest descent needs tens of thousands.
    expect(seen.evaluations).toBeLessThan(300);
  });

  test('works where there are no bounds at all', () => {
    const { x } = minimizeInBox(rosenbrock, [-1.2, 1], {
      lower: fill(2, -Infinity),
      upper: fill(2, Infinity),
      maxIterations: 200,
      valueTolerance: 0,
    });
    x.forEach((xi) => expect(Math.abs(xi - 1)).toBeLessThan(1e-4));
  });

  test('a badly scaled quadratic is solved to its centre', () => {
    const centres = [0.2, -0.7, 0.9, 0.4];
    const { x } = minimizeInBox(separable([1, 30, 1000, 1e5], centres), fill(4, 0), {
      lower: fill(4, -1),
      upper: fill(4, 1),
      maxIterations: 200,
      valueTolerance: 0,
    });
    x.forEach((xi, i) => expect(Math.abs(xi - centres[i])).toBeLessThan(1e-5));
  });
});

describe('in a box', () => {
  test('a separable quadratic ends at its centre moved into the box', () => {
    const centres = [0.3, -2, 5, 0.9];
    const { x } = minimizeInBox(separable([1, 10, 3, 100], centres), fill(4, 0.5), {
      lower: fill(4, 0),
      upper: fill(4, 1),
      maxIterations: 100,
      valueTolerance: 0,
    });
    [0.3, 0, 1, 0.9].forEach((xi, i) => expect(Math.abs(x[i] - xi)).toBeLessThan(1e-5));
    // on a bound exactly, not near it.
    expect([x[1], x[2]]).toEqual([0, 1]);
  });

  test('a coupled quadratic ends where the active bound leaves the other free', () => {
    // x^2 + xy + y^2 - 3x, minimum at (2, -1); with y >= 0 at (1.5, 0), by hand.
    const f: DifferentiableFunction = (x, gradient) => {
      gradient[0] = 2 * x[0] + x[1] - 3;
      gradient[1] = x[0] + 2 * x[1];
      return x[0] ** 2 + x[0] * x[1] + x[1] ** 2 - 3 * x[0];
    };
    const { x, value } = minimizeInBox(f, [4, 4], {
      lower: [-5, 0],
      upper: [5, 5],
      maxIterations: 100,
      valueTolerance: 0,
    });
    expect(x[0]).toBeCloseTo(1.5, 5);
    expect(x[1]).toBe(0);
    expect(value).toBeCloseTo(-2.25, 9);
  });

  test('Rosenbrock’s valley ends at the bound that cuts it', () => {
    // with x_1 <= 0.5 the minimum is (0.5, 0.25), value 0.25.
    const { x, value } = minimizeInBox(rosenbrock, [-1.2, 1], {
      lower: [-2, -2],
      upper: [0.5, 2],
      maxIterations: 300,
      valueTolerance: 0,
    });
    expect(x[0]).toBe(0.5);
    expect(x[1]).toBeCloseTo(0.25, 5);
    expect(value).toBeCloseTo(0.25, 9);
  });

  test('the corner of a linear function is found, and left when it was the wrong one', () => {
    const slopes = [1, -2, 0.25];
    const f: DifferentiableFunction = (x, gradient) => {
      gradient.set(slopes);
      return slopes.reduce((sum, slope, i) => sum + slope * x[i], 0);
    };
    const box = { lower: fill(3, 0), upper: fill(3, 1), maxIterations: 100 };
    expect([...minimizeInBox(f, [0.5, 0.5, 0.5], box).x]).toEqual([0, 1, 0]);
    expect([...minimizeInBox(f, [1, 0, 1], box).x]).toEqual([0, 1, 0]);
  });

  test('a start outside is moved inside', () => {
    const lower = [0, 0];
    const upper = [1, 1];
    const { watchedFunction } = watched(separable([1, 1], [0.5, 2]), lower, upper);
    const { x } = minimizeInBox(watchedFunction, [-7, Infinity], { lower, upper, maxIterations: 50 });
    expect(x[0]).toBeCloseTo(0.5, 4);
    expect(x[1]).toBe(1);
  });

  test('a box that is a point answers that point', () => {
    const { x, value } = minimizeInBox(rosenbrock, [3, 3], { lower: [0, 2], upper: [0, 2], maxIterations: 50 });
    expect([...x]).toEqual([0, 2]);
    expect(value).toBe(401);
  });

  test('any convex quadratic ends where no move along an axis helps', () => {
    const problems = fc.integer({ min: 1, max: 5 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        root: fc.array(fc.integer({ min: -10, max: 10 }), { minLength: n * n, maxLength: n * n }),
        linear: fc.array(fc.integer({ min: -40, max: 40 }), { minLength: n, maxLength: n }),
        start: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: n, maxLength: n }),
      }),
    );
    fc.assert(
      fc.property(problems, ({ n, root, linear, start }) => {
        // (|R x|^2 + |x|^2) / 2 + linear x.
        const f: DifferentiableFunction = (x, gradient) => {
          let value = 0;
          for (let i = 0; i < n; i++) {
            gradient[i] = linear[i] + x[i];
            value += linear[i] * x[i] + 0.5 * x[i] * x[i];
          }
          for (let k = 0; k < n; k++) {
            let product = 0;
            for (let i = 0; i < n; i++) product += root[k * n + i] * x[i];
            for (let i = 0; i < n; i++) gradient[i] += root[k * n + i] * product;
            value += 0.5 * product * product;
          }
          return value;
        };
        const { x, value } = minimizeInBox(f, start, {
          lower: fill(n, 0),
          upper: fill(n, 1),
          maxIterations: 500,
          gradientTolerance: 1e-7,
          valueTolerance: 0,
        });
        const gradient = new Float64Array(n);
        expect(f(x, gradient)).toBe(value);
        x.forEach((xi, i) => {
          if (xi > 0) expect(gradient[i]).toBeLessThan(1e-3);
          if (xi < 1) expect(gradient[i]).toBeGreaterThan(-1e-3);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('functions that misbehave', () => {
  const box = { lower: fill(2, -1), upper: fill(2, 1), maxIterations: 50 };

  test.each([NaN, Infinity])('one that is %d at the start answers the start', (bad) => {
    const { x, value } = minimizeInBox(() => bad, [0.5, 0.25], box);
    expect([...x]).toEqual([0.5, 0.25]);
    expect(value).toBe(bad);
  });

  test.each([NaN, Infinity])('one that is %d behind a wall is searched on this side of the wall', (bad) => {
    const f: DifferentiableFunction = (x, gradient) => {
      gradient.set([1, 2 * x[1]]);
      return x[0] < -0.5 ? bad : x[0] + x[1] ** 2;
    };
    const { x, value } = minimizeInBox(f, [0.9, 0.5], box);
    expect(Number.isFinite(value)).toBe(true);
    expect(x[0]).toBeGreaterThanOrEqual(-0.5);
    expect(value).toBeLessThan(0);
  });

  test('a gradient of NaN leaves the start where it is', () => {
    const f: DifferentiableFunction = (x, gradient) => {
      gradient.fill(NaN);
      return x[0] + x[1];
    };
    expect([...minimizeInBox(f, [0.5, 0.25], box).x]).toEqual([0.5, 0.25]);
  });

  test('a flat function is asked once', () => {
    let evaluations = 0;
    const f: DifferentiableFunction = (_, gradient) => {
      evaluations++;
      gradient.fill(0);
      return 7;
    };
    const { x, value } = minimizeInBox(f, [0.5, 0.25], box);
    expect([...x]).toEqual([0.5, 0.25]);
    expect(value).toBe(7);
    expect(evaluations).toBe(1);
  });

  test('a gradient that points uphill ends the search, without a worse value', () => {
    const f: DifferentiableFunction = (x, gradient) => {
      gradient.set([-1, -1]);
      return x[0] + x[1];
    };
    expect(minimizeInBox(f, [0.5, 0.25], box).value).toBeLessThanOrEqual(0.75);
  });

  test.each([1e-290, 1e290])('values of the size %d are no obstacle', (scale) => {
    const f: DifferentiableFunction = (x, gradient) => {
      gradient.set([2 * scale * x[0], 2 * scale * x[1]]);
      return scale * (x[0] ** 2 + x[1] ** 2);
    };
    const { value } = minimizeInBox(f, [0.5, 0.25], box);
    expect(value).toBeLessThanOrEqual(scale * 0.3125);
  });

  test('no function is asked more often than its iterations allow', () => {
    const { seen, watchedFunction } = watched(rosenbrock, [-5, -5], [5, 5]);
    minimizeInBox(watchedFunction, [-1.2, 1], { lower: fill(2, -5), upper: fill(2, 5), maxIterations: 3 });
    expect(seen.evaluations).toBeLessThanOrEqual(1 + 3 * 12);
    expect(seen.evaluations).toBeGreaterThan(3);
  });
});
