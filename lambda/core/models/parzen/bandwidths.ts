export interface Bandwidths {
  /** fixed: of the whole interval; scott: of the observations' deviation */
  rule: 'fixed' | 'scott' | 'mixed';
  factor: number;
  /** smallest, and n-dependent */
  minimum: number;
  magic: number;
  minCells: number;
  cat: number;
  catN: number;
}

export function bandwidthOf(
  s: Bandwidths,
  centers: Float64Array,
  weights: Float64Array,
  dimension: number,
  cardinality: number,
): number {
  let n = 0, sum = 0, w2 = 0, total = 0;
  for (let i = 0; i < centers.length; i++) if (!Number.isNaN(centers[i])) { n++; total += weights[i]; w2 += weights[i] ** 2; sum += weights[i] * centers[i]; }
  if (n === 0) return 1;
  const mean = sum / total;
  let sq = 0;
  for (let i = 0; i < centers.length; i++) if (!Number.isNaN(centers[i])) sq += weights[i] * (centers[i] - mean) ** 2;
  const neff = s.catN ? total * total / w2 : n;
  // with the prior as one more observation of deviation sqrt(1/12)
  const std = s.rule === 'mixed' ? Math.sqrt((sq / total * neff + 1 / 12 + (mean - 0.5) ** 2 * neff / (neff + 1)) / (neff + 1)) : Math.sqrt(sq / total);
  const scale = s.rule === 'fixed' ? 1 : std;
  const sigma = s.factor * scale * neff ** (-1 / (dimension + 4));
  return Math.min(Math.max(sigma, s.minimum, s.magic / Math.min(100, 1 + n), s.minCells / cardinality), 1);
}

export function categoricalBandwidth(s: Bandwidths, centers: Float64Array, count: number): number {
  let n = 0;
  for (const c of centers) if (!Number.isNaN(c)) n++;
  const b = s.cat > 0 ? s.cat : (count - 1) / (n + 1) / (1 + count / (n + 1));
  return Math.min(b, (count - 1) / count);
}
