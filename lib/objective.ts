import { ObjectiveDefinition } from './contract/tuner-definition';
import { requireNumber } from './private/checks';
import { requireMetric } from './private/metric';

/** Details of an objective. */
export interface ObjectiveOptions {
  /**
   * The study ends as soon as a completed trial reaches this value.
   *
   * @default - the study runs through all its trials
   */
  readonly targetValue?: number;

  /**
   * A regular expression that finds the metric in what the training program prints, with one group around the number.
   * For programs that only print, without the cdk-hpo client. At most 500 characters.
   *
   * @default - the lines that the cdk-hpo client prints, and others of the form `name=value`
   */
  readonly regex?: string;
}

/** The metric that the study optimizes, as the training program reports it. */
export class Objective {
  /**
   * Higher is better: accuracy, area under the curve.
   *
   * @param metric name of the metric, 1 to 255 characters
   */
  public static maximize(metric: string, options: ObjectiveOptions = {}): Objective {
    return new Objective(metric, 'maximize', options);
  }

  /**
   * Lower is better: loss, error, latency.
   *
   * @param metric name of the metric, 1 to 255 characters
   */
  public static minimize(metric: string, options: ObjectiveOptions = {}): Objective {
    return new Objective(metric, 'minimize', options);
  }

  private constructor(
    /** Name of the metric. */
    public readonly metric: string,
    private readonly direction: 'maximize' | 'minimize',
    private readonly options: ObjectiveOptions,
  ) {
    requireMetric('the objective', metric, options.regex);
    requireNumber('targetValue of the objective', options.targetValue, 'a finite number', Number.isFinite);
  }

  /** @internal */
  public _givenRegex(): string | undefined {
    return this.options.regex;
  }

  /** @internal */
  public _toDefinition(): ObjectiveDefinition {
    const { targetValue } = this.options;
    return { metric: this.metric, direction: this.direction, ...(targetValue !== undefined && { targetValue }) };
  }
}
