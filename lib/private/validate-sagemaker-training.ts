import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { RESERVED_ENVIRONMENT_PREFIX } from '../contract/environment';
import {
  CHANNEL_NAME_PATTERN,
  DEFAULT_INSTANCES_PER_JOB,
  ENVIRONMENT_KEY_PATTERN,
  EXPERIMENT_NAME_PATTERN,
  INSTANCE_GROUP_NAME_PATTERN,
  INSTANCE_TYPE_PATTERN,
  LOCAL_STORAGE_PATTERN,
  MAX_CHANNELS,
  MAX_ENTRYPOINT_PARTS,
  MAX_ENTRYPOINT_PART_LENGTH,
  MAX_ENVIRONMENT_ENTRIES,
  MAX_ENVIRONMENT_KEY_LENGTH,
  MAX_ENVIRONMENT_VALUE_LENGTH,
  MAX_FALLBACK_INSTANCE_TYPES,
  MAX_HYPERPARAMETER_VALUE_LENGTH,
  MAX_INSTANCE_GROUPS,
  MAX_KEEP_ALIVE_SECONDS,
  MAX_PARAMETER_NAME_LENGTH,
  MAX_RETRY_ATTEMPTS,
  MAX_RUNTIME_SECONDS,
  MAX_SECURITY_GROUPS,
  MAX_TAGS,
  MAX_TAG_KEY_LENGTH,
  MAX_TAG_VALUE_LENGTH,
  MAX_WAIT_SECONDS,
} from '../contract/limits';
import { SageMakerTrainingProps } from '../trial-runners/sagemaker-training-props';
import {
  requireInteger,
  requireLength,
  requireMatch,
  requireNoExpression,
  requireNumber,
  requireSeconds,
  requireVpcFor,
} from './checks';
import { requireNumberRegex } from './metric';
import { DEFAULT_MAX_RUNTIME, OWN_REQUEST_FIELDS } from './training-job-request';

/** SageMaker CreateTrainingJob: `.*`, in which the dot stands for no line break. */
const ONE_LINE = /^.*$/;

/** Checks each property by itself and against the others; what needs the search space is checked when the tuner binds. */
export function validateSageMakerTraining(props: SageMakerTrainingProps): void {
  requireContainer(props);
  requireInstances(props);
  requireTimes(props);
  requireStorage(props);
  requireEnvironment(props);
  requireHyperparameters(props);
  requireChannels(props);
  requireTags(props);
  requireNetwork(props);
  requireLogReports(props);
  requireMatch(
    'experimentName',
    props.experimentName,
    EXPERIMENT_NAME_PATTERN,
    'a name of 1 to 120 letters, digits and - that starts and ends with a letter or digit',
  );
  const own = Object.keys(props.requestFields ?? {}).find((field) => OWN_REQUEST_FIELDS.includes(field));
  if (own !== undefined) {
    throw new Error(
      `requestFields must not hold what other properties set, got ${JSON.stringify(own)}; use the property`,
    );
  }
}

/** What trials have wherever they run. */
export function requireTrialProps(
  props: Pick<
    SageMakerTrainingProps,
    'environment' | 'hyperparameters' | 'tags' | 'outputPrefix' | 'checkpointPrefix'
  > & { readonly channels?: { [name: string]: unknown } },
): void {
  requireEnvironment(props);
  requireHyperparameters(props);
  requireChannels(props);
  requireTags(props);
  requirePrefixes(props);
}

function requireContainer({ entrypoint, entrypointArguments }: SageMakerTrainingProps): void {
  for (const [name, parts] of Object.entries({ entrypoint, entrypointArguments })) {
    if (parts === undefined || Token.isUnresolved(parts)) continue;
    requireInteger(`number of parts of ${name}`, parts.length, 1, MAX_ENTRYPOINT_PARTS);
    for (const part of parts) {
      requireLength(`part of ${name}`, part, MAX_ENTRYPOINT_PART_LENGTH);
      requireMatch(`part of ${name}`, part, ONE_LINE, 'a text on one line');
      requireNoExpression(`part of ${name}`, part);
    }
  }
}

