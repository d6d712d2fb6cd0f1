/** Symmetric positive definite matrices by their Cholesky factor L with A = L Lᵀ; all matrices row by row, n x n. */

/**
 * Replaces the lower triangle of `a` by its factor L; the upper one is left as it was.
 *
 * @returns false where `a` isn't positive definite to working precision
 */
export function factorize(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    if (!factorizeRow(a, n, i)) return false;
  }
  return true;
}

/** Row i of the factor, from row i of the matrix and the rows of the factor above it. */
export function factorizeRow(a: Float64Array, stride: number, i: number): boolean {
  const row = i * stride;
  for (let j = 0; j <= i; j++) {
    const other = j * stride;
    let sum = a[row + j];
    for (let k = 0; k < j; k++) sum -= a[row + k] * a[other + k];
    if (j < i) {
      a[row + j] = sum / a[other + j];
    } else {
      if (!(sum > 0)) return false;
      a[row + j] = Math.sqrt(sum);
    }
  }
  return true;
}

/** Solves L x = b in place. */
export function solveLower(l: Float64Array, stride: number, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = i * stride;
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[row + k] * b[k];
    b[i] = sum / l[row + i];
  }
}

/** Solves Lᵀ x = b in place. */
export function solveLowerTransposed(l: Float64Array, stride: number, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * stride;
    const x = b[i] / l[row + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= l[row + k] * x;
  }
}

/** The whole of A⁻¹ = L⁻ᵀ L⁻¹; `inverse` and `scratch` are n x n. */
export function invert(l: Float64Array, n: number, inverse: Float64Array, scratch: Float64Array): void {
  // row j of `scratch` is column j of L⁻¹, so that the products below run along rows.
  for (let j = 0; j < n; j++) {
    const column = j * n;
    scratch[column + j] = 1 / l[j * n + j];
    for (let i = j + 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let k = j; k < i; k++) sum -= l[row + k] * scratch[column + k];
      scratch[column + i] = sum / l[row + i];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += scratch[i * n + k] * scratch[j * n + k];
      inverse[i * n + j] = sum;
      inverse[j * n + i] = sum;
    }
  }
}

/** log det A = 2 Σ log L_ii. */
export function logDeterminant(l: Float64Array, stride: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(l[i * stride + i]);
  return 2 * sum;
}
