import { ParameterConstraint, parseConstraints } from '../../../lib/contract/parameter-constraints';
import { Configuration, ParameterDefinition, SearchSpaceDefinition } from '../../../lib/contract/search-space';
import { configurationProblems } from '../../../lib/contract/validate-configuration';
import { ConfigurationGrid } from './configuration-grid';
import { countConfigurations } from './count-configurations';
import { decode, encode, hasValue } from './parameter-codec';

/** A search space: which configurations exist, and how they lie in the unit cube. */
export class SearchSpace {
  /** Parents come before the parameters that depend on them; otherwise the order of the definition. */
  readonly parameters: readonly ParameterDefinition[];
  /** How many configurations there are, whether constraints allow them or not; Infinity with a continuous parameter. */
  readonly size: number;
  readonly constraints: readonly ParameterConstraint[];
  private readonly byName: ReadonlyMap<string, ParameterDefinition>;

  /**
   * @param definition a valid one, see `searchSpaceProblems` of the contract
   * @param constraints valid expressions over the parameters, see `constraintProblems` of the contract
   */
  constructor(definition: SearchSpaceDefinition, constraints: readonly string[] = []) {
    this.byName = new Map(definition.map((parameter) => [parameter.name, parameter]));
    this.parameters = parentsFirst(definition, this.byName);
    this.size = countConfigurations(this.parameters);
    this.constraints = parseConstraints(constraints, this.parameters);
  }

  /** All configurations of a finite space, one after another. */
  *enumerate(): Generator<Configuration> {
    const grid = new ConfigurationGrid(this.parameters, Infinity);
    for (let i = 0; i < grid.size; i++) yield grid.at(i);
  }

  /** Whether the constraints between parameters allow it. */
  isAllowed(configuration: Configuration): boolean {
    return this.constraints.every((constraint) => constraint.allows(configuration));
  }

  get dimension(): number {
    return this.parameters.length;
  }

  /** Whether a parameter exists in a configuration whose values of the parameters before it are known. */
  isActive(parameter: ParameterDefinition, configuration: Configuration): boolean {
    const condition = parameter.activeWhen;
    // an inactive parent has no value, so its children are inactive too.
    return (
      condition === undefined ||
      (Object.hasOwn(configuration, condition.parameter) &&
        condition.values.includes(configuration[condition.parameter]))
    );
  }

  /** The configuration at a point of the unit cube; the coordinates of inactive parameters are passed over. */
  decode(point: ArrayLike<number>): Configuration {
    const configuration: Configuration = {};
    this.parameters.forEach((parameter, i) => {
      if (this.isActive(parameter, configuration)) {
        configuration[parameter.name] = decode(parameter, point[i]);
      }
    });
    return configuration;
  }

  /** A point of the unit cube for a configuration; undefined at inactive parameters. */
  encode(configuration: Configuration): (number | undefined)[] {
    return this.parameters.map((parameter) =>
      Object.hasOwn(configuration, parameter.name) ? encode(parameter, configuration[parameter.name]) : undefined,
    );
  }

  /** A configuration with what `partial` gives, and from `point` what is missing. */
  complete(partial: Configuration, point: ArrayLike<number>): Configuration {
    const configuration: Configuration = {};
    this.parameters.forEach((parameter, i) => {
      if (this.isActive(parameter, configuration)) {
        configuration[parameter.name] = Object.hasOwn(partial, parameter.name)
          ? partial[parameter.name]
          : decode(parameter, point[i]);
      }
    });
    return configuration;
  }

  /** Whether it has a value of the space for each active parameter, and nothing else. */
  contains(configuration: Configuration): boolean {
    let active = 0;
    for (const parameter of this.parameters) {
      if (!this.isActive(parameter, configuration)) continue;
      if (!Object.hasOwn(configuration, parameter.name) || !hasValue(parameter, configuration[parameter.name])) {
        return false;
      }
      active++;
    }
    return active === Object.keys(configuration).length;
  }

  /** Every reason why this isn't a configuration of the space, with the parameter, the value and what is allowed. */
  problems(configuration: Configuration): string[] {
    return [
      ...configurationProblems(this.parameters, configuration),
      ...this.parameters
        .filter((parameter) => this.isActive(parameter, configuration) && !Object.hasOwn(configuration, parameter.name))
        .map((parameter) => `${JSON.stringify(parameter.name)} is missing`),
    ];
  }

  /** The same text for the same configuration. */
  key(configuration: Configuration): string {
    return JSON.stringify(
      this.parameters.map(({ name }) => (Object.hasOwn(configuration, name) ? configuration[name] : null)),
    );
  }
}

/** The values as SageMaker's HyperParameters carry them. JavaScript's shortest form of a number is exact. */
export function hyperparametersOf(configuration: Configuration): Record<string, string> {
  return Object.fromEntries(Object.entries(configuration).map(([name, value]) => [name, String(value)]));
}

function parentsFirst(
  definition: SearchSpaceDefinition,
  byName: ReadonlyMap<string, ParameterDefinition>,
): ParameterDefinition[] {
  const ordered = new Set<ParameterDefinition>();
  const visit = (parameter: ParameterDefinition) => {
    if (ordered.has(parameter)) return;
    if (parameter.activeWhen !== undefined) visit(byName.get(parameter.activeWhen.parameter)!);
    ordered.add(parameter);
  };
  definition.forEach(visit);
  return [...ordered];
}
