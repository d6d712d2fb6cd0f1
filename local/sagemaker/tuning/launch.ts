import { ServiceError } from '../../service';
import { childName, childRequest } from './child-request';
import type { ChildPlan } from './child-request';
import type { TrainingJobs } from './training-jobs';
import { definitionsOf, instanceConfigsOf, objectiveOf } from './tuning-job';
import type { TuningJob } from './tuning-job';
import { OBJECTIVE_HYPERPARAMETER } from './validate-ranges';

/** What came of the attempt to create a training job. */
export type LaunchResult =
  | { readonly created: string }
  /** Worth another try after so long. */
  | { readonly waitMs: number; readonly error: ServiceError; readonly reason: 'capacity' | 'throttled' | 'internal' }
  | { readonly refused: ServiceError };

const CAPACITY_WAIT_MS = 60_000;
const RETRY_WAIT_MS = 1000;

/** Tries once to create a training job: on its instances, or where they are used up on the next of the list. */
export function launch(jobs: TrainingJobs, tuning: TuningJob, plan: ChildPlan, salt: number): LaunchResult {
  const definition = definitionsOf(tuning.request)[plan.definition];
  const name = childName(tuning.name, tuning.children.length + 1, salt);
  const launchedBy = {
    tuningJobArn: tuning.arn,
    hyperParameters: { [OBJECTIVE_HYPERPARAMETER]: objectiveOf(tuning.request, definition).MetricName },
  };
  const count = instanceConfigsOf(definition)?.length ?? 1;
  for (let instances = plan.instances; ; instances++) {
    try {
      jobs.create(childRequest(tuning.request, definition, { tuned: plan.tuned, instances }, name), launchedBy);
      plan.instances = instances;
      return { created: name };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.code === 'ResourceLimitExceeded') {
        if (instances + 1 < count) continue;
        return { waitMs: CAPACITY_WAIT_MS, error, reason: 'capacity' };
      }
      if (error.code === 'ThrottlingException') return { waitMs: RETRY_WAIT_MS, error, reason: 'throttled' };
      if (error.statusCode >= 500) {
        // the answer got lost, not the request.
        if (jobs.find(name)?.tuningJobArn === tuning.arn) {
          plan.instances = instances;
          return { created: name };
        }
        return { waitMs: RETRY_WAIT_MS, error, reason: 'internal' };
      }
      if (error.code === 'ResourceInUse') return { waitMs: RETRY_WAIT_MS, error, reason: 'internal' };
      return { refused: error };
    }
  }
}
