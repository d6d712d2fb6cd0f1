import { ascending } from '../../numerics/ascending';
import { Observation, isFeasible } from '../../search/search-algorithm';
import { paretoOrder } from './pareto-order';

/**
 * Finished observations, the best first: feasible ones by their loss, then those that break outcome constraints by how
 * much they do. Of several objectives the order is by fronts. Depends on nothing but the order of the losses, so that
 * no increasing change of an objective's scale matters.
 *
 * @param leading how many places matter; of several objectives, the order of the rest is only a rough one
 */
export function rankObservations(finished: readonly Observation[], objectives: number, leading: number): Observation[] {
  const feasible = finished.filter(isFeasible);
  return [
    ...(objectives === 1 ? byLoss(feasible) : byFronts(feasible, leading)),
    ...byViolation(finished.filter((observation) => !isFeasible(observation))),
  ];
}

/** An order of observations that doesn't depend on how they are listed. */
export function byAge(a: Observation, b: Observation): number {
  return a.trial - b.trial || ascending(contentOf(a), contentOf(b));
}

function byLoss(observations: readonly Observation[]): Observation[] {
  return [...observations].sort((a, b) => ascending(a.losses![0], b.losses![0]) || byAge(a, b));
}

function byFronts(observations: readonly Observation[], leading: number): Observation[] {
  const ordered = [...observations].sort(byAge);
  return paretoOrder(
    ordered.map(({ losses }) => losses!),
    leading,
  ).map((i) => ordered[i]);
}

/** By the sum over the constraints, each in units of its largest excess so that their scales don't matter. */
function byViolation(observations: readonly Observation[]): Observation[] {
  const largest: number[] = [];
  for (const { violations = [] } of observations) {
    violations.forEach((violation, i) => (largest[i] = Math.max(largest[i] ?? 0, excess(violation))));
  }
  return observations
    .map((observation) => {
      const { violations = [] } = observation;
      const total = violations.reduce((sum, one, i) => (one <= 0 ? sum : sum + excess(one) / largest[i]), 0);
      return { observation, total };
    })
    .sort((a, b) => ascending(a.total, b.total) || byAge(a.observation, b.observation))
    .map(({ observation }) => observation);
}

/** What isn't known counts as broken as far as can be. */
function excess(violation: number): number {
  return Math.min(Number.isNaN(violation) ? Infinity : Math.max(violation, 0), Number.MAX_VALUE);
}

/** Sorting asks for the same texts again and again. */
const contents = new WeakMap<Observation, string>();

/** Trials have one number each; only results known from elsewhere share theirs. */
function contentOf(observation: Observation): string {
  let content = contents.get(observation);
  if (content === undefined) {
    const { configuration, status, losses, violations } = observation;
    const entries = Object.entries(configuration).sort(([a], [b]) => ascending(a, b));
    content = JSON.stringify([entries, status, losses, violations]);
    contents.set(observation, content);
  }
  return content;
}
