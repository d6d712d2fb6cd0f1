import { compileMetricRegex, metricIn } from '../metrics';
import { earlyStoppingOf } from './early-stopping';
import type { EarlyStopping, Series } from './early-stopping';
import { definitionsOf, objectiveOf } from './tuning-job';
import type { CreateTuningJobRequest, TuningChild } from './tuning-job';

/** What a tuning job knows of the training jobs of one definition while they run. */
interface DefinitionSeries {
  readonly metric: RegExp;
  readonly rule: EarlyStopping | undefined;
  readonly all: Series[];
}

/** Reads the objective from the lines that training jobs print, and says which of them are to be stopped early. */
export class ObjectiveSeries {
  private readonly definitions: readonly DefinitionSeries[];

  constructor(request: CreateTuningJobRequest) {
    this.definitions = definitionsOf(request).map((definition, index) => {
      const { MetricName } = objectiveOf(request, definition);
      // a validated request defines its objective.
      const metric = definition.AlgorithmSpecification.MetricDefinitions!.find(({ Name }) => Name === MetricName)!;
      return { metric: compileMetricRegex(metric.Regex), rule: earlyStoppingOf(request, index), all: [] };
    });
  }

  begin({ definition, name }: TuningChild): void {
    this.definitions[definition].all.push({ name, values: [], hasCompleted: false });
  }

  /** Whether the training job is to be stopped after this line. */
  read(child: TuningChild, line: string): boolean {
    const { metric, rule, all } = this.definitions[child.definition];
    const value = metricIn(line, metric);
    if (value === undefined) return false;
    const own = this.find(child);
    own.values.push(value);
    return rule?.stops(own, all) ?? false;
  }

  complete(child: TuningChild): void {
    this.find(child).hasCompleted = true;
  }

  private find({ definition, name }: TuningChild): Series {
    return this.definitions[definition].all.find((series) => series.name === name)!;
  }
}
