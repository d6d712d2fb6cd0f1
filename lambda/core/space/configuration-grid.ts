import { Configuration, ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { cardinality, decode } from './parameter-codec';

/**
 * Every combination of the parameters' values, in their order, the last one changing fastest. A conditional parameter takes
 * part only where it is active, so no combination comes twice. The product is never built: a combination is found from its
 * index.
 */
export class ConfigurationGrid {
  readonly size: number;
  private readonly children = new Map<string, ParameterDefinition[]>();
  private readonly roots: ParameterDefinition[];
  private readonly sizes = new Map<ParameterDefinition, number>();

  /**
   * @param parameters parents before those that depend on them
   * @param pointsPerParameter points along a continuous parameter, and at most this many along an integer one
   */
  constructor(
    parameters: readonly ParameterDefinition[],
    private readonly pointsPerParameter: number,
  ) {
    this.roots = parameters.filter((parameter) => parameter.activeWhen === undefined);
    for (const parameter of parameters) {
      if (parameter.activeWhen !== undefined) {
        const siblings = this.children.get(parameter.activeWhen.parameter) ?? [];
        this.children.set(parameter.activeWhen.parameter, [...siblings, parameter]);
      }
    }
    this.size = this.sizeOfAll(this.roots);
  }

  at(index: number): Configuration {
    const configuration: Configuration = {};
    this.fill(this.roots, index, configuration);
    return configuration;
  }

  /** Parameters that don't depend on each other multiply. */
  private sizeOfAll(parameters: ParameterDefinition[]): number {
    return parameters.reduce((product, parameter) => product * this.sizeOf(parameter), 1);
  }

  /** A parameter's values add up, each with the combinations below it. */
  private sizeOf(parameter: ParameterDefinition): number {
    let size = this.sizes.get(parameter);
    if (size === undefined) {
      size = this.values(parameter).reduce<number>(
        (sum, value) => sum + this.sizeOfAll(this.below(parameter, value)),
        0,
      );
      this.sizes.set(parameter, size);
    }
    return size;
  }

  private fill(parameters: ParameterDefinition[], index: number, configuration: Configuration): void {
    let rest = index;
    for (const parameter of [...parameters].reverse()) {
      const size = this.sizeOf(parameter);
      this.fillOne(parameter, rest % size, configuration);
      rest = Math.floor(rest / size);
    }
  }

  private fillOne(parameter: ParameterDefinition, index: number, configuration: Configuration): void {
    let rest = index;
    for (const value of this.values(parameter)) {
      const below = this.below(parameter, value);
      const size = this.sizeOfAll(below);
      if (rest < size) {
        configuration[parameter.name] = value;
        this.fill(below, rest, configuration);
        return;
      }
      rest -= size;
    }
  }

  private below(parameter: ParameterDefinition, value: ParameterValue): ParameterDefinition[] {
    return (this.children.get(parameter.name) ?? []).filter((child) => child.activeWhen!.values.includes(value));
  }

  /** The grid's values of one parameter: all of a small one, else evenly spaced under its scaling, ends included. */
  private values(parameter: ParameterDefinition): ParameterValue[] {
    if (parameter.type === 'categorical' || parameter.type === 'ordinal') return parameter.values;
    if (parameter.type === 'constant') return [parameter.value];
    if (cardinality(parameter) <= this.pointsPerParameter) {
      return Array.from({ length: cardinality(parameter) }, (_, i) => parameter.min + i);
    }
    const n = this.pointsPerParameter;
    const values = Array.from({ length: n }, (_, i) => decode(parameter, n === 1 ? 0.5 : i / (n - 1)));
    // integers on a logarithmic scale can fall together.
    return [...new Set(values)];
  }
}
