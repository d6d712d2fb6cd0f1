import { ServiceError } from '../service';
import { parseS3Uri } from '../s3/s3-uri';
import { violationsOf } from './constraint';
import { CREATE_TRAINING_JOB, JOB_NAME } from './create-training-job-model';
import { compileMetricRegex } from './metrics';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './training-job';
import type { CreateTrainingJobRequest } from './training-job';

/** Checks a request as SageMaker does; throws a ValidationException that names field, value and constraint. */
export function validateCreateTrainingJob(input: Record<string, unknown>): CreateTrainingJobRequest {
  const violations = violationsOf(input, CREATE_TRAINING_JOB);
  if (violations.length > 0) throw validationErrors(violations);
  const request = input as unknown as CreateTrainingJobRequest;
  checkAlgorithm(request);
  checkResources(request);
  checkLocations(request);
  return request;
}

export function validateJobName(input: Record<string, unknown>): string {
  const violations = violationsOf(input, {
    type: 'structure',
    required: ['TrainingJobName'],
    fields: { TrainingJobName: JOB_NAME },
  });
  if (violations.length > 0) throw validationErrors(violations);
  return input.TrainingJobName as string;
}

export function validationErrors(violations: readonly string[]): ServiceError {
  const count = violations.length;
  return validationError(`${count} validation error${count === 1 ? '' : 's'} detected: ${violations.join('; ')}`);
}

export function validationError(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

function checkAlgorithm({ AlgorithmSpecification }: CreateTrainingJobRequest): void {
  const { TrainingImage, AlgorithmName, MetricDefinitions } = AlgorithmSpecification;
  if ((TrainingImage === undefined) === (AlgorithmName === undefined)) {
    throw validationError('AlgorithmSpecification needs exactly one of TrainingImage and AlgorithmName.');
  }
  for (const { Name, Regex } of MetricDefinitions ?? []) {
    try {
      compileMetricRegex(Regex);
    } catch (error) {
      throw validationError(
        `AlgorithmSpecification.MetricDefinitions: the Regex '${Regex}' of '${Name}' can't be read: ${(error as Error).message}`,
      );
    }
  }
}

function checkResources({
  ResourceConfig,
  StoppingCondition,
  EnableManagedSpotTraining,
}: CreateTrainingJobRequest): void {
  const { InstanceType, InstanceCount, InstanceGroups } = ResourceConfig;
  if (InstanceGroups === undefined && (InstanceType === undefined || InstanceCount === undefined)) {
    throw validationError('ResourceConfig needs InstanceType and InstanceCount, or InstanceGroups.');
  }
  if (InstanceGroups !== undefined && (InstanceType !== undefined || InstanceCount !== undefined)) {
    throw validationError('ResourceConfig takes InstanceType and InstanceCount, or InstanceGroups, not both.');
  }
  const runtime = StoppingCondition?.MaxRuntimeInSeconds ?? DEFAULT_MAX_RUNTIME_SECONDS;
  const wait = StoppingCondition?.MaxWaitTimeInSeconds;
  if (EnableManagedSpotTraining && (wait === undefined || wait < runtime)) {
    throw validationError(
      `Invalid MaxWaitTimeInSeconds ${wait ?? 'null'}. It must be present and be greater than or equal to ` +
        `MaxRuntimeInSeconds (${runtime}) when EnableManagedSpotTraining is true.`,
    );
  }
  if (!EnableManagedSpotTraining && wait !== undefined) {
    throw validationError(`Invalid MaxWaitTimeInSeconds ${wait}. It is only supported with EnableManagedSpotTraining.`);
  }
}

// a key that leaves its folder would be read and written outside of the local S3.
function checkLocations(request: CreateTrainingJobRequest): void {
  const locations: [string, string | undefined][] = [
    ['OutputDataConfig.S3OutputPath', request.OutputDataConfig.S3OutputPath],
    ['CheckpointConfig.S3Uri', request.CheckpointConfig?.S3Uri],
    ...(request.InputDataConfig ?? []).map(({ ChannelName, DataSource }): [string, string | undefined] => [
      `InputDataConfig.${ChannelName}.S3Uri`,
      DataSource.S3DataSource?.S3Uri,
    ]),
  ];
  for (const [field, uri] of locations) {
    if (uri === undefined) continue;
    try {
      parseS3Uri(uri);
    } catch (error) {
      throw validationError(`${field}: ${(error as Error).message}`);
    }
  }
  const names = (request.InputDataConfig ?? []).map(({ ChannelName }) => ChannelName);
  const bad = names.find((name, index) => /^\.+$/.test(name) || names.indexOf(name) !== index);
  if (bad !== undefined) {
    throw validationError(`InputDataConfig: the ChannelName '${bad}' is repeated or made of dots only.`);
  }
}
