import { Configuration, ParameterDefinition, ParameterValue } from '../../../lib/contract/search-space';
import { cardinality, decode } from './parameter-codec';

/** A parameter's values, and for each how many combinations begin with it or one before it. */
interface Branches {
  readonly values: readonly ParameterValue[];
  readonly ends: readonly number[];
}

/**
 * Every combination of the parameters' values, in their order, the last one changing fastest. A conditional parameter takes
 * part only where it is active, so no combination comes twice. The product is never built: a combination is found from its
 * index.
 */
export class ConfigurationGrid {
  readonly size: number;
  private readonly children = new Map<string, ParameterDefinition[]>();
  private readonly roots: ParameterDefinition[];
  private readonly branches = new Map<ParameterDefinition, Branches>();

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

  /**
   * The combinations one after another, without those that begin in a way that isn't possible: a constraint on the first
   * parameters spares all that follows them.
   *
   * @param isPossible asked with the first values of a combination, then with more of them, up to all
   */
  *combinations(isPossible: (beginning: Configuration) => boolean): Generator<Configuration> {
    yield* this.continued(this.roots, {}, isPossible);
  }

  private *continued(
    open: readonly ParameterDefinition[],
    beginning: Configuration,
    isPossible: (beginning: Configuration) => boolean,
  ): Generator<Configuration> {
    const [parameter, ...rest] = open;
    if (parameter === undefined) {
      yield beginning;
      return;
    }
    for (const value of this.branchesOf(parameter).values) {
      const longer = { ...beginning, [parameter.name]: value };
      if (isPossible(longer)) yield* this.continued([...this.below(parameter, value), ...rest], longer, isPossible);
    }
  }

  /** Parameters that don't depend on each other multiply. */
  private sizeOfAll(parameters: ParameterDefinition[]): number {
    return parameters.reduce((product, parameter) => product * this.sizeOf(parameter), 1);
  }

  /** A parameter's values add up, each with the combinations below it. */
  private sizeOf(parameter: ParameterDefinition): number {
    return this.branchesOf(parameter).ends.at(-1)!;
  }

  private branchesOf(parameter: ParameterDefinition): Branches {
    let branches = this.branches.get(parameter);
    if (branches === undefined) {
      const values = this.values(parameter);
      let end = 0;
      branches = { values, ends: values.map((value) => (end += this.sizeOfAll(this.below(parameter, value)))) };
      this.branches.set(parameter, branches);
    }
    return branches;
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
    const { values, ends } = this.branchesOf(parameter);
    const branch = firstAbove(ends, index);
    configuration[parameter.name] = values[branch];
    this.fill(this.below(parameter, values[branch]), index - (ends[branch - 1] ?? 0), configuration);
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

/** The place of the first number above `limit` in an ascending list that has one. */
function firstAbove(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
