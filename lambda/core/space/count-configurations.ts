import { ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { cardinality } from './parameter-codec';

/**
 * How many configurations a space has; Infinity with a continuous parameter. Parameters that don't depend on each other
 * multiply; a parameter's values add up, each with the combinations of what it makes active.
 *
 * @param parameters parents before those that depend on them
 */
export function countConfigurations(parameters: readonly ParameterDefinition[]): number {
  if (parameters.some((parameter) => cardinality(parameter) === Infinity)) return Infinity;

  const sizes = new Map<string, number>();
  const sizeOf = (parameter: ParameterDefinition): number => {
    const children = parameters.filter(({ activeWhen }) => activeWhen?.parameter === parameter.name);
    const values = new Set<ParameterValue>(children.flatMap(({ activeWhen }) => activeWhen!.values));
    const withChildren = [...values].reduce<number>(
      (sum, value) =>
        sum +
        children
          .filter(({ activeWhen }) => activeWhen!.values.includes(value))
          .reduce((product, child) => product * sizes.get(child.name)!, 1),
      0,
    );
    return cardinality(parameter) - values.size + withChildren;
  };
  for (const parameter of [...parameters].reverse()) sizes.set(parameter.name, sizeOf(parameter));
  return parameters
    .filter(({ activeWhen }) => activeWhen === undefined)
    .reduce((product, { name }) => product * sizes.get(name)!, 1);
}
