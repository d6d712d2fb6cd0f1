import { Expression, ExpressionError, Kind, Variable, kindOf, parseExpression } from './expression';
import { Configuration, ParameterDefinition } from './search-space';
import { IsUnresolved } from './validate-search-space';

/** A condition that configurations must meet, over several of their parameters. */
export interface ParameterConstraint {
  readonly text: string;
  /**
   * Whether the constraint allows the configuration. It says nothing of one in which a parameter of its expression isn't
   * active. Where a value is of the wrong kind for the expression, the configuration isn't allowed.
   */
  allows(configuration: Configuration): boolean;
}

/** @param texts valid ones, see `constraintProblems` */
export function parseConstraints(
  texts: readonly string[],
  parameters: readonly ParameterDefinition[],
): ParameterConstraint[] {
  const variables = variablesOf(parameters, () => false);
  return texts.map((text) => toConstraint(text, parseExpression(text, variables)));
}

/**
 * The constraints that a configuration doesn't meet, whatever its missing parameters will be, as sentences.
 *
 * @param texts valid ones
 * @param isUnresolved constraints and values for which this is true are passed over
 */
export function unmetConstraintProblems(
  texts: readonly string[],
  parameters: readonly ParameterDefinition[],
  configuration: Configuration,
  isUnresolved: IsUnresolved = () => false,
): string[] {
  const known = Object.fromEntries(Object.entries(configuration).filter(([, value]) => !isUnresolved(value)));
  const variables = variablesOf(parameters, isUnresolved);
  return texts
    .filter((text) => !isUnresolved(text) && !toConstraint(text, parseExpression(text, variables)).allows(known))
    .map((text) => `it must meet the parameter constraint ${quoted(text)}`);
}

/**
 * Every problem of the constraints, as sentences.
 *
 * @param parameters those of a valid search space
 * @param isUnresolved values for which this is true are taken as valid
 */
export function constraintProblems(
  texts: readonly string[],
  parameters: readonly ParameterDefinition[],
  isUnresolved: IsUnresolved = () => false,
): string[] {
  const variables = variablesOf(parameters, isUnresolved);
  return texts.flatMap((text, i) => {
    if (isUnresolved(text)) return [];
    const problem = typeof text === 'string' ? problemOf(text, variables) : 'it must be a text';
    return problem === undefined ? [] : [`parameterConstraints[${i}] ${quoted(text)}: ${problem}`];
  });
}

/** Cut where it is long: a hostile one must not fill the log. */
function quoted(text: unknown): string {
  const json = JSON.stringify(text) ?? String(text);
  return json.length > 120 ? `${json.slice(0, 120)}...` : json;
}

function problemOf(text: string, variables: ReadonlyMap<string, Variable>): string | undefined {
  try {
    const { kinds, parameters } = parseExpression(text, variables);
    if (!kinds.has('truth value')) return `it must be true or false, not a ${[...kinds].join(' or ')}`;
    return parameters.size === 0 ? 'it must be about at least one parameter' : undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function toConstraint(text: string, { parameters, evaluate }: Expression): ParameterConstraint {
  const names = [...parameters];
  return {
    text,
    allows(configuration) {
      if (!names.every((name) => Object.hasOwn(configuration, name))) return true;
      try {
        return evaluate(configuration) === true;
      } catch (error) {
        if (error instanceof ExpressionError) return false;
        throw error;
      }
    },
  };
}

function variablesOf(
  parameters: readonly ParameterDefinition[],
  isUnresolved: IsUnresolved,
): ReadonlyMap<string, Variable> {
  return new Map(parameters.map((parameter) => [parameter.name, variableOf(parameter, isUnresolved)]));
}

const ANY: Variable = { kinds: new Set<Kind>(['number', 'text', 'truth value']) };

function variableOf(parameter: ParameterDefinition, isUnresolved: IsUnresolved): Variable {
  switch (parameter.type) {
    case 'continuous':
    case 'integer':
      return { kinds: new Set(['number']) };
    case 'categorical':
    case 'ordinal':
    case 'constant': {
      const values = parameter.type === 'constant' ? [parameter.value] : parameter.values;
      if (isUnresolved(values) || values.some(isUnresolved)) return ANY;
      return { kinds: new Set(values.map(kindOf)), values };
    }
  }
}
