import { Token } from 'aws-cdk-lib';
import { SearchSpaceDefinition } from '../contract/search-space';
import { KnownResultDefinition, TunerDefinition } from '../contract/tuner-definition';
import { goalProblems, knownResultProblems } from '../contract/validate-goals';
import { defaultRegex } from './metric';
import type { KnownResult } from '../known-result';
import type { Objective } from '../objective';
import type { OutcomeConstraint } from '../outcome-constraint';

/** What a study is after, as the props have it. */
export interface Goals {
  readonly objective: Objective;
  readonly additionalObjectives: Objective[];
  readonly outcomeConstraints: OutcomeConstraint[];
}

export type GoalsDefinition = Pick<TunerDefinition, 'objective' | 'additionalObjectives' | 'outcomeConstraints'>;

const isUnresolved = (value: unknown) => Token.isUnresolved(value);

/** The objectives and outcome constraints as plain data, checked. */
export function toGoals({ objective, additionalObjectives, outcomeConstraints }: Goals): GoalsDefinition {
  const definition = {
    objective: objective._toDefinition(),
    additionalObjectives: additionalObjectives.map((one) => one._toDefinition()),
    outcomeConstraints: outcomeConstraints.map((one) => one._toDefinition()),
  };
  const problems = goalProblems(definition, isUnresolved);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return definition;
}

/** The regular expression of each metric. An objective may be constrained too: it needs to be given in one place only. */
export function metricRegexesOf({ objective, additionalObjectives, outcomeConstraints }: Goals) {
  const sources = [objective, ...additionalObjectives, ...outcomeConstraints];
  const regexes: { [metric: string]: string } = {};
  for (const { metric } of sources) {
    const given = new Set(sources.filter((one) => one.metric === metric).flatMap((one) => one._givenRegex() ?? []));
    if (given.size > 1) {
      throw new Error(`regex of the metric ${JSON.stringify(metric)} must be one, got ${[...given].join(' and ')}`);
    }
    regexes[metric] = [...given][0] ?? defaultRegex(metric);
  }
  return regexes;
}

/** The known results as plain data, checked. Numbers that JSON can't write are as good as missing. */
export function toKnownResults(
  results: KnownResult[],
  searchSpace: SearchSpaceDefinition,
  goals: GoalsDefinition,
): KnownResultDefinition[] {
  const definition = results.map(({ configuration, metrics = {} }) => ({ configuration, metrics }));
  const problems = knownResultProblems(definition, searchSpace, goals, isUnresolved);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return definition.map(({ configuration, metrics }) => ({
    configuration,
    metrics: Object.fromEntries(
      Object.entries(metrics).filter(([, value]) => isUnresolved(value) || Number.isFinite(value)),
    ),
  }));
}
