import { Token } from 'aws-cdk-lib';
import { constraintProblems, unmetConstraintProblems } from '../contract/parameter-constraints';
import { Configuration, SearchSpaceDefinition } from '../contract/search-space';
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
