import { MAX_HYPERPARAMETERS } from '../contract/limits';
import type { TrialRunnerBindOptions } from '../trial-runner';
import { requireNoExpression } from './checks';

/** What all trials share must not be what each has of its own. */
export function requireHyperparameterNames(
  hyperparameters: { [name: string]: string } = {},
  { parameterNames }: TrialRunnerBindOptions,
): void {
  // in the container both would be SM_HP_<NAME>, in capitals.
  const searched = parameterNames.map((name) => name.toUpperCase());
  const both = Object.keys(hyperparameters).find((name) => searched.includes(name.toUpperCase()));
  if (both !== undefined) {
    throw new Error(
      `hyperparameters must not hold what the search space or the scheduler sets, got ${JSON.stringify(both)} in both; remove it from one`,
    );
  }
  const count = Object.keys(hyperparameters).length + parameterNames.length;
  if (count > MAX_HYPERPARAMETERS) {
    throw new Error(
      `hyperparameters and search space must have at most ${MAX_HYPERPARAMETERS} entries together, got ${count}`,
    );
  }
}

/** For texts that stand in the state machine by themselves, where it would evaluate them. */
export function requireNoExpressions(what: string, texts: { [name: string]: string } = {}): void {
  for (const [name, text] of Object.entries(texts)) requireNoExpression(`${what} ${name}`, text);
}
