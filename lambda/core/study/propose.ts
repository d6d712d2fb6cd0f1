import { SearchFunctionRequest } from '../../../lib/contract/search-function';
import { FunctionSearchDefinition } from '../../../lib/contract/tuner-definition';
import { InvalidSuggestion, SearchFunctionFailed } from '../errors';
import { suggestionOf } from '../search-function/answer';
import { searchFunctionRequest } from '../search-function/request';
import { Suggestion } from '../search/search-algorithm';
import { StudyRecord, TrialRecord } from '../store/records';
import { StudyStore } from '../store/study-store';
import { historyOf } from './history';
import { suggest } from './suggest';

/** Asks a search algorithm that is a Lambda function of the user's. */
export interface SearchFunctions {
  /**
   * @returns the answer as it came
   * @throws SearchFunctionFailed if there is none
   */
  ask(definition: FunctionSearchDefinition, request: SearchFunctionRequest): Promise<unknown>;
}

/** The configuration of a new trial: by our own search, or by the user's function. */
export async function propose(
  study: StudyRecord,
  trial: number,
  trials: readonly TrialRecord[],
  store: StudyStore,
  functions: SearchFunctions,
): Promise<Suggestion> {
  const knownResults = await store.loadKnownResults(study);
  const { searchAlgorithm, initialConfigurations } = study.tuner;
  if (searchAlgorithm.name !== 'function' || trial <= initialConfigurations.length) {
    return suggest(study, trial, historyOf(study, trials, knownResults));
  }
  const request = searchFunctionRequest(study, trial, trials, knownResults);
  try {
    return suggestionOf(request, await functions.ask(searchAlgorithm, request), searchAlgorithm.allowRepeats);
  } catch (error) {
    if (error instanceof InvalidSuggestion || error instanceof SearchFunctionFailed) {
      await remember(study, error, store);
    }
    throw error;
  }
}

/**
 * The slot is lost by the error; the study must know why. What another try won't mend means that there will be no more
 * trials: those that run end as usual, then the study does. Whatever else went wrong is the reason if no slot gets on.
 */
async function remember(
  study: StudyRecord,
  error: InvalidSuggestion | SearchFunctionFailed,
  store: StudyStore,
): Promise<void> {
  const reason = `${error.name}: ${error.message}`;
  const lasting = error instanceof InvalidSuggestion || error.lasting;
  await store.changeStudy(study.study, (record) => {
    if (record.run !== study.run) return record;
    if (lasting) return record.exhausted === undefined ? { ...record, exhausted: reason } : record;
    return record.searchFailure === reason ? record : { ...record, searchFailure: reason };
  });
}
