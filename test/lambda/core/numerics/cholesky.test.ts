import * as fc from 'fast-check';
import {
  factorize,
  factorizeRow,
  invert,
  logDeterminant,
  solveLower,
  solveLowerTransposed,
} from '../../../../lambda/core/numerics/cholesky';

type Entries = (i: number, j: number) => number;

function matrix(n: number, entries: Entries): Float64Array {
  return Float64Array.from({ length: n * n }, (_, k) => entries(Math.floor(k / n), k % n));
}

function factorOf(n: number, entries: Entries): Float64Array {
  const l = matrix(n, entries);
  expect(factorize(l, n)).toBe(true);
  return l;
}

function inverseOf(n: number, entries: Entries): Float64Array {
  const inverse = new Float64Array(n * n);
  invert(factorOf(n, entries), n, inverse, new Float64Array(n * n));
  return inverse;
}

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return Math.round(result);
}

/** The Pascal matrix: its factor is Pascal's triangle, its determinant 1. */
const pascal: Entries = (i, j) => binomial(i + j, i);

/** The Hilbert matrix, badly conditioned: 1e13 for n = 10. */
const hilbert: Entries = (i, j) => 1 / (i + j + 1);

/** Its inverse, all integers. Source: Choi, "Tricks or treats with the Hilbert matrix", Amer. Math. Monthly 90, 1983. */
const inverseHilbert =
  (n: number): Entries =>
  (i, j) =>
    (-1) ** (i + j) * (i + j + 1) * binomial(n + i, n - j - 1) * binomial(n + j, n - i - 1) * binomial(i + j, i) ** 2;

/** -1, 2, -1: the second difference. Its inverse is min(i, j) (n + 1 - max(i, j)) / (n + 1) from 1, its determinant n + 1. */
const secondDifference: Entries = (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0);

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number): void {
  const scale = Array.from(expected).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  Array.from(expected).forEach((value, k) => expect(Math.abs(actual[k] - value)).toBeLessThan(relative * scale));
}

describe('the factor', () => {
  test('of a textbook matrix has the integers of the textbook', () => {
    const l = Float64Array.of(4, 99, 99, 12, 37, 99, -16, -43, 98);
    expect(factorize(l, 3)).toBe(true);
    expect([...l]).toEqual([2, 99, 99, 6, 1, 99, -8, 5, 3]);
  });

  test('of a Pascal matrix is Pascal’s triangle', () => {
    const n = 12;
    const l = factorOf(n, pascal);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(l[i * n + j]).toBe(binomial(i, j));
  });

  test('can be made row by row in a larger array', () => {
    const [n, stride] = [5, 8];
    const rows = new Float64Array(stride * stride);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) rows[i * stride + j] = pascal(i, j);
      expect(factorizeRow(rows, stride, i)).toBe(true);
    }
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) expect(rows[i * stride + j]).toBe(binomial(i, j));
    expect(logDeterminant(rows, stride, n)).toBe(0);
  });
});

describe('a matrix that is not positive definite is refused:', () => {
  test.each<[string, number[]]>([
    ['an indefinite one', [1, 2, 2, 1]],
    ['a negative one', [-1, 0, 0, 1]],
    ['a singular one', [1, 1, 1, 1]],
    ['zero', [0, 0, 0, 0]],
    ['one with NaN', [1, 0, NaN, 1]],
    ['one that begins with NaN', [NaN, 0, 0, 1]],
  ])('%s', (_, entries) => {
    expect(factorize(Float64Array.from(entries), 2)).toBe(false);
  });

  test('the Hilbert matrix of 40, which isn’t so to working precision', () => {
    expect(factorize(matrix(40, hilbert), 40)).toBe(false);
  });
});

