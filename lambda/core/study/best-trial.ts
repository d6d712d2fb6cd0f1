import { TrialRecord } from '../store/records';
import { Goals, excessOf, lossOf, metricsOf, unmetConstraints } from './objective';

/**
 * The trial with the best value of the primary objective: of those that completed, or where none did, of those that were
 * stopped or paused. Trials that meet the outcome constraints go before all others; where none does, it is the one that misses them
 * by the least.
 */
export function bestTrial(goals: Goals, trials: readonly TrialRecord[]): TrialRecord | undefined {
  const withValue = trials.filter(
    ({ state, value }) => ['COMPLETED', 'STOPPED', 'PAUSED'].includes(state) && value !== undefined,
  );
  const loss = (trial: TrialRecord) => lossOf(goals.objective, trial.value!);
  const feasible = withValue.filter((trial) => isFeasible(goals, trial));
  if (feasible.length > 0) return least(completedFirst(feasible), loss);

  const candidates = completedFirst(withValue);
  const violation = violationIn(goals, candidates);
  return least(candidates, (trial) => violation(trial), loss);
}

/** Whether the trial meets all outcome constraints, as far as they are reported. */
export function isFeasible(goals: Goals, trial: TrialRecord): boolean {
  return goals.outcomeConstraints.length === 0 || unmetConstraints(goals, metricsOf(goals, trial)).length === 0;
}

/** Trials that were stopped hold early values: they count only where none completed. */
function completedFirst(trials: TrialRecord[]): TrialRecord[] {
  const completed = trials.filter(({ state }) => state === 'COMPLETED');
  return completed.length > 0 ? completed : trials;
}

/** The first of the trials with the lowest numbers, compared one after another. */
function least(trials: TrialRecord[], ...numbers: ((trial: TrialRecord) => number)[]): TrialRecord | undefined {
  const isBetter = (a: TrialRecord, b: TrialRecord) => {
    const deciding = numbers.find((number) => number(a) !== number(b));
    return deciding !== undefined && deciding(a) < deciding(b);
  };
  return trials.reduce<TrialRecord | undefined>(
    (best, trial) => (best === undefined || isBetter(trial, best) ? trial : best),
    undefined,
  );
}

/** The sum of a trial's excesses, each as a part of the largest among the trials: metrics have different units. */
function violationIn(goals: Goals, trials: TrialRecord[]): (trial: TrialRecord) => number {
  const excess = (trial: TrialRecord) =>
    goals.outcomeConstraints.map((constraint) => excessOf(constraint, metricsOf(goals, trial)));
  const largest = goals.outcomeConstraints.map((_, i) =>
    trials.reduce((max, trial) => Math.max(max, excess(trial)[i] ?? 0), 0),
  );
  return (trial) =>
    excess(trial).reduce<number>(
      // one that isn't known counts as the worst.
      (sum, part, i) => sum + (part === undefined ? 1 : part <= 0 ? 0 : part / largest[i]),
      0,
    );
}
