import { Token } from 'aws-cdk-lib';
import { constraintProblems, unmetConstraintProblems } from '../contract/parameter-constraints';
import { Configuration, ParameterValue, SearchSpaceDefinition } from '../contract/search-space';
import { configurationProblems } from '../contract/validate-configuration';
import { searchSpaceProblems } from '../contract/validate-search-space';
import type { Parameter } from '../parameter';

/** The props' search space as plain data, checked. */
export function toSearchSpace(searchSpace: { [name: string]: Parameter }): SearchSpaceDefinition {
  const definition = Object.entries(searchSpace).map(([name, parameter]) => parameter._toDefinition(name));
  const problems = searchSpaceProblems(definition, (value) => Token.isUnresolved(value));
  if (problems.length > 0) {
    throw new Error(`searchSpace: ${problems.join('; ')}`);
  }
  return definition;
}

/** The expressions, checked: their syntax, their names, and what can be compared with what. */
export function toParameterConstraints(constraints: string[], searchSpace: SearchSpaceDefinition): string[] {
  const problems = constraintProblems(constraints, searchSpace, (value) => Token.isUnresolved(value));
  if (problems.length > 0) {
    throw new Error(problems.join('; '));
  }
  return constraints;
}

export function toInitialConfigurations(
  configurations: { [name: string]: any }[],
  searchSpace: SearchSpaceDefinition,
  parameterConstraints: string[],
): Configuration[] {
  const isUnresolved = (value: unknown) => Token.isUnresolved(value);
  const problems = configurations.flatMap((configuration, i) =>
    [
      ...configurationProblems(searchSpace, configuration, isUnresolved),
      ...unmetConstraintProblems(parameterConstraints, searchSpace, configuration, isUnresolved),
    ].map((problem) => `initialConfigurations[${i}]: ${problem}`),
  );
  if (problems.length > 0) {
    throw new Error(problems.join('; '));
  }
  return configurations;
}

/** Beyond this a parameter isn't a choice but a range. */
const MAX_CHOICES = 1000;

/** The values of each parameter that every trial has and that takes few of them, by name. */
export function choicesOf(searchSpace: SearchSpaceDefinition): { [name: string]: ParameterValue[] } {
  const choices = searchSpace.flatMap((parameter): [string, ParameterValue[]][] => {
    if (parameter.activeWhen !== undefined) return [];
    switch (parameter.type) {
      case 'categorical':
      case 'ordinal':
        return [[parameter.name, parameter.values]];
      case 'constant':
        return [[parameter.name, [parameter.value]]];
      case 'integer': {
        const count = parameter.max - parameter.min + 1;
        if (Token.isUnresolved(parameter.min) || Token.isUnresolved(parameter.max) || count > MAX_CHOICES) return [];
        return [[parameter.name, Array.from({ length: count }, (_, i) => parameter.min + i)]];
      }
      default:
        return [];
    }
  });
  return Object.fromEntries(choices);
}
