import { dominates } from './non-dominated-sort';

/**
 * The volume of what at least one of the points dominates, up to the reference point; exact, for any number of
 * objectives, all minimized. Points that don't lie below the reference in every objective add nothing.
 *
 * Source: While, Bradstreet, Barone, "A fast way of calculating exact hypervolumes", IEEE Trans. Evolutionary Computation
 * 16, 2012 (WFG): each point adds the volume that it alone dominates of those after it. The points are taken from the
 * highest last loss down, so that the last objective can be cut off as a factor; what is left of two objectives is a
 * sweep. O(n log n) for two objectives, O(n² log n) for three.
 */
export function hypervolume(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const inside = points.filter((point) => point.every((loss, k) => loss < reference[k]));
  if (inside.length === 0) return 0;
  switch (reference.length) {
    case 0:
      return 0;
    case 1:
      return reference[0] - Math.min(...inside.map(([loss]) => loss));
    case 2:
      return areaOf(inside, reference);
    default:
      return volumeOf(inside, reference);
  }
}

function areaOf(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let area = 0;
  let lowest = reference[1];
  for (const [x, y] of sorted) {
    if (y >= lowest) continue;
    area += (reference[0] - x) * (lowest - y);
    lowest = y;
  }
  return area;
}

function volumeOf(points: readonly (readonly number[])[], reference: readonly number[]): number {
  const last = reference.length - 1;
  const below = reference.slice(0, last);
  const sorted = nonDominated(points).sort((a, b) => b[last] - a[last]);
  const bases = sorted.map((point) => point.slice(0, last));
  return sorted.reduce((volume, point, k) => {
    const base = bases[k];
    const others = bases.slice(k + 1).map((other) => other.map((loss, i) => Math.max(loss, base[i])));
    const whole = base.reduce((product, loss, i) => product * (below[i] - loss), 1);
    return volume + (reference[last] - point[last]) * (whole - hypervolume(others, below));
  }, 0);
}

function nonDominated(points: readonly (readonly number[])[]): (readonly number[])[] {
  return points.filter((point) => !points.some((other) => dominates(other, point)));
}
