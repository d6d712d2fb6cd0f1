import { unmetConstraintProblems } from '../../../lib/contract/parameter-constraints';
import { TunerDefinition } from '../../../lib/contract/tuner-definition';
import { configurationProblems } from '../../../lib/contract/validate-configuration';
import { completeAtRandom } from '../space/complete-configuration';
import { SearchSpace } from '../space/search-space';

type SearchInputs = Pick<TunerDefinition, 'searchSpace' | 'parameterConstraints' | 'initialConfigurations'>;

/**
 * Why an initial configuration can't begin the study, by what it gives.
 *
 * @param list what the caller's user knows the list of initial configurations as
 */
export function initialProblems(
  { searchSpace, parameterConstraints, initialConfigurations }: SearchInputs,
  list: string,
): string[] {
  return initialConfigurations.flatMap((given, i) =>
    [
      ...configurationProblems(searchSpace, given),
      ...unmetConstraintProblems(parameterConstraints, searchSpace, given),
    ].map((problem) => `${list}[${i}]: ${problem}`),
  );
}

/** Which initial configurations the constraints leave no way to complete; of those without other problems. */
export function completionProblems(
  space: SearchSpace,
  initialConfigurations: TunerDefinition['initialConfigurations'],
  seed: number,
  list: string,
): string[] {
  return initialConfigurations.flatMap((given, i) =>
    completeAtRandom(space, given, seed, i + 1) === undefined
      ? [`${list}[${i}]: no values of its missing parameters were found that meet the parameter constraints`]
      : [],
  );
}
