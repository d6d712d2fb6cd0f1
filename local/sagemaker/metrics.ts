import type { FinalMetric, MetricDefinition } from './training-job';

/** Longer lines are cut before a metric is looked for in them, as a log event is. */
const MAX_LINE_CHARACTERS = 16_384;

/** Reads a metric's regular expression, which is written for Python: its named groups have another form there. */
export function compileMetricRegex(pattern: string): RegExp {
  return new RegExp(pattern.replace(/\(\?P</g, '(?<'));
}

/** Finds the metrics of a job in the lines that it prints. */
export class MetricScanner {
  private readonly definitions: readonly { readonly name: string; readonly regex: RegExp }[];
  private readonly latest = new Map<string, FinalMetric>();

  constructor(definitions: readonly MetricDefinition[] = []) {
    this.definitions = definitions.map(({ Name, Regex }) => ({ name: Name, regex: compileMetricRegex(Regex) }));
  }

  scan(line: string, time: number): void {
    const text = line.slice(0, MAX_LINE_CHARACTERS);
    for (const { name, regex } of this.definitions) {
      const captured = regex.exec(text)?.[1];
      if (captured === undefined || captured.trim() === '') continue;
      const value = Number(captured);
      if (Number.isFinite(value)) this.latest.set(name, { name, value, time });
    }
  }

  /** The last value of each metric that was seen. */
  final(): FinalMetric[] {
    return this.definitions.flatMap(({ name }) => this.latest.get(name) ?? []);
  }
}
