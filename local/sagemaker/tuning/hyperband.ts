import type { TrainingJobDefinition, TuningJobConfig } from './tuning-job';

/** Static hyperparameters that MaxResource is taken from where the request has none. */
export const RESOURCE_HYPERPARAMETERS = ['epochs', 'numepochs', 'n-epochs', 'n_epochs', 'num_epochs'];

export const MAX_RESOURCE = 20_000;

/** How far the training jobs of a definition go, and from where on Hyperband may stop them. */
export interface HyperbandResources {
  readonly min: number;
  readonly max: number;
}

/** The bounds that the request gives or lets infer; undefined where it does neither. */
export function hyperbandResources(
  { StrategyConfig }: TuningJobConfig,
  { StaticHyperParameters = {} }: TrainingJobDefinition,
): HyperbandResources | undefined {
  const { MinResource = 1, MaxResource } = StrategyConfig?.HyperbandStrategyConfig ?? {};
  const name = RESOURCE_HYPERPARAMETERS.find((key) => Object.hasOwn(StaticHyperParameters, key));
  const max = MaxResource ?? (name === undefined ? undefined : Number(StaticHyperParameters[name]));
  return max === undefined ? undefined : { min: MinResource, max };
}
