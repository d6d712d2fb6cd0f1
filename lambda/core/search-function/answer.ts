import { unmetConstraintProblems } from '../../../lib/contract/parameter-constraints';
import {
  SEARCH_FUNCTION_ANSWER_SCHEMA,
  SearchFunctionAnswer,
  SearchFunctionRequest,
} from '../../../lib/contract/search-function';
import { Configuration } from '../../../lib/contract/search-space';
import { InvalidSuggestion } from '../errors';
import { Suggestion } from '../search/search-algorithm';
import { adaptConfiguration } from '../space/adapt-configuration';
import { SearchSpace } from '../space/search-space';
import { schemaProblems } from '../validation';

/** A message is kept in the study's record and becomes the reason of its end. */
const MAX_MESSAGE_LENGTH = 2000;

/**
 * The suggestion in a search function's answer. Rounding errors of numbers are mended, and constants may be left out.
 *
 * @param allowRepeats whether a configuration that a trial of the request has had is a suggestion
 * @throws InvalidSuggestion with every problem: the parameter, what came and what is allowed
 */
export function suggestionOf(request: SearchFunctionRequest, answer: unknown, allowRepeats: boolean): Suggestion {
  const problems = schemaProblems("the search function's answer", SEARCH_FUNCTION_ANSWER_SCHEMA, answer);
  if (problems.length > 0) throw invalid(problems);
  const given = answer as SearchFunctionAnswer;
  if ('exhausted' in given) return { exhausted: given.exhausted };

  if (given.configurations.length !== request.count) {
    throw invalid([
      `configurations of the search function's answer must be ${request.count} as asked for, got ${given.configurations.length}`,
    ]);
  }
  const configurations = given.configurations.map((configuration, i) => {
    const checked = checkedConfiguration(request, configuration, allowRepeats);
    if (Array.isArray(checked)) problems.push(...checked.map((problem) => `configurations[${i}]: ${problem}`));
    return checked as Configuration;
  });
  if (problems.length > 0) throw invalid(problems);
  return { configuration: configurations[0] };
}

/** The configuration, or every problem with it. */
function checkedConfiguration(
  { space: definition, parameterConstraints, trials }: SearchFunctionRequest,
  given: Configuration,
  allowRepeats: boolean,
): Configuration | string[] {
  const space = new SearchSpace(definition);
  const { configuration, notes } = adaptConfiguration(space, given);
  if (configuration === undefined || notes.length > 0) {
    const problems = space.problems(given);
    return problems.length > 0 ? problems : notes;
  }
  const unmet = unmetConstraintProblems(parameterConstraints, space.parameters, configuration);
  if (unmet.length > 0) return unmet;

  const key = space.key(configuration);
  const twin = allowRepeats ? undefined : trials.find((trial) => space.key(trial.configuration) === key);
  return twin === undefined
    ? configuration
    : [
        `it must be a new one, or allowRepeats be set; ${twin.trial === 0 ? 'a known result' : `trial ${twin.trial}`} has ${JSON.stringify(configuration)}`,
      ];
}

function invalid(problems: readonly string[]): InvalidSuggestion {
  const message = problems.join('; ');
  return new InvalidSuggestion(
    message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}...` : message,
  );
}
