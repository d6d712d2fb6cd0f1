/** Compares for a sort from low to high: numbers, infinite ones too, or texts by their code units, in any locale. */
export function ascending<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
