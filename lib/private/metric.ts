import { Token } from 'aws-cdk-lib';
import { MAX_METRIC_REGEX_LENGTH, METRIC_NAME_PATTERN } from '../contract/limits';
import { requireLength, requireMatch, requireNoExpression } from './checks';

/** Checks the name of a metric, and the regular expression that finds it in a log. */
export function requireMetric(of: string, metric: string, regex: string | undefined): void {
  requireMatch(
    `metric of ${of}`,
    metric,
    METRIC_NAME_PATTERN,
    'a name of 1 to 255 letters, digits and _ . : / @ - that starts with a letter or underscore',
  );
  requireNumberRegex(`regex of ${of}`, regex);
}

/** Checks a regular expression that finds a number in a log. */
export function requireNumberRegex(name: string, regex: string | undefined): void {
  requireLength(name, regex, MAX_METRIC_REGEX_LENGTH);
  requireNoExpression(name, regex);
  if (regex !== undefined && !Token.isUnresolved(regex) && countGroups(regex) !== 1) {
    throw new Error(
      `${name} must be a regular expression with one group around the number, got ${JSON.stringify(regex)}`,
    );
  }
}

/** Finds the metric in the lines that the client prints, and in others of the form `name=value`. */
export function defaultRegex(metric: string): string {
  return `(?:^|\\s)${escaped(metric)}=([-+0-9.eE]+|[-+]?(?:NaN|nan|Infinity|inf))`;
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
