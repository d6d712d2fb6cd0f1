import { hasEnded } from '../training-job';
import type { TrainingJob } from '../training-job';
import { definitionsOf, objectiveOf } from './tuning-job';
import type { CreateTuningJobRequest, TuningChild, TuningJob, TuningObjective } from './tuning-job';

export type ObjectiveStatus = 'Succeeded' | 'Pending' | 'Failed';

/** A training job of a tuning job, with what became of it. */
export interface ChildResult {
  readonly child: TuningChild;
  readonly job: TrainingJob;
  readonly objective: TuningObjective;
  readonly status: ObjectiveStatus;
  /** There if and only if the status is Succeeded. */
  readonly value?: number;
}

/** Finds a training job by name. */
export type FindJob = (name: string) => TrainingJob | undefined;

/** The training jobs of a tuning job in the order of their creation. */
export function childResults(
  { request, children }: Pick<TuningJob, 'request' | 'children'>,
  find: FindJob,
): ChildResult[] {
  return children.flatMap((child) => {
    const job = find(child.name);
    // a folder that somebody has deleted.
    return job === undefined ? [] : [resultOf(request, child, job)];
  });
}

function resultOf(request: CreateTuningJobRequest, child: TuningChild, job: TrainingJob): ChildResult {
  const objective = objectiveOf(request, definitionsOf(request)[child.definition]);
  if (!hasEnded(job)) return { child, job, objective, status: 'Pending' };
  // one that was stopped counts with what it has printed: so does one that AMT stopped early.
  const value =
    job.status === 'Failed' ? undefined : job.finalMetrics.find(({ name }) => name === objective.MetricName)?.value;
  return value === undefined
    ? { child, job, objective, status: 'Failed' }
    : { child, job, objective, status: 'Succeeded', value };
}

export function isBetter({ Type }: TuningObjective, value: number, than: number): boolean {
  return Type === 'Maximize' ? value > than : value < than;
}

/** Lower is better. */
export function lossOf({ Type }: TuningObjective, value: number): number {
  return Type === 'Maximize' ? -value : value;
}

/** The result with the best value; the first of equals. */
export function bestOf(results: readonly ChildResult[]): ChildResult | undefined {
  return results.reduce<ChildResult | undefined>((best, result) => {
    if (result.value === undefined) return best;
    return best === undefined || isBetter(result.objective, result.value, best.value!) ? result : best;
  }, undefined);
}

/** Results with a value, in the order in which their training jobs ended. */
export function inOrderOfEnd(results: readonly ChildResult[]): ChildResult[] {
  return results.filter(({ value }) => value !== undefined).sort((left, right) => endOf(left) - endOf(right));
}

function endOf({ job }: ChildResult): number {
  return job.trainingEndTime ?? job.lastModifiedTime;
}
