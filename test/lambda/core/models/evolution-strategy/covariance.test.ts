import { Covariance } from '../../../../../lambda/core/models/evolution-strategy/covariance';
import { DiagonalCovariance } from '../../../../../lambda/core/models/evolution-strategy/diagonal-covariance';
import { FullCovariance } from '../../../../../lambda/core/models/evolution-strategy/full-covariance';

const vector = (...values: number[]) => Float64Array.from(values);

function expectClose(actual: ArrayLike<number>, expected: number[]) {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 10));
}

describe.each([
  ['full', (n: number): Covariance => new FullCovariance(n)],
  ['diagonal', (n: number): Covariance => new DiagonalCovariance(n)],
])('%s covariance', (_, create) => {
  test('begins as the identity', () => {
    const covariance = create(3);
    expectClose(covariance.colour(vector(1, -2, 3)), [1, -2, 3]);
    expectClose(covariance.whiten(vector(1, -2, 3)), [1, -2, 3]);
  });

  test('whitens what it colours, after learning and stretching', () => {
    const covariance = create(3);
    covariance.learn(0.5, [vector(1, 2, 0), vector(0, 1, -1)], [0.3, 0.4]);
    covariance.stretch(1, 3);
    covariance.stretch(2, 0.5);
    expectClose(covariance.whiten(covariance.colour(vector(0.3, -1, 2))), [0.3, -1, 2]);
  });

  test('stretching multiplies a standard deviation', () => {
    const covariance = create(2);
    covariance.learn(0.5, [vector(1, 1)], [0.5]);
    covariance.stretch(1, 3);
    expect(covariance.variance(0)).toBeCloseTo(1, 12);
    expect(covariance.variance(1)).toBeCloseTo(9, 12);
  });

  test('too much taken away leaves a matrix that still works', () => {
    const covariance = create(2);
    covariance.learn(0.1, [vector(1, 0)], [-5]);
    for (const value of [...covariance.colour(vector(1, 1)), ...covariance.whiten(vector(1, 1))]) {
      expect(Number.isFinite(value)).toBe(true);
    }
    expect(covariance.variance(0)).toBeGreaterThan(0);
  });
});

test('the full one learns how coordinates go together', () => {
  const covariance = new FullCovariance(2);
  // C = I / 2 + (1, 1)(1, 1)ᵀ / 2 = [[1, 1/2], [1/2, 1]], whose Cholesky factor is [[1, 0], [1/2, √3/2]].
  covariance.learn(0.5, [vector(1, 1)], [0.5]);
  expectClose(covariance.colour(vector(1, 0)), [1, 0.5]);
  expectClose(covariance.colour(vector(0, 1)), [0, Math.sqrt(3) / 2]);
});
