import { MAX_METRIC_REGEX_LENGTH, METRIC_NAME_PATTERN } from './contract/limits';
import { ObjectiveDefinition } from './contract/tuner-definition';
import { Token } from 'aws-cdk-lib';
import { requireLength, requireMatch, requireNoExpression, requireNumber } from './private/checks';

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
    requireMatch(
      'metric of the objective',
      metric,
      METRIC_NAME_PATTERN,
      'a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore',
    );
    requireNumber('targetValue of the objective', options.targetValue, 'a finite number', Number.isFinite);
    requireLength('regex of the objective', options.regex, MAX_METRIC_REGEX_LENGTH);
    requireNoExpression('regex of the objective', options.regex);
    if (options.regex !== undefined && !Token.isUnresolved(options.regex) && countGroups(options.regex) !== 1) {
      throw new Error(
        `regex of the objective must be a regular expression with one group around the number, got ${JSON.stringify(options.regex)}`,
      );
    }
  }

  /** @internal */
  public _regex(): string {
    return this.options.regex ?? `(?:^|\\s)${escaped(this.metric)}=([-+0-9.eE]+|[-+]?(?:NaN|nan|Infinity|inf))`;
  }

  /** @internal */
  public _toDefinition(): ObjectiveDefinition {
    const { targetValue } = this.options;
    return { metric: this.metric, direction: this.direction, ...(targetValue !== undefined && { targetValue }) };
  }
}

/** The metric's name as part of an expression; in one that would get too long, a dot stands for each special character. */
function escaped(text: string): string {
  // escaping would destroy a token; its value is taken as it comes.
  if (Token.isUnresolved(text)) return text;
  const special = /[.*+?^${}()|[\]\\/-]/g;
  const exact = text.replace(special, '\\$&');
  return exact.length <= MAX_METRIC_REGEX_LENGTH - 100 ? exact : text.replace(special, '.');
}

/** The number of groups that capture; -1 for what is no regular expression. */
function countGroups(regex: string): number {
  try {
    return new RegExp(`${regex}|`).exec('')!.length - 1;
  } catch {
    return -1;
  }
}
