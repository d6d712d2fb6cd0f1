/** Most trials that the model is conditioned on; its cost grows with their cube. */
export const MAX_OBSERVATIONS = 160;

/**
 * Most trials that the hyperparameters are fitted to: that takes some forty times the work of conditioning, and grows with
 * the number of dimensions too.
 */
const MAX_FITTED = 100;
const MIN_FITTED = 40;
const FULL_FIT_DIMENSIONS = 10;

/** Up to twice so many trials, every new result has its fit; beyond, each fit serves for up to a further twentieth. */
const FIT_EACH = 20;

/**
 * The indices of the observations that a model of limited size sees: the best half, and of the rest the newest and an even
 * selection of the older ones.
 *
 * @param order indices of all observations, the best first
 */
export function selectForModel(order: readonly number[], limit: number): number[] {
  if (order.length <= limit) return [...order].sort((a, b) => a - b);
  const half = Math.ceil(limit / 2);
  const rest = order.slice(half).sort((a, b) => a - b);
  const newest = Math.ceil((limit - half) / 2);
  const older = rest.slice(0, rest.length - newest);
  const even = limit - half - newest;
  const selected = Array.from({ length: even }, (_, i) => older[Math.floor(((i + 0.5) * older.length) / even)]);
  return [...order.slice(0, half), ...selected, ...rest.slice(rest.length - newest)].sort((a, b) => a - b);
}

/**
 * How many of the first observations the hyperparameters are fitted to. It grows in steps, so that between two steps the
 * fit can be remembered, and follows from the number alone, so that nothing depends on what was asked before.
 */
export function fittedCount(count: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(count / FIT_EACH)));
  return Math.floor(count / step) * step;
}

/** The indices, among the first observations, of those that the hyperparameters are fitted to. */
export function selectForFit(order: readonly number[], dimensions: number): number[] {
  const count = fittedCount(order.length);
  const limit = Math.round(MAX_FITTED * Math.min(1, Math.sqrt(FULL_FIT_DIMENSIONS / dimensions)));
  return selectForModel(
    order.filter((index) => index < count),
    Math.max(limit, MIN_FITTED),
  );
}
