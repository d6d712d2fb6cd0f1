import {
  DEFAULT_BRACKETS,
  DEFAULT_MINIMUM_IMPROVEMENT,
  DEFAULT_MINIMUM_TRIALS,
  DEFAULT_MODEL_REDUCTION_FACTOR,
  DEFAULT_POPULATION,
  DEFAULT_REDUCTION_FACTOR,
} from '../../lib/contract/scheduler-defaults';
import { SchedulerDefinition } from '../../lib/contract/tuner-definition';
import { InitRequest, SchedulerOptions } from './protocol';

/** Schedulers by the protocol's names; the rungs' ends are those of the fidelity. */
const SCHEDULERS: Record<string, (options: SchedulerOptions, min: number, max: number) => SchedulerDefinition> = {
  none: () => ({ name: 'none' }),
  medianStopping: ({ gracePeriod, minimumTrials = DEFAULT_MINIMUM_TRIALS }, min) => ({
    name: 'medianStopping',
    gracePeriod: gracePeriod ?? min,
    minimumTrials,
  }),
  patience: ({ patience = 5, minimumImprovement = DEFAULT_MINIMUM_IMPROVEMENT, gracePeriod }, min) => ({
    name: 'patience',
    patience,
    minimumImprovement,
    gracePeriod: gracePeriod ?? min,
  }),
  asha: ({ mode = 'stop', brackets = DEFAULT_BRACKETS, ...rungs }, min, max) => ({
    name: 'asha',
    mode,
    brackets,
    ...rungsOf(rungs, min, max),
  }),
  pasha: (options, min, max) => ({ name: 'pasha', ...rungsOf(options, min, max) }),
  successiveHalving: (options, min, max) => ({ name: 'successiveHalving', ...rungsOf(options, min, max) }),
  hyperband: (options, min, max) => ({ name: 'hyperband', ...rungsOf(options, min, max) }),
  populationBased: (options, min, max) => ({
    name: 'populationBased',
    populationSize: options.populationSize ?? DEFAULT_POPULATION.populationSize,
    interval: options.interval ?? Math.max(max / 10, min),
    maxResource: options.maxResource ?? max,
    quantile: options.quantile ?? DEFAULT_POPULATION.quantile,
    perturbation: options.perturbation ?? DEFAULT_POPULATION.perturbation,
    resampleProbability: options.resampleProbability ?? DEFAULT_POPULATION.resampleProbability,
  }),
  multiFidelity: (options, min, max) => ({
    name: 'multiFidelity',
    ...rungsOf(options, min, max, DEFAULT_MODEL_REDUCTION_FACTOR),
  }),
};

const DEFAULT_SCHEDULER = 'multiFidelity';

/** The scheduler of an init request: none where trials don't report by resource. */
export function toScheduler({ options = {}, fidelity }: InitRequest): SchedulerDefinition {
  if (fidelity === undefined) {
    if (options.scheduler === undefined || options.scheduler === 'none') return { name: 'none' };
    throw new Error(`options.scheduler ${JSON.stringify(options.scheduler)} needs a fidelity`);
  }
  if (!(fidelity.min > 0 && fidelity.max >= fidelity.min)) {
    throw new Error(`fidelity must have 0 < min <= max, got min ${fidelity.min} and max ${fidelity.max}`);
  }
  const name = options.scheduler ?? DEFAULT_SCHEDULER;
  if (!Object.hasOwn(SCHEDULERS, name)) {
    throw new Error(
      `options.scheduler must be one of ${Object.keys(SCHEDULERS).join(', ')}, got ${JSON.stringify(name)}`,
    );
  }
  return SCHEDULERS[name](options, fidelity.min, fidelity.max);
}

function rungsOf(
  { minResource, maxResource, reductionFactor }: SchedulerOptions,
  min: number,
  max: number,
  factor = DEFAULT_REDUCTION_FACTOR,
) {
  return {
    minResource: minResource ?? min,
    maxResource: maxResource ?? max,
    reductionFactor: reductionFactor ?? factor,
  };
}
