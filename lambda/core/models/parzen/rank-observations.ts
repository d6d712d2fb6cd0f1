import { Observation } from '../../search/search-algorithm';
import { paretoOrder } from './pareto-order';

/**
 * Finished observations, the best first: feasible ones by their loss, then those that break outcome constraints by how
 * much they do. Of several objectives the order is by fronts. Depends on nothing but the order of the losses, so that
 * no increasing change of an objective's scale matters.
 *
 * @param leading how many places matter; of several objectives, the order of the rest is only a rough one
 */
export function rankObservations(
  finished: readonly Observation[],
  objectives: number,
  leading: number,
): Observation[] {
  const total = totalViolations(finished);
  const feasible = finished.filter((_, i) => total[i] === 0);
  const infeasible = finished.map((observation, i) => ({ observation, violation: total[i] }));
  return [
    ...(objectives === 1 ? byLoss(feasible) : byFronts(feasible, leading)),
    ...infeasible
      .filter(({ violation }) => violation > 0)
      .sort((a, b) => compare(a.violation, b.violation) || byAge(a.observation, b.observation))
      .map(({ observation }) => observation),
  ];
}

/** An order of observations that doesn't depend on how they are listed. */
export function byAge(a: Observation, b: Observation): number {
  return a.trial - b.trial || compareTexts(contentOf(a), contentOf(b));
}

function byLoss(observations: readonly Observation[]): Observation[] {
  return [...observations].sort((a, b) => compare(a.losses![0], b.losses![0]) || byAge(a, b));
}

function byFronts(observations: readonly Observation[], leading: number): Observation[] {
  const ordered = [...observations].sort(byAge);
  return paretoOrder(
    ordered.map(({ losses }) => losses!),
    leading,
  ).map((i) => ordered[i]);
}

/** The sum over the constraints, each in units of its largest violation so that their scales don't matter. */
function totalViolations(observations: readonly Observation[]): number[] {
  const largest: number[] = [];
  for (const { violations = [] } of observations) {
    violations.forEach((violation, i) => (largest[i] = Math.max(largest[i] ?? 0, finite(violation))));
  }
  return observations.map(({ violations = [] }) =>
    violations.reduce((sum, violation, i) => (violation <= 0 ? sum : sum + finite(violation) / largest[i]), 0),
  );
}

/** What isn't known counts as broken as far as can be. */
function finite(violation: number): number {
  return Number.isFinite(violation) ? violation : violation === -Infinity ? 0 : Number.MAX_VALUE;
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Trials have one number each; only results known from elsewhere share theirs. */
function contentOf({ configuration, losses, status }: Observation): string {
  const entries = Object.entries(configuration).sort(([a], [b]) => compareTexts(a, b));
  return JSON.stringify([entries, status, losses]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
