import { MAX_DEFINITION_BYTES, MAX_DURATION_SECONDS, MAX_PARALLEL_TRIALS, MAX_TRIALS } from '../contract/limits';
import { SearchSpaceDefinition } from '../contract/search-space';
import { TunerDefinition } from '../contract/tuner-definition';
import { Scheduler } from '../scheduler';
import { SearchAlgorithm } from '../search-algorithm';
import { TrialRunnerConfig } from '../trial-runner';
import type { TunerProps } from '../tuner';
import { requireInteger, requireSeconds } from './checks';
import { GoalsDefinition, toKnownResults } from './goals-definition';
import { toInitialConfigurations, toParameterConstraints } from './search-space-definition';

/** Checks the limits of a study. */
export function requireLimits(props: TunerProps): void {
  requireInteger('maxTrials', props.maxTrials, 1, MAX_TRIALS);
  requireInteger('maxParallelTrials', props.maxParallelTrials, 1, MAX_PARALLEL_TRIALS);
  requireInteger('maxTrialsWithoutImprovement', props.maxTrialsWithoutImprovement, 1, MAX_TRIALS);
  requireSeconds('maxDuration', props.maxDuration, 1, MAX_DURATION_SECONDS);
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
export function toTunerDefinition(props: TunerProps, inputs: SearchInputs, runner: TrialRunnerConfig): TunerDefinition {
  const { maxDuration, maxTrialsWithoutImprovement } = props;
  const definition: TunerDefinition = {
    ...inputs,
    searchAlgorithm: (props.searchAlgorithm ?? SearchAlgorithm.auto())._toDefinition(),
    scheduler: (props.scheduler ?? Scheduler.none())._toDefinition(),
    maxTrials: props.maxTrials ?? 50,
    maxParallelTrials: props.maxParallelTrials ?? 4,
    ...(maxDuration && { maxDurationSeconds: maxDuration.toSeconds() }),
    ...(maxTrialsWithoutImprovement !== undefined && { maxTrialsWithoutImprovement }),
    compute: {
      jobNamePrefix: runner.jobNamePrefix,
      instanceType: runner.instanceType,
      instanceCount: runner.instanceCount,
      ...(runner.pricePerInstanceHour !== undefined && { pricePerInstanceHour: runner.pricePerInstanceHour }),
      checkpointRoot: runner.checkpointBucket.s3UrlForObject(runner.checkpointPrefix),
    },
  };
  requireSize(definition);
  return definition;
}
