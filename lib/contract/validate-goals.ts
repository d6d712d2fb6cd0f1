import { MAX_METRIC_DEFINITIONS } from './limits';
import { KnownResultDefinition, TunerDefinition } from './tuner-definition';
import { ParameterDefinition } from './search-space';
import { configurationProblems } from './validate-configuration';
import { IsUnresolved } from './validate-search-space';

type Goals = Pick<TunerDefinition, 'objective' | 'additionalObjectives' | 'outcomeConstraints'>;

/** Ours: known results travel with the tuner's definition, and the search looks at all of them for each suggestion. */
export const MAX_KNOWN_RESULTS = 1000;

/**
 * Every problem of the objectives and outcome constraints together, as sentences.
 *
 * @param isUnresolved values for which this is true are taken as valid
 */
export function goalProblems(goals: Goals, isUnresolved: IsUnresolved = () => false): string[] {
  const { objective, additionalObjectives, outcomeConstraints } = goals;
  const problems: string[] = [];
  const objectives = [objective, ...additionalObjectives].map(({ metric }) => metric).filter((m) => !isUnresolved(m));
  const twice = objectives.find((metric, i) => objectives.indexOf(metric) !== i);
  if (twice !== undefined) {
    problems.push(`objectives must have different metrics, got ${JSON.stringify(twice)} twice`);
  }
  if (additionalObjectives.some(({ targetValue }) => targetValue !== undefined)) {
    problems.push('targetValue must be given for the first objective only: it is what ends the study');
  }
  const sides = outcomeConstraints.map(({ metric, relation }) => `${relation}(${JSON.stringify(metric)})`);
  const repeated = sides.find((side, i) => sides.indexOf(side) !== i);
  if (repeated !== undefined) problems.push(`outcomeConstraints must not hold ${repeated} twice`);
  for (const { metric, bound } of outcomeConstraints) {
    if (!isUnresolved(bound) && !Number.isFinite(bound)) {
      problems.push(
        `bound of the outcome constraint on ${JSON.stringify(metric)} must be a finite number, got ${bound}`,
      );
    }
  }
  const metrics = new Set([...objectives, ...outcomeConstraints.map(({ metric }) => metric)]);
  if (metrics.size > MAX_METRIC_DEFINITIONS) {
    problems.push(
      `objectives and outcomeConstraints must have at most ${MAX_METRIC_DEFINITIONS} metrics together, got ${metrics.size}`,
    );
  }
  return problems;
}

/**
 * Every problem of the known results, as sentences.
 *
 * @param parameters those of a valid search space, in any order
 */
export function knownResultProblems(
  results: readonly KnownResultDefinition[],
  parameters: readonly ParameterDefinition[],
  goals: Goals,
  isUnresolved: IsUnresolved = () => false,
): string[] {
  if (results.length > MAX_KNOWN_RESULTS) {
    return [
      `knownResults must have at most ${MAX_KNOWN_RESULTS} entries, got ${results.length}; give the best and a sample of the others`,
    ];
  }
  return results.flatMap(({ configuration, metrics }, i) =>
    [
      ...configurationProblems(parameters, configuration, isUnresolved),
      ...missingParameters(configuration, parameters, isUnresolved),
      ...metricProblems(metrics, goals, isUnresolved),
    ].map((problem) => `knownResults[${i}]: ${problem}`),
  );
}

function missingParameters(
  configuration: KnownResultDefinition['configuration'],
  parameters: readonly ParameterDefinition[],
  isUnresolved: IsUnresolved,
): string[] {
  const isActive = ({ activeWhen }: ParameterDefinition) => {
    if (activeWhen === undefined) return true;
    const parent = configuration[activeWhen.parameter];
    return !isUnresolved(parent) && activeWhen.values.includes(parent);
  };
  return parameters
    .filter((parameter) => isActive(parameter) && !Object.hasOwn(configuration, parameter.name))
    .map(({ name }) => `${JSON.stringify(name)} is missing; a known result must have all active parameters`);
}

/** No metric at all: it is known to fail. A name that isn't the objective's is more likely a mistake. */
function metricProblems(metrics: Record<string, unknown>, { objective }: Goals, isUnresolved: IsUnresolved): string[] {
  const names = Object.keys(metrics);
  const problems = names
    .filter((name) => typeof metrics[name] !== 'number' && !isUnresolved(metrics[name]))
    .map((name) => `metric ${JSON.stringify(name)} must be a number, got ${JSON.stringify(metrics[name])}`);
  if (names.length > 0 && !isUnresolved(objective.metric) && !names.includes(objective.metric)) {
    problems.push(
      `metrics must hold the objective ${JSON.stringify(objective.metric)}, or nothing for a configuration that fails, got ${names.join(', ')}`,
    );
  }
  return problems;
}
