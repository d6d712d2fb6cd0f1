import {
  MAX_ATTEMPTS,
  MAX_DEFINITION_BYTES,
  MAX_DURATION_SECONDS,
  MAX_PARALLEL_TRIALS,
  MAX_TRIALS,
} from '../contract/limits';
import { SearchSpaceDefinition } from '../contract/search-space';
import { ComputeDefinition, TunerDefinition } from '../contract/tuner-definition';
import { Scheduler } from '../scheduler';
import { SearchAlgorithm } from '../search-algorithm';
import { TrialInstances, TrialRunnerConfig } from '../trial-runner';
import { TunerProps } from '../tuner-props';
import { requireInteger, requireNumber, requireSeconds } from './checks';
import { GoalsDefinition, toKnownResults } from './goals-definition';
import { toInitialConfigurations, toParameterConstraints } from './search-space-definition';

/** Checks the limits of a study. */
export function requireLimits(props: TunerProps): void {
  requireInteger('maxTrials', props.maxTrials, 1, MAX_TRIALS);
  requireInteger('maxParallelTrials', props.maxParallelTrials, 1, MAX_PARALLEL_TRIALS);
  requireInteger('maxTrialsWithoutImprovement', props.maxTrialsWithoutImprovement, 1, MAX_TRIALS);
  requireSeconds('maxDuration', props.maxDuration, 1, MAX_DURATION_SECONDS);
  requireNumber('maxSpendUsd', props.maxSpendUsd, 'a number of US dollars greater than 0', (usd) => usd > 0);
  requireInteger('maxAttempts', props.maxAttempts, 1, MAX_ATTEMPTS);
  requireInteger('toleratedFailureCount', props.toleratedFailureCount, 0, MAX_TRIALS);
  requireNumber(
    'toleratedFailurePercentage',
    props.toleratedFailurePercentage,
    'a percentage from 0 to 100',
    (percentage) => percentage >= 0 && percentage <= 100,
  );
}

/** A cap needs the price of all that a trial may run on. */
function requirePrices({ maxSpendUsd }: TunerProps, { instanceTypes, prices }: TrialInstances): void {
  if (maxSpendUsd === undefined) return;
  const unknown = instanceTypes.find((type) => !prices.some(({ instanceType }) => instanceType === type));
  if (unknown !== undefined) {
    throw new Error(
      `maxSpendUsd must not be given where the price of ${unknown} isn't known; give pricePerInstanceHour or pricesPerInstanceHour of the trial runner`,
    );
  }
}

/** What a trial trains up to is the scheduler's to say. */
export function requireOutsideSpace(resourceParameter: string | undefined, searchSpace: SearchSpaceDefinition): void {
  if (searchSpace.some(({ name }) => name === resourceParameter)) {
    throw new Error(
      `resourceParameter of the scheduler must not be a parameter of the search space, got ${JSON.stringify(resourceParameter)}; remove it from the space`,
    );
  }
}

/** What the search is told: the space, the goals, and where to begin. */
export type SearchInputs = GoalsDefinition &
  Pick<TunerDefinition, 'searchSpace' | 'parameterConstraints' | 'initialConfigurations' | 'knownResults'>;

export function toSearchInputs(
  props: TunerProps,
  searchSpace: TunerDefinition['searchSpace'],
  goals: GoalsDefinition,
): SearchInputs {
  const parameterConstraints = toParameterConstraints(props.parameterConstraints ?? [], searchSpace);
  return {
    searchSpace,
    parameterConstraints,
    ...goals,
    initialConfigurations: toInitialConfigurations(
      props.initialConfigurations ?? [],
      searchSpace,
      parameterConstraints,
    ),
    knownResults: toKnownResults(props.knownResults ?? [], searchSpace, goals),
  };
}

/** All of it is handed to Open study by the state machine. */
function requireSize(definition: TunerDefinition): void {
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes > MAX_DEFINITION_BYTES) {
    const { knownResults, initialConfigurations } = definition;
    throw new Error(
      `the tuner's definition must have at most ${MAX_DEFINITION_BYTES} bytes, which is what a state machine can hand over, got ${bytes}; ` +
        `give fewer knownResults (${knownResults.length}) or initialConfigurations (${initialConfigurations.length})`,
    );
  }
}

/** The tuner as plain data, with the defaults filled in. */
export function toTunerDefinition(
  props: TunerProps,
  inputs: SearchInputs,
  runner: TrialRunnerConfig,
  metricRegexes: { [metric: string]: string },
): TunerDefinition {
  const { maxDuration, maxTrialsWithoutImprovement } = props;
  requirePrices(props, runner.instances);
  const definition: TunerDefinition = {
    ...inputs,
    searchAlgorithm: (props.searchAlgorithm ?? SearchAlgorithm.auto())._toDefinition(),
    scheduler: (props.scheduler ?? Scheduler.none())._toDefinition(),
    maxTrials: props.maxTrials ?? 50,
    maxParallelTrials: props.maxParallelTrials ?? runner.maxParallelTrials ?? 4,
    ...(maxDuration && { maxDurationSeconds: maxDuration.toSeconds() }),
    ...(maxTrialsWithoutImprovement !== undefined && { maxTrialsWithoutImprovement }),
    ...(props.maxSpendUsd !== undefined && { maxSpendUsd: props.maxSpendUsd }),
    maxAttempts: props.maxAttempts ?? 3,
    ...(props.toleratedFailureCount !== undefined && { toleratedFailureCount: props.toleratedFailureCount }),
    ...(props.toleratedFailurePercentage !== undefined && {
      toleratedFailurePercentage: props.toleratedFailurePercentage,
    }),
    ...(runner.logReports && {
      logReports: {
        metricRegexes,
        ...(runner.logReports.resourceRegex !== undefined && { resourceRegex: runner.logReports.resourceRegex }),
        resourceOffset: runner.logReports.resourceOffset ?? 0,
      },
    }),
    compute: toCompute(runner),
  };
  requireSize(definition);
  return definition;
}

function toCompute({
  jobNamePrefix,
  instances,
  checkpointBucket,
  checkpointPrefix,
  computeDetails,
}: TrialRunnerConfig): ComputeDefinition {
  const { instanceGroups, instanceTypeParameter, instanceCountParameter, maxWait, keepAlivePeriod } = instances;
  return {
    jobNamePrefix,
    instanceTypes: instances.instanceTypes,
    instanceCount: instances.instanceCount,
    ...(instanceGroups && {
      instanceGroups: instanceGroups.map(({ instanceType, instanceCount }) => ({ instanceType, instanceCount })),
    }),
    ...(instanceTypeParameter !== undefined && { instanceTypeParameter }),
    ...(instanceCountParameter !== undefined && { instanceCountParameter }),
    prices: instances.prices.map(({ instanceType, usdPerHour }) => ({ instanceType, usdPerHour })),
    spot: instances.spot,
    maxRuntimeSeconds: instances.maxRuntime.toSeconds(),
    ...(maxWait && { maxWaitSeconds: maxWait.toSeconds() }),
    ...(keepAlivePeriod && { keepAliveSeconds: keepAlivePeriod.toSeconds() }),
    quotaCheck: instances.quotaCheck,
    checkpointRoot: checkpointBucket.s3UrlForObject(checkpointPrefix),
    ...computeDetails,
  };
}