function requireInstances(props: SageMakerTrainingProps): void {
  const { fallbackInstanceTypes = [], instanceGroups } = props;
  const alternatives = [
    ['instanceType', 'instanceTypeParameter'],
    ['instanceCount', 'instanceCountParameter'],
    ['instanceGroups', 'instanceType'],
    ['instanceGroups', 'instanceCount'],
    ['instanceGroups', 'instanceTypeParameter'],
    ['instanceGroups', 'instanceCountParameter'],
    ['instanceGroups', 'fallbackInstanceTypes'],
    ['instanceTypeParameter', 'fallbackInstanceTypes'],
  ] as const;
  for (const [one, other] of alternatives) {
    if (props[one] !== undefined && props[other] !== undefined) {
      throw new Error(`${one} must not be given together with ${other}; remove one of the two`);
    }
  }
  requireInstanceType('instanceType', props.instanceType);
  requireInteger('instanceCount', props.instanceCount, 1, DEFAULT_INSTANCES_PER_JOB);
  requireInteger('number of fallbackInstanceTypes', fallbackInstanceTypes.length, 0, MAX_FALLBACK_INSTANCE_TYPES);
  fallbackInstanceTypes.forEach((type) => requireInstanceType('fallbackInstanceTypes', type));
  const types = [props.instanceType ?? 'ml.m5.xlarge', ...fallbackInstanceTypes];
  const twice = types.find((type, i) => !Token.isUnresolved(type) && types.indexOf(type) !== i);
  if (twice !== undefined && fallbackInstanceTypes.length > 0) {
    throw new Error(`fallbackInstanceTypes must be other types than instanceType, each once, got ${twice} twice`);
  }
  if (instanceGroups !== undefined) {
    requireInteger('number of instanceGroups', instanceGroups.length, 1, MAX_INSTANCE_GROUPS);
    for (const group of instanceGroups) {
      requireMatch('name of instanceGroups', group.name, INSTANCE_GROUP_NAME_PATTERN, 'a name of 1 to 64 characters');
      requireNoExpression('name of instanceGroups', group.name);
      requireInstanceType('instanceType of instanceGroups', group.instanceType);
      requireInteger('instanceCount of instanceGroups', group.instanceCount, 1, DEFAULT_INSTANCES_PER_JOB);
    }
    const names = instanceGroups.map(({ name }) => name);
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    if (repeated !== undefined) throw new Error(`names of instanceGroups must differ, got ${repeated} twice`);
  }
  requirePrices(props);
}

function requirePrices({ pricePerInstanceHour, pricesPerInstanceHour = {}, ...props }: SageMakerTrainingProps): void {
  const allowed = 'a number of at least 0';
  requireNumber('pricePerInstanceHour', pricePerInstanceHour, allowed, (n) => n >= 0);
  for (const [type, price] of Object.entries(pricesPerInstanceHour)) {
    requireInstanceType('instance type of pricesPerInstanceHour', type);
    requireNumber(`pricesPerInstanceHour of ${type}`, price, allowed, (n) => n >= 0);
  }
  if (pricePerInstanceHour !== undefined && Object.keys(pricesPerInstanceHour).length > 0) {
    throw new Error('pricePerInstanceHour must not be given together with pricesPerInstanceHour; give one of the two');
  }
  const several = ['fallbackInstanceTypes', 'instanceTypeParameter', 'instanceGroups'] as const;
  const one = several.find((name) => props[name] !== undefined);
  if (pricePerInstanceHour !== undefined && one !== undefined) {
    throw new Error(
      `pricePerInstanceHour must not be given together with ${one}, which has several types; use pricesPerInstanceHour`,
    );
  }
}

export function requireInstanceType(name: string, value: string | undefined): void {
  requireMatch(name, value, INSTANCE_TYPE_PATTERN, 'a SageMaker instance type such as ml.g5.xlarge');
}

function requireTimes({
  maxRuntime,
  maxWait,
  spot,
  keepAlivePeriod,
  instanceGroups,
  retryAttempts,
}: SageMakerTrainingProps): void {
  requireSeconds('maxRuntime', maxRuntime, 1, MAX_RUNTIME_SECONDS);
  requireSeconds('maxWait', maxWait, 1, MAX_WAIT_SECONDS);
  requireSeconds('keepAlivePeriod', keepAlivePeriod, 1, MAX_KEEP_ALIVE_SECONDS);
  requireInteger('retryAttempts', retryAttempts, 1, MAX_RETRY_ATTEMPTS);
  if (maxWait !== undefined && !spot) {
    throw new Error('maxWait must not be given without spot; set spot to true, or remove maxWait');
  }
  const runtime = maxRuntime ?? DEFAULT_MAX_RUNTIME;
  if (maxWait !== undefined && !maxWait.isUnresolved() && !runtime.isUnresolved()) {
    if (maxWait.toSeconds() < runtime.toSeconds()) {
      throw new Error(
        `maxWait must be at least maxRuntime, which is part of it, got ${maxWait.toSeconds()} seconds and ` +
          `${runtime.toSeconds()} seconds; raise maxWait or lower maxRuntime`,
      );
    }
  }
  if (keepAlivePeriod !== undefined && spot) {
    throw new Error(
      'keepAlivePeriod must not be given together with spot, which has no warm pools; remove one of them',
    );
  }
  if (keepAlivePeriod !== undefined && instanceGroups !== undefined) {
    throw new Error(
      'keepAlivePeriod must not be given together with instanceGroups, which have no warm pools; remove one of them',
    );
  }
}

function requireStorage(props: SageMakerTrainingProps): void {
  if (props.volumeSize && !props.volumeSize.isUnresolved()) {
    const gibibytes = (size: Size) => size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
    requireInteger('volumeSize in gibibytes', gibibytes(props.volumeSize), 1, 16384);
  }
  requirePrefixes(props);
  for (const name of ['checkpointLocalPath', 'tensorBoardLocalPath'] as const) {
    requireMatch(name, props[name], /^\/.{1,4095}$/, 'an absolute path');
  }
  if (props.volumeKey === undefined) return;
  const types = [
    props.instanceType ?? 'ml.m5.xlarge',
    ...(props.fallbackInstanceTypes ?? []),
    ...(props.instanceGroups ?? []).map(({ instanceType }) => instanceType),
  ];
  requireVolumes(types);
}

