// Searches the initial direction numbers of lambda/core/search/sobol-directions.ts and prints that file's table:
//   node bin/sobol-directions.mjs 100 > /tmp/table
// Sobol's construction works with any odd initial numbers; they decide how well two-dimensional projections are filled.
// For each dimension, candidates are drawn and the one with the best (t, m, 2)-net quality against all earlier
// dimensions is kept, for m = 2 to 10: the criterion of Joe and Kuo (SIAM J. Sci. Comput. 30, 2008), searched greedily.
import process from 'node:process';

const DIMENSIONS = Number(process.argv[2] ?? 100);
const CANDIDATES = 400;
const M_MAX = 10;

/** xorshift, with a fixed seed: the table is reproducible. */
let state = 2463534242;
function draw() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

/** Whether x generates all non-zero elements of GF(2)[x] modulo the polynomial. */
function isPrimitive(polynomial, degree) {
  const order = 2 ** degree - 1;
  let x = 1;
  for (let i = 1; i <= order; i++) {
    x <<= 1;
    if (x >> degree) x ^= polynomial;
    if (x === 1) return i === order;
  }
  return false;
}

function* primitivePolynomials() {
  for (let degree = 1; ; degree++) {
    for (let inner = 0; inner < 2 ** (degree - 1); inner++) {
      const polynomial = 2 ** degree + inner * 2 + 1;
      if (isPrimitive(polynomial, degree)) yield { degree, inner };
    }
  }
}

/** The first M_MAX numbers m_1, m_2, ... of the recurrence. */
function extend({ degree, inner }, initial) {
  const m = [...initial];
  for (let k = degree; k < M_MAX; k++) {
    let value = m[k - degree] ^ (m[k - degree] << degree);
    for (let i = 1; i < degree; i++) {
      if ((inner >> (degree - 1 - i)) & 1) value ^= m[k - i] << i;
    }
    m.push(value);
  }
  return m.slice(0, M_MAX);
}

/** Rows of the generator matrix, as masks over the columns. */
function rowsOf(m) {
  return Array.from({ length: M_MAX }, (_, r) =>
    m.reduce((row, value, column) => {
      // m_k / 2^k: its bit for 2^-(r+1).
      const bit = column >= r ? (value >> (column - r)) & 1 : 0;
      return row | (bit << column);
    }, 0),
  );
}

/** Sum over m of the t-values of the two-dimensional net. */
function quality(a, b) {
  let total = 0;
  for (let m = 2; m <= M_MAX; m++) {
    const mask = 2 ** m - 1;
    let strength = m;
    for (let k = 1; k < m && strength > 0; k++) {
      const rows = [];
      for (let r = 0; r < k; r++) rows.push(a[r] & mask);
      for (let r = 0; r < m - k; r++) rows.push(b[r] & mask);
      // the rows of b come in order: the first dependent one bounds the strength for this k.
      const basis = [];
      let independent = 0;
      for (const row of rows) {
        let rest = row;
        for (const element of basis) rest = Math.min(rest, rest ^ element);
        if (rest === 0) break;
        basis.push(rest);
        basis.sort((x, y) => y - x);
        independent++;
      }
      strength = Math.min(strength, independent);
    }
    total += (m - strength) ** 2;
  }
  return total;
}

const chosen = [{ rows: rowsOf(Array(M_MAX).fill(1)) }];
const polynomials = primitivePolynomials();
for (let dimension = 2; dimension <= DIMENSIONS; dimension++) {
  const polynomial = polynomials.next().value;
  let best;
  const tried = new Set();
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const initial = Array.from({ length: polynomial.degree }, (_, i) => ((draw() % 2 ** i) << 1) | 1);
    const key = initial.join();
    if (tried.has(key)) continue;
    tried.add(key);
    const rows = rowsOf(extend(polynomial, initial));
    let cost = 0;
    for (let i = 0; i < chosen.length && (best === undefined || cost < best.cost); i++) {
      // neighbours in order matter most: people list the important parameters first.
      cost += quality(chosen[i].rows, rows) / (i + 1) ** 0.25;
    }
    if (best === undefined || cost < best.cost) best = { cost, initial, rows };
  }
  chosen.push(best);
  console.log(`  [${polynomial.degree}, ${polynomial.inner}, [${best.initial.join(', ')}]],`);
}
