import { SchedulerDefinition } from '../../lib/contract/tuner-definition';
import { InitRequest, SchedulerOptions } from './protocol';

/** Schedulers by the protocol's names; the rungs' ends are those of the fidelity. */
const SCHEDULERS: Record<string, (options: SchedulerOptions, min: number, max: number) => SchedulerDefinition> = {
  none: () => ({ name: 'none' }),
  medianStopping: ({ gracePeriod, minimumTrials = 5 }, min) => ({
    name: 'medianStopping',
    gracePeriod: gracePeriod ?? min,
    minimumTrials,
  }),
  patience: ({ patience = 5, minimumImprovement = 0, gracePeriod }, min) => ({
    name: 'patience',
    patience,
    minimumImprovement,
    gracePeriod: gracePeriod ?? min,
  }),
  asha: ({ mode = 'stop', brackets = 1, ...rungs }, min, max) => ({
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
    populationSize: options.populationSize ?? 10,
    interval: options.interval ?? Math.max(max / 10, min),
    maxResource: options.maxResource ?? max,
    quantile: options.quantile ?? 0.25,
    perturbation: options.perturbation ?? 0.2,
    resampleProbability: options.resampleProbability ?? 0.25,
  }),
  multiFidelity: (options, min, max) => ({ name: 'multiFidelity', ...rungsOf(options, min, max, 2) }),
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
  factor = 3,
) {
  return {
    minResource: minResource ?? min,
    maxResource: maxResource ?? max,
    reductionFactor: reductionFactor ?? factor,
  };
}
