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
    const problem = isUnresolved(value) ? undefined : valueProblem(parameter, value);
    if (problem !== undefined) {
      problems.push(problem);
    }
    const condition = parameter.activeWhen;
    if (
      condition !== undefined &&
      Object.hasOwn(partial, condition.parameter) &&
      !condition.values.includes(partial[condition.parameter])
    ) {
      const values = condition.values.map((v) => JSON.stringify(v)).join(' or ');
      problems.push(
        `${JSON.stringify(name)} must be absent unless ${JSON.stringify(condition.parameter)} is ${values}, got ${JSON.stringify(value)}`,
      );
    }
  }
  return problems;
}

/** Why `value` can't be this parameter's, or undefined if it can. */
function valueProblem(parameter: ParameterDefinition, value: unknown): string | undefined {
  const got = `got ${JSON.stringify(value) ?? String(value)}`;
  const name = JSON.stringify(parameter.name);
  switch (parameter.type) {
    case 'continuous':
      return typeof value === 'number' && value >= parameter.min && value <= parameter.max
        ? undefined
        : `${name} must be a number from ${parameter.min} to ${parameter.max}, ${got}`;
    case 'integer':
      return Number.isInteger(value) && (value as number) >= parameter.min && (value as number) <= parameter.max
        ? undefined
        : `${name} must be an integer from ${parameter.min} to ${parameter.max}, ${got}`;
    case 'categorical':
    case 'ordinal':
      return parameter.values.includes(value as ParameterValue)
        ? undefined
        : `${name} must be one of ${parameter.values.map((v) => JSON.stringify(v)).join(', ')}, ${got}`;
    case 'constant':
      return value === parameter.value ? undefined : `${name} must be ${JSON.stringify(parameter.value)}, ${got}`;
  }
}
