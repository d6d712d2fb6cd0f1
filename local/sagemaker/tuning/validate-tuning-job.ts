import { ServiceError } from '../../service';
import { violationsOf } from '../constraint';
import { validateCreateTrainingJob, validationError, validationErrors } from '../validate-request';
import { childName, childRequest } from './child-request';
import { CREATE_TUNING_JOB, TUNING_JOB_NAME } from './create-tuning-job-model';
import { hyperbandResources, MAX_RESOURCE, RESOURCE_HYPERPARAMETERS } from './hyperband';
import { gridCombinations, trainingJobLimit } from './training-job-limit';
import { definitionsOf, instanceConfigsOf, objectiveOf, rangesOf } from './tuning-job';
import type { CreateTuningJobRequest, TrainingJobDefinition } from './tuning-job';
import { checkRanges } from './validate-ranges';

const CONFIG = 'HyperParameterTuningJobConfig';

/** Checks a request as SageMaker does; throws a ValidationException that names field, value and constraint. */
export function validateCreateTuningJob(input: Record<string, unknown>): CreateTuningJobRequest {
  const violations = violationsOf(input, CREATE_TUNING_JOB);
  if (violations.length > 0) throw validationErrors(violations);
  const request = input as unknown as CreateTuningJobRequest;
  checkDefinitions(request);
  for (const [index, definition] of definitionsOf(request).entries()) {
    checkDefinition(request, definition, placeOf(request, index));
  }
  checkStrategy(request);
  checkLimits(request);
  return request;
}

export function validateTuningJobName(input: Record<string, unknown>): string {
  const violations = violationsOf(input, {
    type: 'structure',
    required: ['HyperParameterTuningJobName'],
    fields: { HyperParameterTuningJobName: TUNING_JOB_NAME },
  });
  if (violations.length > 0) throw validationErrors(violations);
  return input.HyperParameterTuningJobName as string;
}

function placeOf({ TrainingJobDefinitions }: CreateTuningJobRequest, index: number): string {
  return TrainingJobDefinitions === undefined ? 'TrainingJobDefinition' : `TrainingJobDefinitions[${index}]`;
}

function checkDefinitions(request: CreateTuningJobRequest): void {
  const { TrainingJobDefinition, TrainingJobDefinitions, HyperParameterTuningJobConfig: config } = request;
  if ((TrainingJobDefinition === undefined) === (TrainingJobDefinitions === undefined)) {
    throw validationError('The request needs exactly one of TrainingJobDefinition and TrainingJobDefinitions.');
  }
  if (TrainingJobDefinitions === undefined) {
    checkSingle(request, TrainingJobDefinition!);
    return;
  }
  for (const field of ['HyperParameterTuningJobObjective', 'ParameterRanges'] as const) {
    if (config[field] === undefined) continue;
    const own = field === 'ParameterRanges' ? 'HyperParameterRanges' : 'TuningObjective';
    throw validationError(
      `${CONFIG}.${field} is not supported with TrainingJobDefinitions. Give each definition its own ${own}.`,
    );
  }
  const names = TrainingJobDefinitions.map(({ DefinitionName }) => DefinitionName);
  if (names.length > 1 && names.includes(undefined)) {
    throw validationError(
      `TrainingJobDefinitions[${names.indexOf(undefined)}] has no DefinitionName. Each of several definitions needs one.`,
    );
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw validationError(`TrainingJobDefinitions: the DefinitionName '${repeated}' is repeated.`);
  }
  const types = new Set(TrainingJobDefinitions.map(({ TuningObjective }) => TuningObjective?.Type));
  if (types.size > 1 && !types.has(undefined)) {
    throw validationError(
      'TrainingJobDefinitions: TuningObjective has the Type Maximize in some and Minimize in others. ' +
        'Their results are compared: give all of them the same Type.',
    );
  }
}

function checkSingle(
  { HyperParameterTuningJobConfig: config }: CreateTuningJobRequest,
  one: TrainingJobDefinition,
): void {
  for (const [shared, own] of [
    ['HyperParameterTuningJobObjective', 'TuningObjective'],
    ['ParameterRanges', 'HyperParameterRanges'],
  ] as const) {
    if (config[shared] !== undefined && one[own] !== undefined) {
      throw validationError(
        `${CONFIG}.${shared} and TrainingJobDefinition.${own} say the same. Leave one of them out.`,
      );
    }
  }
}

function checkDefinition(request: CreateTuningJobRequest, definition: TrainingJobDefinition, place: string): void {
  const isShared = request.TrainingJobDefinitions === undefined;
  const objectivePlace = isShared ? `${CONFIG}.HyperParameterTuningJobObjective` : `${place}.TuningObjective`;
  const objective = objectiveOf(request, definition);
  if (objective === undefined) {
    throw validationError(`${objectivePlace} is missing. Give the Type and the MetricName of what is optimized.`);
  }
  const metrics = (definition.AlgorithmSpecification.MetricDefinitions ?? []).map(({ Name }) => Name);
  if (!metrics.includes(objective.MetricName)) {
    throw validationError(
      `The objective metric '${objective.MetricName}' is none of ${place}.AlgorithmSpecification.MetricDefinitions ` +
        `[${metrics.join(', ')}]. Define it there, or choose one of those.`,
    );
  }
  const rangesPlace =
    definition.HyperParameterRanges === undefined && isShared
      ? `${CONFIG}.ParameterRanges`
      : `${place}.HyperParameterRanges`;
  checkRanges(rangesOf(request, definition), rangesPlace, definition.StaticHyperParameters, request);
  checkInstances(definition, place);
  checkChild(request, definition, place);
}

