import { ServiceError } from '../service';
import { parseS3Uri } from '../s3/s3-uri';
import { violationsOf } from './constraint';
import { CREATE_TRAINING_JOB, JOB_NAME } from './create-training-job-model';
import { compileMetricRegex } from './metrics';
import { DEFAULT_MAX_RUNTIME_SECONDS } from './training-job';
import type { CreateTrainingJobRequest } from './training-job';

/** Instance families with local NVMe storage: SageMaker encrypts no volume of theirs by a key. */
const LOCAL_STORAGE =
  /^ml\.(?:p3dn|p4de?|p5\w*|p6[\w-]*|g4dn|g5|g6\w*|g7\w*|gr6|trn\d\w*|[cmr]\d[a-z]*d[a-z]*|i\d\w*)\./;

/** Checks a request as SageMaker does; throws a ValidationException that names field, value and constraint. */
export function validateCreateTrainingJob(input: Record<string, unknown>): CreateTrainingJobRequest {
  const violations = violationsOf(input, CREATE_TRAINING_JOB);
  if (violations.length > 0) throw validationErrors(violations);
  const request = input as unknown as CreateTrainingJobRequest;
  checkAlgorithm(request);
  checkResources(request);
  checkInstanceGroups(request);
  checkStoppingCondition(request);
  checkChannels(request);
  checkLocations(request);
  checkTags(request);
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

function checkResources({ ResourceConfig, EnableManagedSpotTraining }: CreateTrainingJobRequest): void {
  const { InstanceType, InstanceCount, InstanceGroups, VolumeKmsKeyId, KeepAlivePeriodInSeconds } = ResourceConfig;
  if (InstanceGroups === undefined && (InstanceType === undefined || InstanceCount === undefined)) {
    throw validationError('ResourceConfig needs InstanceType and InstanceCount, or InstanceGroups.');
  }
  if (InstanceGroups !== undefined && (InstanceType !== undefined || InstanceCount !== undefined)) {
    throw validationError('ResourceConfig takes InstanceType and InstanceCount, or InstanceGroups, not both.');
  }
  if (InstanceCount === 0) throw validationError('ResourceConfig: InstanceCount is 0. It must be at least 1.');
  if ((KeepAlivePeriodInSeconds ?? 0) > 0) {
    const reason = EnableManagedSpotTraining ? 'EnableManagedSpotTraining' : InstanceGroups && 'InstanceGroups';
    if (reason !== undefined) {
      throw validationError(
        `ResourceConfig: KeepAlivePeriodInSeconds ${KeepAlivePeriodInSeconds} is not supported with ${reason}. Leave one of them out.`,
      );
    }
  }
  const types = InstanceGroups?.map((group) => group.InstanceType) ?? [InstanceType!];
  const withLocalStorage = types.find((type) => LOCAL_STORAGE.test(type));
  if (VolumeKmsKeyId !== undefined && withLocalStorage !== undefined) {
    throw validationError(
      `ResourceConfig: VolumeKmsKeyId is not supported for ${withLocalStorage}, whose local storage is encrypted by its ` +
        'hardware. Leave it out.',
    );
  }
}

function checkInstanceGroups({ ResourceConfig, InputDataConfig = [] }: CreateTrainingJobRequest): void {
  const groups = ResourceConfig.InstanceGroups ?? [];
  const names = groups.map(({ InstanceGroupName }) => InstanceGroupName!);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw validationError(`ResourceConfig.InstanceGroups: the InstanceGroupName '${repeated}' is repeated.`);
  }
  if (groups.length > 0 && groups.every(({ InstanceCount }) => InstanceCount === 0)) {
    throw validationError('ResourceConfig.InstanceGroups: InstanceCount is 0 in every group.');
  }
  for (const { ChannelName, DataSource } of InputDataConfig) {
    const unknown = DataSource.S3DataSource?.InstanceGroupNames?.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw validationError(
        `InputDataConfig.${ChannelName}: InstanceGroupNames has '${unknown}', which is none of ResourceConfig.InstanceGroups.`,
      );
    }
  }
}

function checkStoppingCondition({ StoppingCondition, EnableManagedSpotTraining }: CreateTrainingJobRequest): void {
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

function checkChannels({ InputDataConfig = [], VpcConfig }: CreateTrainingJobRequest): void {
  for (const { ChannelName, DataSource, InputMode } of InputDataConfig) {
    const { S3DataSource, FileSystemDataSource } = DataSource;
    const place = `InputDataConfig.${ChannelName}`;
    if (Object.values(DataSource).filter((source) => source !== undefined && source !== null).length !== 1) {
      throw validationError(
        `${place}: DataSource must have exactly one of S3DataSource, FileSystemDataSource and DatasetSource.`,
      );
    }
    if (S3DataSource?.AttributeNames !== undefined && S3DataSource.S3DataType !== 'AugmentedManifestFile') {
      throw validationError(`${place}: AttributeNames is only supported with S3DataType AugmentedManifestFile.`);
    }
    if (FileSystemDataSource === undefined) continue;
    if (VpcConfig === undefined) {
      throw validationError(`${place}: FileSystemDataSource needs VpcConfig, by which the file system is reached.`);
    }
    if (InputMode !== undefined && InputMode !== 'File') {
      throw validationError(`${place}: InputMode ${InputMode} is not supported with FileSystemDataSource. Use File.`);
    }
  }
}

function checkTags({ Tags = [] }: CreateTrainingJobRequest): void {
  const keys = Tags.map(({ Key }) => Key);
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index);
  if (repeated !== undefined) throw validationError(`Tags: the Key '${repeated}' is repeated.`);
  const reserved = keys.find((key) => /^aws:/i.test(key));
  if (reserved !== undefined) throw validationError(`Tags: the Key '${reserved}' begins with aws:, which is reserved.`);
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
