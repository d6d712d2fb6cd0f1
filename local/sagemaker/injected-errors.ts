import type { DueFault } from '../faults';
import { ServiceError } from '../service';
import { quotaUsedUp } from './instance-quota';
import type { CreateTrainingJobRequest } from './training-job';

export function internalFailure(): ServiceError {
  return new ServiceError('InternalFailure', 'The request failed for an internal reason. Try again.', 500);
}

/** Throws the error of a fault by which CreateTrainingJob creates nothing. */
export function throwBeforeJob(fault: DueFault | undefined, request: CreateTrainingJobRequest): void {
  switch (fault?.name) {
    case 'create-quota':
      throw quotaUsedUp(request);
    case 'create-internal-error':
      throw internalFailure();
    case 'create-refused':
      throw new ServiceError(
        'ValidationException',
        `Could not assume the role ${request.RoleArn}. Check its trust policy.`,
      );
    case 'create-name-taken':
      throw new ServiceError(
        'ResourceInUse',
        `A training job with the name ${request.TrainingJobName} already exists.`,
      );
  }
}