function checkInstances(definition: TrainingJobDefinition, place: string): void {
  const { ResourceConfig, HyperParameterTuningResourceConfig: tuning } = definition;
  if ((ResourceConfig === undefined) === (tuning === undefined)) {
    throw validationError(`${place} needs exactly one of ResourceConfig and HyperParameterTuningResourceConfig.`);
  }
  if (tuning === undefined) return;
  const field = `${place}.HyperParameterTuningResourceConfig`;
  const own = (['InstanceType', 'InstanceCount', 'VolumeSizeInGB'] as const).filter(
    (name) => tuning[name] !== undefined,
  );
  if (tuning.InstanceConfigs !== undefined && own.length > 0) {
    throw validationError(`${field}: ${own[0]} is not supported with InstanceConfigs. Give it in each InstanceConfig.`);
  }
  if (tuning.InstanceConfigs === undefined && own.length < 3) {
    throw validationError(`${field} needs InstanceType, InstanceCount and VolumeSizeInGB, or InstanceConfigs.`);
  }
  if (tuning.AllocationStrategy !== undefined && tuning.InstanceConfigs === undefined) {
    throw validationError(
      `${field}: AllocationStrategy ${tuning.AllocationStrategy} needs InstanceConfigs, which it chooses from.`,
    );
  }
}

// whatever CreateTrainingJob would refuse is refused before the first training job.
function checkChild(request: CreateTuningJobRequest, definition: TrainingJobDefinition, place: string): void {
  const name = childName(request.HyperParameterTuningJobName, 1, 0);
  for (const instances of (instanceConfigsOf(definition) ?? [undefined]).keys()) {
    const child = childRequest(request, definition, { tuned: {}, instances }, name);
    try {
      // as JSON, in which a field that is undefined isn't there.
      validateCreateTrainingJob(JSON.parse(JSON.stringify(child)) as Record<string, unknown>);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw validationError(`${place}: ${error.message}`);
    }
  }
}

function checkStrategy(request: CreateTuningJobRequest): void {
  const { Strategy, StrategyConfig, TrainingJobEarlyStoppingType = 'Off' } = request.HyperParameterTuningJobConfig;
  if (Strategy !== 'Hyperband') {
    if (StrategyConfig?.HyperbandStrategyConfig !== undefined) {
      throw validationError(
        `${CONFIG}.StrategyConfig.HyperbandStrategyConfig is only supported with the Strategy Hyperband, got ${Strategy}.`,
      );
    }
    return;
  }
  if (TrainingJobEarlyStoppingType !== 'Off') {
    throw validationError(
      `${CONFIG}.TrainingJobEarlyStoppingType is ${TrainingJobEarlyStoppingType}. It must be Off with the Strategy ` +
        'Hyperband, which stops training jobs by itself.',
    );
  }
  for (const [index, definition] of definitionsOf(request).entries()) {
    checkResources(request, definition, placeOf(request, index));
  }
}

function checkResources(request: CreateTuningJobRequest, definition: TrainingJobDefinition, place: string): void {
  const field = `${CONFIG}.StrategyConfig.HyperbandStrategyConfig`;
  const resources = hyperbandResources(request.HyperParameterTuningJobConfig, definition);
  if (resources === undefined) {
    throw validationError(
      `${field}.MaxResource is missing and can't be inferred. Give it, or one of ` +
        `${RESOURCE_HYPERPARAMETERS.join(', ')} in ${place}.StaticHyperParameters.`,
    );
  }
  const { min, max } = resources;
  if (!Number.isInteger(max) || max < 1 || max > MAX_RESOURCE) {
    throw validationError(
      `${field}.MaxResource, inferred from ${place}.StaticHyperParameters, is ${max}. ` +
        `It must be an integer from 1 to ${MAX_RESOURCE}.`,
    );
  }
  if (min > max) {
    throw validationError(`${field}: MinResource ${min} is greater than MaxResource ${max}. Give a smaller one.`);
  }
}

function checkLimits(request: CreateTuningJobRequest): void {
  const {
    Strategy,
    ResourceLimits,
    TuningJobCompletionCriteria: criteria = {},
  } = request.HyperParameterTuningJobConfig;
  const { MaxNumberOfTrainingJobs, MaxParallelTrainingJobs, MaxRuntimeInSeconds } = ResourceLimits;
  const field = `${CONFIG}.ResourceLimits`;
  if (Strategy === 'Grid' && MaxNumberOfTrainingJobs !== undefined) {
    const combinations = gridCombinations(request);
    if (MaxNumberOfTrainingJobs !== combinations) {
      throw validationError(
        `${field}: MaxNumberOfTrainingJobs ${MaxNumberOfTrainingJobs} is not the number of combinations of the ` +
          `categorical ranges, ${combinations}, which the Strategy Grid needs. Give that, or leave it out.`,
      );
    }
  }
  if (MaxNumberOfTrainingJobs !== undefined && MaxParallelTrainingJobs > MaxNumberOfTrainingJobs) {
    throw validationError(
      `${field}: MaxParallelTrainingJobs ${MaxParallelTrainingJobs} is greater than MaxNumberOfTrainingJobs ` +
        `${MaxNumberOfTrainingJobs}. Give a smaller one.`,
    );
  }
  const ends =
    MaxRuntimeInSeconds !== undefined || Object.values(criteria).some((criterion) => criterion !== undefined);
  if (trainingJobLimit(request) === Infinity && !ends) {
    throw validationError(
      `${field} has no MaxNumberOfTrainingJobs, and nothing else ends the tuning job. Give it, MaxRuntimeInSeconds, ` +
        'TuningJobCompletionCriteria or Autotune.',
    );
  }
}