describe('the inverse', () => {
  test('of a Pascal matrix has its exact integers', () => {
    const inverse = inverseOf(4, pascal);
    expect([...inverse]).toEqual([4, -6, 4, -1, -6, 14, -11, 3, 4, -11, 10, -3, -1, 3, -3, 1]);
  });

  test.each([
    [2, 1e-14],
    [5, 1e-10],
    // 16 digits less the 13 of the condition number.
    [10, 1e-2],
  ])('of the Hilbert matrix of %d is the published one', (n, relative) => {
    expectClose(inverseOf(n, hilbert), matrix(n, inverseHilbert(n)), relative);
  });

  test('of a second difference is its Green’s function', () => {
    const n = 30;
    expectClose(
      inverseOf(n, secondDifference),
      matrix(n, (i, j) => ((Math.min(i, j) + 1) * (n - Math.max(i, j))) / (n + 1)),
      1e-13,
    );
  });
});

describe('the log determinant', () => {
  test.each<[string, number, Entries, number, number]>([
    ['a Pascal matrix', 12, pascal, 0, 15],
    ['a second difference', 30, secondDifference, Math.log(31), 12],
    // 1 / 266716800000, Hilbert 1894.
    ['the Hilbert matrix of 5', 5, hilbert, -Math.log(266716800000), 9],
    ['a matrix whose determinant is no number any more', 400, (i, j) => (i === j ? 1e-3 : 0), 400 * Math.log(1e-3), 8],
  ])('of %s', (_, n, entries, exact, digits) => {
    expect(logDeterminant(factorOf(n, entries), n, n)).toBeCloseTo(exact, digits);
  });
});

describe('solving', () => {
  test('with both factors gives the solution', () => {
    const n = 30;
    const l = factorOf(n, secondDifference);
    const solution = Float64Array.from({ length: n }, (_, i) => (i % 5) - 2 + i / 7);
    const at = (i: number) => solution[i] ?? 0;
    const b = Float64Array.from({ length: n }, (_, i) => 2 * at(i) - at(i - 1) - at(i + 1));
    solveLower(l, n, n, b);
    solveLowerTransposed(l, n, n, b);
    expectClose(b, solution, 1e-13);
  });

  test('with one factor gives that factor’s own solution', () => {
    // [[2, 0], [6, 1]] x = (4, 13) and its transpose.
    const l = Float64Array.of(2, 99, 6, 1);
    const b = Float64Array.of(4, 13);
    solveLower(l, 2, 2, b);
    expect([...b]).toEqual([2, 1]);
    const c = Float64Array.of(4, 13);
    solveLowerTransposed(l, 2, 2, c);
    expect([...c]).toEqual([-37, 13]);
  });

  test('uses the leading rows of a larger array', () => {
    const l = Float64Array.of(2, 99, 99, 6, 1, 99, 99, 99, 99);
    const b = Float64Array.of(4, 13, 7);
    solveLower(l, 3, 2, b);
    expect([...b]).toEqual([2, 1, 7]);
  });
});

test('a product of a lower triangle with itself gives the triangle back, and the inverse undoes the matrix', () => {
  const triangles = fc
    .integer({ min: 1, max: 8 })
    .chain((n) =>
      fc.tuple(
        fc.constant(n),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n * n, maxLength: n * n }),
        fc.array(fc.double({ min: 1, max: 4, noNaN: true }), { minLength: n, maxLength: n }),
      ),
    );
  fc.assert(
    fc.property(triangles, ([n, below, diagonal]) => {
      const triangle: Entries = (i, j) => (i === j ? diagonal[i] : i > j ? below[i * n + j] : 0);
      const product: Entries = (i, j) => {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += triangle(i, k) * triangle(j, k);
        return sum;
      };
      const l = factorOf(n, product);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) expect(Math.abs(l[i * n + j] - triangle(i, j))).toBeLessThan(1e-9);
      }
      const inverse = inverseOf(n, product);
      const identity = matrix(n, (i, j) => {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += product(i, k) * inverse[k * n + j];
        return sum;
      });
      expectClose(
        identity,
        matrix(n, (i, j) => (i === j ? 1 : 0)),
        1e-6,
      );
    }),
  );
});
