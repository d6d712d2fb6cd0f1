import { hyperbandResources } from './hyperband';
import { isBetter, lossOf } from './objective';
import { definitionsOf, objectiveOf } from './tuning-job';
import type { CreateTuningJobRequest, TuningObjective } from './tuning-job';

/** The objective of one training job, value by value: one for each epoch. */
export interface Series {
  readonly name: string;
  readonly values: number[];
  hasCompleted: boolean;
}

/** Says after each value whether a training job goes on. */
export interface EarlyStopping {
  stops(series: Series, all: readonly Series[]): boolean;
}

/** The rule by which the training jobs of a definition are stopped; undefined where they run to their end. */
export function earlyStoppingOf(request: CreateTuningJobRequest, definition: number): EarlyStopping | undefined {
  const { HyperParameterTuningJobConfig: config } = request;
  const own = definitionsOf(request)[definition];
  const objective = objectiveOf(request, own);
  if (config.Strategy === 'Hyperband') {
    const { min, max } = hyperbandResources(config, own)!;
    return new RungStopping(objective, min, max);
  }
  return config.TrainingJobEarlyStoppingType === 'Auto' ? new MedianStopping(objective) : undefined;
}

/** AMT compares with completed training jobs, and doesn't say how many it needs. */
const MEDIAN_JOBS = 3;

/**
 * The rule of TrainingJobEarlyStoppingType Auto: a training job is stopped when its objective is worse than the median of
 * the running averages that completed training jobs had at the same epoch.
 */
export class MedianStopping implements EarlyStopping {
  constructor(private readonly objective: TuningObjective) {}

  stops({ values }: Series, all: readonly Series[]): boolean {
    const epoch = values.length;
    const averages = all
      .filter((other) => other.hasCompleted && other.values.length >= epoch)
      .map((other) => mean(other.values.slice(0, epoch)));
    return averages.length >= MEDIAN_JOBS && isBetter(this.objective, median(averages), values[epoch - 1]);
  }
}

/** Of the training jobs at a rung, one of so many goes on. */
const REDUCTION = 3;

/**
 * What stands here for AMT's Hyperband: rungs at MinResource times the powers of 3. A training job is stopped at a rung where
 * it is not among the best third of those that have reached it so far, and at MaxResource.
 */
export class RungStopping implements EarlyStopping {
  private readonly rungs = new Set<number>();

  constructor(
    private readonly objective: TuningObjective,
    min: number,
    private readonly max: number,
  ) {
    for (let rung = min; rung < max; rung *= REDUCTION) this.rungs.add(rung);
  }

  stops({ name, values }: Series, all: readonly Series[]): boolean {
    const resource = values.length;
    if (resource >= this.max) return true;
    if (!this.rungs.has(resource)) return false;
    const loss = (series: Series) => lossOf(this.objective, series.values[resource - 1]);
    const reached = all.filter((series) => series.values.length >= resource);
    const own = loss(reached.find((series) => series.name === name)!);
    const better = reached.filter((series) => loss(series) < own).length;
    // the first at a rung goes on: there is nothing to compare it with.
    return better >= Math.max(1, Math.floor(reached.length / REDUCTION));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
