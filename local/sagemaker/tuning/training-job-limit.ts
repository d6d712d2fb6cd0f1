import { gridSize } from './grid-size';
import { definitionsOf, rangesOf } from './tuning-job';
import type { CreateTuningJobRequest } from './tuning-job';

/** What Autotune launches where the request leaves it the choice; AWS doesn't tell its own. */
const AUTOTUNE_TRAINING_JOBS = 20;

/** How many training jobs a tuning job launches at most; Infinity where only time or the objective ends it. */
export function trainingJobLimit(request: CreateTuningJobRequest): number {
  const { Strategy, ResourceLimits } = request.HyperParameterTuningJobConfig;
  if (ResourceLimits.MaxNumberOfTrainingJobs !== undefined) return ResourceLimits.MaxNumberOfTrainingJobs;
  if (Strategy === 'Grid') return gridCombinations(request);
  return request.Autotune === undefined ? Infinity : AUTOTUNE_TRAINING_JOBS;
}

/** Combinations of all definitions' grids. */
export function gridCombinations(request: CreateTuningJobRequest): number {
  return definitionsOf(request).reduce((sum, definition) => sum + gridSize(rangesOf(request, definition)), 0);
}
