import { Configuration, ParameterDefinition, ParameterValue } from './search-space';
import { IsUnresolved } from './validate-search-space';

/**
 * Every reason why `partial` can't be part of a configuration, as sentences that name the parameter, the value and what is
 * allowed. Parameters may be missing.
 *
 * @param parameters those of a valid search space
 * @param isUnresolved values for which this is true are taken as valid
 */
export function configurationProblems(
  parameters: readonly ParameterDefinition[],
  partial: Configuration,
  isUnresolved: IsUnresolved = () => false,
): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(partial)) {
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) {
      const names = parameters.map((candidate) => candidate.name).join(', ');
      problems.push(`${JSON.stringify(name)} is not a parameter of the search space; there are ${names}`);
      continue;
    }
    const problem = isUnresolved(value) ? undefined : valueProblem(parameter, value, isUnresolved);
    if (problem !== undefined) {
      problems.push(problem);
    }
    problems.push(...activityProblems(parameter, value, partial, isUnresolved));
  }
  return problems;
}

/** A conditional parameter needs its condition beside it: drawn at random, it might not hold. */
function activityProblems(
  { name, activeWhen }: ParameterDefinition,
  value: unknown,
  partial: Configuration,
  isUnresolved: IsUnresolved,
): string[] {
  if (activeWhen === undefined) return [];

  const parent = JSON.stringify(activeWhen.parameter);
  const values = activeWhen.values.map((allowed) => JSON.stringify(allowed)).join(' or ');
  if (!Object.hasOwn(partial, activeWhen.parameter)) {
    return [`${JSON.stringify(name)} needs ${parent} beside it, which must be ${values}`];
  }
  const given = partial[activeWhen.parameter];
  return isUnresolved(given) || activeWhen.values.some(isUnresolved) || activeWhen.values.includes(given)
    ? []
    : [`${JSON.stringify(name)} must be absent unless ${parent} is ${values}, got ${JSON.stringify(value)}`];
}

/** Why `value` can't be this parameter's, or undefined if it can. */
function valueProblem(parameter: ParameterDefinition, value: unknown, isUnresolved: IsUnresolved): string | undefined {
  const got = `got ${JSON.stringify(value) ?? String(value)}`;
  const name = JSON.stringify(parameter.name);
  switch (parameter.type) {
    case 'continuous':
      return typeof value === 'number' && isWithin(value, parameter, isUnresolved)
        ? undefined
        : `${name} must be a number from ${parameter.min} to ${parameter.max}, ${got}`;
    case 'integer':
      return Number.isInteger(value) && isWithin(value as number, parameter, isUnresolved)
        ? undefined
        : `${name} must be an integer from ${parameter.min} to ${parameter.max}, ${got}`;
    case 'categorical':
    case 'ordinal':
      return isUnresolved(parameter.values) ||
        parameter.values.some(isUnresolved) ||
        parameter.values.includes(value as ParameterValue)
        ? undefined
        : `${name} must be one of ${parameter.values.map((v) => JSON.stringify(v)).join(', ')}, ${got}`;
    case 'constant':
      return isUnresolved(parameter.value) || value === parameter.value
        ? undefined
        : `${name} must be ${JSON.stringify(parameter.value)}, ${got}`;
  }
}

function isWithin(value: number, { min, max }: { min: number; max: number }, isUnresolved: IsUnresolved): boolean {
  return (isUnresolved(min) || value >= min) && (isUnresolved(max) || value <= max);
}
