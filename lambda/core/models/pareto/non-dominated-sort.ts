/** Whether no loss of `a` is higher than that of `b`, and one is lower. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    if (a[k] > b[k]) return false;
    if (a[k] < b[k]) better = true;
  }
  return better;
}

/**
 * The front that each loss vector lies in: 0 for those that no other one dominates, 1 for those that only vectors of
 * front 0 dominate, and so on. Equal vectors lie in the same front.
 *
 * Source: Zhang, Tian, Cheng, Jin, "An efficient approach to nondominated sorting for evolutionary multiobjective
 * optimization", IEEE Trans. Evolutionary Computation 19, 2015 (ENS-BS). O(n log n) for one or two objectives; for more, n
 * times the size of a front.
 */
export function nonDominatedRanks(losses: readonly (readonly number[])[]): number[] {
  const ranks = new Array<number>(losses.length).fill(0);
  const objectives = losses[0]?.length ?? 0;
  // in this order a vector is dominated by none after it.
  const order = losses.map((_, i) => i).sort((i, j) => compareLexicographically(losses[i], losses[j]));
  const fronts: Front[] = [];
  for (const i of order) {
    // a vector that is dominated by a member of a front is dominated by one of each front before it, too.
    let low = 0;
    let high = fronts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fronts[middle].dominates(losses[i])) low = middle + 1;
      else high = middle;
    }
    if (low === fronts.length) fronts.push(new Front(objectives));
    fronts[low].add(losses[i]);
    ranks[i] = low;
  }
  return ranks;
}

/** Vectors that don't dominate each other, added in lexicographical order; one after another in memory, for speed. */
class Front {
  private values = new Float64Array(64);
  private length = 0;

  constructor(private readonly objectives: number) {}

  add(vector: readonly number[]): void {
    if (this.length + this.objectives > this.values.length) {
      const longer = new Float64Array(2 * this.length + this.objectives);
      longer.set(this.values);
      this.values = longer;
    }
    this.values.set(vector, this.length);
    this.length += this.objectives;
  }

  /** Whether one of its members dominates a vector that comes behind them in lexicographical order. */
  dominates(vector: readonly number[]): boolean {
    const { values, objectives, length } = this;
    // of two objectives, the last member has the lowest second loss, and no higher first one than `vector`.
    const begin = objectives <= 2 ? length - objectives : 0;
    for (let member = length - objectives; member >= begin; member -= objectives) {
      let better = false;
      let k = 0;
      for (; k < objectives && values[member + k] <= vector[k]; k++) better ||= values[member + k] < vector[k];
      if (k === objectives && better) return true;
    }
    return false;
  }
}

/** By the first loss, then the second, and so on. */
export function compareLexicographically(a: readonly number[], b: readonly number[]): number {
  for (let k = 0; k < a.length; k++) {
    if (a[k] !== b[k]) return a[k] < b[k] ? -1 : 1;
  }
  return 0;
}
