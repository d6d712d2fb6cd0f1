import * as fc from 'fast-check';
import {
  logExpectedImprovement,
  logExpectedImprovementSlope,
  millsRatio,
  normalDensity,
  normalProbability,
  normalQuantile,
} from '../../../../lambda/core/numerics/normal';

// the values of all tables come from erfc of mpmath with 60 digits and more, which shares no formula with ours.

function relativeError(value: number, exact: number): number {
  return Math.abs(value - exact) / Math.abs(exact);
}

describe('probability', () => {
  test.each([
    [-37.5, 4.605353009581955e-308],
    [-20, 2.7536241186062337e-89],
    [-10, 7.619853024160525e-24],
    [-5, 2.866515718791939e-7],
    [-3.0000001, 0.0013498975884453199],
    [-3, 0.0013498980316300946],
    [-2.0000001, 0.022750126549083097],
    [-2, 0.02275013194817921],
    [-1, 0.15865525393145705],
    [-0.5, 0.3085375387259869],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [1, 0.8413447460685429],
    [2, 0.9772498680518208],
    [3, 0.9986501019683699],
    [5, 0.9999997133484281],
    [8, 0.9999999999999993],
  ])('P(Z <= %d) has all its digits', (z, exact) => {
    expect(relativeError(normalProbability(z), exact)).toBeLessThan(1e-14);
  });

  test.each([
    [-40, 0],
    [-Infinity, 0],
    [40, 1],
    [Infinity, 1],
    [NaN, NaN],
  ])('P(Z <= %d) is %d', (z, exact) => {
    expect(normalProbability(z)).toBe(exact);
  });

  test('of both sides is 1', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (z) => {
        expect(Math.abs(normalProbability(z) + normalProbability(-z) - 1)).toBeLessThan(1e-14);
      }),
    );
  });

  test('has the density for its slope', () => {
    for (let z = -6; z <= 6; z += 0.37) {
      const h = 1e-4;
      const slope = (normalProbability(z + h) - normalProbability(z - h)) / (2 * h);
      expect(Math.abs(slope - normalDensity(z))).toBeLessThan(1e-8);
    }
  });
});

test.each([
  [0.5, 0.8763644564536923],
  [1, 0.6556795424187984],
  [1.5, 0.5158156382179634],
  [2, 0.4213692292880545],
  [3, 0.3045902987101033],
  [5, 0.19280810471531576],
  [10, 0.09902859647173193],
  [40, 0.02498440420572057],
  [1000, 0.0009999990000029999],
  [1e8, 9.999999999999999e-9],
  [1e200, 1e-200],
  [Infinity, 0],
])('the Mills ratio of %d has all its digits', (z, exact) => {
  expect(Math.abs(millsRatio(z) - exact)).toBeLessThanOrEqual(1e-15 * exact);
});

describe('quantile', () => {
  test.each([
    [5e-324, -38.467405617144344],
    [1e-300, -37.0470962993612],
    [1e-100, -21.273453560965326],
    [1e-20, -9.262340089798407],
    [1e-10, -6.361340902404057],
    [1e-5, -4.264890793922825],
    [0.001, -3.0902323061678136],
    [0.01, -2.326347874040841],
    [0.025, -1.9599639845400543],
    [0.05, -1.6448536269514726],
    [0.1, -1.2815515655446004],
    [0.25, -0.6744897501960817],
    [0.3, -0.5244005127080408],
    [0.45, -0.12566134685507405],
    [0.4999, -0.0002506628300880351],
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.9, 1.2815515655446004],
    [0.95, 1.6448536269514726],
    [0.975, 1.9599639845400543],
    [0.99, 2.326347874040841],
    [0.999, 3.0902323061678136],
  ])('of %d has all its digits', (p, exact) => {
    expect(Math.abs(normalQuantile(p) - exact)).toBeLessThan(1e-15 + 1e-14 * Math.abs(exact));
  });

  test.each([
    [0, -Infinity],
    [1, Infinity],
    [-0.1, NaN],
    [1.1, NaN],
    [NaN, NaN],
  ])('of %d is %d', (p, exact) => {
    expect(normalQuantile(p)).toBe(exact);
  });

  test('is the inverse of the probability, as far as p itself tells', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 0, noNaN: true }), (z) => {
        expect(Math.abs(normalQuantile(normalProbability(z)) - z)).toBeLessThan(1e-13);
      }),
    );
  });
});

