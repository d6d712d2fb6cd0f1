import { Token } from 'aws-cdk-lib';
import { TunerDefinition } from '../contract/tuner-definition';

/**
 * SageMaker refuses a grid whose number of training jobs isn't that of its combinations.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html
 */
export function requireWholeGrid({ maxTrials, compute: { tuning } }: TunerDefinition): void {
  // a number that is known at deployment only is compared when a round is planned.
  if (tuning?.config.Strategy !== 'Grid' || Token.isUnresolved(maxTrials)) return;
  const combinations = combinationsOf(tuning.config.ParameterRanges as Ranges);
  if (maxTrials === combinations) return;
  throw new Error(
    `maxTrials must be ${combinations}, the number of combinations of the search space, with TuningStrategy.grid, got ${maxTrials}; ` +
      `set it to ${combinations}, or use another strategy`,
  );
}

interface Ranges {
  readonly CategoricalParameterRanges?: readonly { readonly Values: readonly string[] }[];
}

/** The values of a parameter differ: the search space has been checked. */
function combinationsOf({ CategoricalParameterRanges = [] }: Ranges): number {
  return CategoricalParameterRanges.reduce((product, { Values }) => product * Values.length, 1);
}