function requirePrefixes(props: Pick<SageMakerTrainingProps, 'outputPrefix' | 'checkpointPrefix'>): void {
  for (const name of ['outputPrefix', 'checkpointPrefix'] as const) {
    requireMatch(name, props[name], /^[^/].*[^/]$|^[^/]$/, 'a prefix without a slash at either end');
    requireLength(name, props[name], 512);
  }
}

/** Instance types whose storage takes a key. */
export function requireVolumes(types: readonly string[]): void {
  const local = types.find((type) => !Token.isUnresolved(type) && LOCAL_STORAGE_PATTERN.test(type));
  if (local !== undefined) {
    throw new Error(
      `volumeKey must not be given for instance types with local storage, which its own hardware encrypts, got ${local}; remove volumeKey`,
    );
  }
}

function requireEnvironment({ environment = {} }: Pick<SageMakerTrainingProps, 'environment'>): void {
  for (const [name, value] of Object.entries(environment)) {
    requireMatch(
      'name of environment',
      name,
      ENVIRONMENT_KEY_PATTERN,
      'letters, digits and underscores, not starting with a digit',
    );
    requireLength('name of environment', name, MAX_ENVIRONMENT_KEY_LENGTH);
    requireLength(`environment ${name}`, value, MAX_ENVIRONMENT_VALUE_LENGTH);
    requireNoExpression(`environment ${name}`, value);
    if (name.startsWith(RESERVED_ENVIRONMENT_PREFIX)) {
      throw new Error(
        `name of environment must not start with ${RESERVED_ENVIRONMENT_PREFIX}, which cdk-hpo sets itself, got ${name}`,
      );
    }
  }
  const count = Object.keys(environment).length;
  requireInteger('number of environment variables', count, 0, MAX_ENVIRONMENT_ENTRIES - 10);
}

function requireHyperparameters({ hyperparameters = {} }: Pick<SageMakerTrainingProps, 'hyperparameters'>): void {
  for (const [name, value] of Object.entries(hyperparameters)) {
    requireLength('name of hyperparameters', name, MAX_PARAMETER_NAME_LENGTH);
    requireLength(`hyperparameter ${name}`, value, MAX_HYPERPARAMETER_VALUE_LENGTH);
    if (!Token.isUnresolved(value) && typeof value !== 'string') {
      throw new Error(
        `hyperparameter ${name} must be a string, got ${JSON.stringify(value)}; write it as ${JSON.stringify(String(value))}`,
      );
    }
    requireMatch(`hyperparameter ${name}`, value, ONE_LINE, 'a text on one line');
  }
}

function requireChannels({ channels = {} }: { readonly channels?: { [name: string]: unknown } }): void {
  for (const name of Object.keys(channels)) {
    requireMatch('name of channels', name, CHANNEL_NAME_PATTERN, '1 to 64 letters, digits and . _ -');
    if (name.startsWith('cdk_hpo_')) {
      throw new Error(
        `name of channels must not start with cdk_hpo_, which script mode uses, got ${JSON.stringify(name)}`,
      );
    }
  }
  requireInteger('number of channels', Object.keys(channels).length, 0, MAX_CHANNELS - 2);
}

function requireTags({ tags = {} }: Pick<SageMakerTrainingProps, 'tags'>): void {
  requireInteger('number of tags', Object.keys(tags).length, 0, MAX_TAGS);
  for (const [key, value] of Object.entries(tags)) {
    requireMatch(
      'key of tags',
      key,
      /^(?!aws:|cdk-hpo:)[\p{L}\p{Z}\p{N}_.:/=+@-]+$/u,
      'letters, digits and _ . : / = + @ - without aws: or cdk-hpo: at its start',
    );
    requireLength('key of tags', key, MAX_TAG_KEY_LENGTH);
    requireMatch(`tag ${key}`, value, /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u, 'letters, digits and _ . : / = + @ -');
    requireLength(`tag ${key}`, value, MAX_TAG_VALUE_LENGTH);
  }
}

function requireNetwork({ vpc, vpcSubnets, securityGroups }: SageMakerTrainingProps): void {
  requireVpcFor({ vpcSubnets, securityGroups }, vpc);
  requireInteger('number of securityGroups', securityGroups?.length, 1, MAX_SECURITY_GROUPS);
}

function requireLogReports({ logReports }: SageMakerTrainingProps): void {
  if (logReports === undefined) return;
  const { resourceRegex, resourceOffset, filter } = logReports;
  requireNumberRegex('resourceRegex of logReports', resourceRegex);
  requireNumber('resourceOffset of logReports', resourceOffset, 'a number', () => true);
  requireMatch(
    'filter of logReports',
    filter,
    /^[^"\\]{1,1000}$/,
    'a text of 1 to 1000 characters without quotes and backslashes',
  );
}
