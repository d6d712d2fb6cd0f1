import { inOrderOfEnd, isBetter } from './objective';
import type { ChildResult } from './objective';
import type { TuningJobConfig, TuningObjective } from './tuning-job';

/** What counts as an improvement of the best objective: a share of it. */
const IMPROVEMENT = 0.01;

/** AWS says when a tuning job has converged in words only: no significant improvement. So many training jobs without one. */
const CONVERGENCE_JOBS = 20;

/** How many training jobs have ended with a value since the best objective last improved by 1 %. */
export function jobsWithoutImprovement(results: readonly ChildResult[]): number {
  let best: number | undefined;
  let count = 0;
  for (const { objective, value } of inOrderOfEnd(results)) {
    if (best === undefined || improves(objective, value!, best)) {
      best = value;
      count = 0;
    } else {
      count++;
    }
  }
  return count;
}

export function hasConverged(results: readonly ChildResult[]): boolean {
  return jobsWithoutImprovement(results) >= CONVERGENCE_JOBS;
}

/** Whether a criterion ends the tuning job before its last training job. */
export function isComplete(
  { TuningJobCompletionCriteria: criteria = {} }: TuningJobConfig,
  results: readonly ChildResult[],
): boolean {
  const { TargetObjectiveMetricValue: target, BestObjectiveNotImproving, ConvergenceDetected } = criteria;
  const patience = BestObjectiveNotImproving?.MaxNumberOfTrainingJobsNotImproving;
  return (
    (target !== undefined &&
      results.some(({ objective, value }) => value !== undefined && reaches(objective, value, target))) ||
    (patience !== undefined && jobsWithoutImprovement(results) >= patience) ||
    (ConvergenceDetected?.CompleteOnConvergence === 'Enabled' && hasConverged(results))
  );
}

function reaches(objective: TuningObjective, value: number, target: number): boolean {
  return value === target || isBetter(objective, value, target);
}

function improves(objective: TuningObjective, value: number, best: number): boolean {
  return isBetter(objective, value, best) && Math.abs(value - best) >= IMPROVEMENT * Math.abs(best);
}