describe('log expected improvement', () => {
  /** z, log h(z), d/dz log h(z). */
  const TABLE: [number, number, number][] = [
    [10, 2.302585092994046, 0.1],
    [3, 1.0987396653277077, 0.3328409684517952],
    [1, 0.08002621884930694, 0.7766387252017393],
    [0.5, -0.3598276837450638, 0.9909227180041099],
    [0, -0.9189385332046728, 1.2533141373155003],
    [-0.5, -1.6205162643873199, 1.5598731483480797],
    [-0.999999, -2.485119121441769, 1.9042705113520568],
    [-1, -2.4851210257126413, 1.9042712333296918],
    [-1.000001, -2.4851229299842355, 1.9042719553074503],
    [-1.5, -3.52993592080571, 2.2795806941564463],
    [-2, -4.768783523917114, 2.679416883955586],
    [-3, -7.869686059603029, 3.5323375176251606],
    [-5, -16.74430116266099, 5.361816241288088],
    [-10, -55.55312203612235, 10.194383033412553],
    [-40, -808.29856835662, 40.04990665764852],
    [-1000, -500014.73445209116, 1000.001999994],
    [-1e5, -5000000023.944789, 100000.00002],
    [-1e8, -5000000000000038, 1e8],
  ];

  test.each(TABLE)('at z = %d has all its digits', (z, exact) => {
    expect(relativeError(logExpectedImprovement(z), exact)).toBeLessThan(2e-15);
  });

  test.each(TABLE)('at z = %d has a slope with all its digits', (z, _, exact) => {
    expect(relativeError(logExpectedImprovementSlope(z), exact)).toBeLessThan(1e-14);
  });

  test.each([-1e3, -1e6, -1e10])('at z = %d follows its asymptotic expansion', (z) => {
    // h(-x) = density(x) / x^2 * (1 - 3 / x^2 + O(x^-4)).
    const expansion = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - 2 * Math.log(-z) - 3 / z ** 2;
    expect(relativeError(logExpectedImprovement(z), expansion)).toBeLessThan(1e-15);
  });

  // -1 and -2 are where formulas meet, or met.
  test.each([-1, -2, -3])('has no step at %d', (z) => {
    const h = 1e-9;
    const value = (logExpectedImprovement(z + h) + logExpectedImprovement(z - h)) / 2;
    const slope = (logExpectedImprovementSlope(z + h) + logExpectedImprovementSlope(z - h)) / 2;
    expect(Math.abs(logExpectedImprovement(z) - value)).toBeLessThan(1e-13);
    expect(Math.abs(logExpectedImprovementSlope(z) - slope)).toBeLessThan(1e-13);
    const rise = logExpectedImprovement(z + h) - logExpectedImprovement(z - h);
    expect(Math.abs(rise - 2 * h * slope)).toBeLessThan(1e-13);
  });

  test('has the slope of its differences', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 8, noNaN: true }), (z) => {
        const h = 1e-4 * Math.max(1, Math.abs(z));
        const slope = (logExpectedImprovement(z + h) - logExpectedImprovement(z - h)) / (2 * h);
        expect(relativeError(logExpectedImprovementSlope(z), slope)).toBeLessThan(1e-6);
      }),
    );
  });

  test('and its slope are no NaN at any number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (z) => {
        expect(logExpectedImprovement(z)).not.toBeNaN();
        expect(logExpectedImprovementSlope(z)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  test('rises with z', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 30, noNaN: true }), (z) => {
        expect(logExpectedImprovement(z + 1e-6 * Math.max(1, Math.abs(z)))).toBeGreaterThan(logExpectedImprovement(z));
      }),
    );
  });
});
