import type { FinalMetric, MetricDefinition } from './training-job';

/** Longer lines are cut before a metric is looked for in them, as a log event is. */
const MAX_LINE_CHARACTERS = 16_384;

/** Reads a metric's regular expression, which is written for Python: its named groups have another form there. */
export function compileMetricRegex(pattern: string): RegExp {
  return new RegExp(pattern.replace(/\(\?P</g, '(?<'));
}

/** The value of a metric in a line; undefined where the line has none. */
export function metricIn(line: string, regex: RegExp): number | undefined {
  const captured = regex.exec(line.slice(0, MAX_LINE_CHARACTERS))?.[1];
  if (captured === undefined || captured.trim() === '') return undefined;
  const value = Number(captured);
  return Number.isFinite(value) ? value : undefined;
}

/** Finds the metrics of a job in the lines that it prints. */
export class MetricScanner {
  private readonly definitions: readonly { readonly name: string; readonly regex: RegExp }[];
  private readonly latest = new Map<string, FinalMetric>();

  constructor(definitions: readonly MetricDefinition[] = []) {
    this.definitions = definitions.map(({ Name, Regex }) => ({ name: Name, regex: compileMetricRegex(Regex) }));
  }

  scan(line: string, time: number): void {
    for (const { name, regex } of this.definitions) {
      const value = metricIn(line, regex);
      if (value !== undefined) this.latest.set(name, { name, value, time });
    }
  }

  /** The last value of each metric that was seen. */
  final(): FinalMetric[] {
    return this.definitions.flatMap(({ name }) => this.latest.get(name) ?? []);
  }
}
