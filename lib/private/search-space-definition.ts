import { Token } from 'aws-cdk-lib';
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

export function toInitialConfigurations(
  configurations: { [name: string]: any }[],
  searchSpace: SearchSpaceDefinition,
): Configuration[] {
  const problems = configurations.flatMap((configuration, i) =>
    configurationProblems(searchSpace, configuration, (value) => Token.isUnresolved(value)).map(
      (problem) => `initialConfigurations[${i}]: ${problem}`,
    ),
  );
  if (problems.length > 0) {
    throw new Error(problems.join('; '));
  }
  return configurations;
}
