import { ActivityCondition, ParameterDefinition, ScalingName } from './contract/search-space';

/** How a numeric parameter's range is searched. */
export enum Scaling {
  /** Equal steps are equally important. */
  LINEAR = 'linear',

  /** Equal factors are equally important: learning rates, widths. The range must be above 0. */
  LOGARITHMIC = 'logarithmic',

  /** Like logarithmic, seen from 1: momentum, decay rates near 1. The range must lie in 0 <= x < 1. */
  REVERSE_LOGARITHMIC = 'reverseLogarithmic',
}

/** When a conditional parameter is part of a configuration. */
export class ActiveWhen {
  /**
   * Active while another parameter has this value.
   *
   * @param parameter name of the other parameter; itself it may be conditional
   * @param value one of that parameter's values: a string, a number or a boolean
   */
  public static is(parameter: string, value: any): ActiveWhen {
    return new ActiveWhen(parameter, [value]);
  }

  /**
   * Active while another parameter has one of these values.
   *
   * @param parameter name of the other parameter; itself it may be conditional
   * @param values some of that parameter's values: strings, numbers or booleans
   */
  public static isOneOf(parameter: string, values: any[]): ActiveWhen {
    return new ActiveWhen(parameter, values);
  }

  private constructor(
    private readonly parameter: string,
    private readonly values: any[],
  ) {}

  /** @internal */
  public _toDefinition(): ActivityCondition {
    return { parameter: this.parameter, values: this.values };
  }
}

/** What all parameters have. */
export interface ParameterOptions {
  /**
   * The parameter is part of a configuration only while this holds; otherwise the training job doesn't get it.
   *
   * @default - always part of the configuration
   */
  readonly activeWhen?: ActiveWhen;
}

/** A numeric parameter's range. */
export interface RangeOptions extends ParameterOptions {
  /** Smallest value, included. */
  readonly min: number;

  /** Largest value, included. */
  readonly max: number;

  /**
   * How the range is searched.
   *
   * @default Scaling.LINEAR
   */
  readonly scaling?: Scaling;
}

/**
 * A hyperparameter and the values that it may take. Its name is the key in the tuner's `searchSpace`.
 *
 * Training jobs get all values as strings.
 */
export class Parameter {
  /** A real number in a range. */
  public static continuous(range: RangeOptions): Parameter {
    const { min, max, scaling } = range;
    return new Parameter({ type: 'continuous', min, max, scaling: nameOf(scaling) }, range);
  }

  /** An integer in a range, both ends included. */
  public static integer(range: RangeOptions): Parameter {
    const { min, max, scaling } = range;
    return new Parameter({ type: 'integer', min, max, scaling: nameOf(scaling) }, range);
  }

  /**
   * One of several values without an order.
   *
   * @param values strings, numbers or booleans; at least one, no two with the same text
   */
  public static categorical(values: any[], options: ParameterOptions = {}): Parameter {
    return new Parameter({ type: 'categorical', values }, options);
  }

  /**
   * One of several levels whose order matters but whose distances don't.
   *
   * @param values strings or numbers in order, numbers ascending; at least one, no two with the same text
   */
  public static ordinal(values: any[], options: ParameterOptions = {}): Parameter {
    return new Parameter({ type: 'ordinal', values }, options);
  }

  /**
   * A fixed value that is recorded with each trial. It can be the condition of others, and can be made conditional.
   *
   * @param value a string, a number or a boolean
   */
  public static constant(value: any, options: ParameterOptions = {}): Parameter {
    return new Parameter({ type: 'constant', value }, options);
  }

  private constructor(
    private readonly definition: Record<string, unknown>,
    private readonly options: ParameterOptions,
  ) {}

  /** @internal */
  public _toDefinition(name: string): ParameterDefinition {
    const activeWhen = this.options.activeWhen?._toDefinition();
    return { name, ...this.definition, ...(activeWhen && { activeWhen }) } as ParameterDefinition;
  }
}

function nameOf(scaling: Scaling = Scaling.LINEAR): ScalingName {
  return scaling as ScalingName;
}
