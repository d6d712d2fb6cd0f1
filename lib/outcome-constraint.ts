import { OutcomeConstraintDefinition } from './contract/tuner-definition';
import { requireNumber } from './private/checks';
import { requireMetric } from './private/metric';

/** Details of an outcome constraint. */
export interface OutcomeConstraintOptions {
  /**
   * A regular expression that finds the metric in what the training program prints, with one group around the number.
   * For programs that only print, without the cdk-hpo client. At most 500 characters.
   *
   * @default - the lines that the cdk-hpo client prints, and others of the form `name=value`
   */
  readonly regex?: string;
}

/**
 * A bound on a metric that the training program reports beside the objective: a latency, a size, a recall. The search
 * learns to stay within it, and the best trial is one of those that do.
 */
export class OutcomeConstraint {
  /**
   * The metric must be the bound or less: latency, size, cost.
   *
   * @param metric name of the metric, 1 to 255 characters
   * @param bound the largest value that is allowed
   */
  public static atMost(metric: string, bound: number, options: OutcomeConstraintOptions = {}): OutcomeConstraint {
    return new OutcomeConstraint(metric, 'atMost', bound, options);
  }

  /**
   * The metric must be the bound or more: recall, throughput, fairness.
   *
   * @param metric name of the metric, 1 to 255 characters
   * @param bound the smallest value that is allowed
   */
  public static atLeast(metric: string, bound: number, options: OutcomeConstraintOptions = {}): OutcomeConstraint {
    return new OutcomeConstraint(metric, 'atLeast', bound, options);
  }

  private constructor(
    /** Name of the metric. */
    public readonly metric: string,
    private readonly relation: 'atMost' | 'atLeast',
    private readonly bound: number,
    private readonly options: OutcomeConstraintOptions,
  ) {
    requireMetric('the outcome constraint', metric, options.regex);
    requireNumber('bound of the outcome constraint', bound, 'a finite number', Number.isFinite);
  }

  /** @internal */
  public _givenRegex(): string | undefined {
    return this.options.regex;
  }

  /** @internal */
  public _toDefinition(): OutcomeConstraintDefinition {
    return { metric: this.metric, relation: this.relation, bound: this.bound };
  }
}
