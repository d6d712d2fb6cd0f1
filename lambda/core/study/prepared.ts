import { chooseSearch } from '../search/choose-search';
import { Suggestion } from '../search/search-algorithm';
import { isNew } from '../search/newness';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { StudyStore } from '../store/study-store';

/** Where new trials begin more often than this, slots would wait for the fit of a model, and race for the same trial's number. */
const SHORTEST_INTERVAL_SECONDS = 0.5;

/** A fit takes about as long, and so many are ready as trials begin meanwhile. */
const FIT_SECONDS = 0.25;

/** All of them are one item of the table. */
const MAX_PREPARED = 32;
const RECENT = 16;

/**
 * Whether slots ask so often that suggestions are better worked out before, while trials run. Such a suggestion knows nothing of what
 * ends meanwhile, as if more trials ran at a time: so only where the search would take a good part of a slot's time.
 */
export function isWorthPreparing(study: StudyRecord, trials: readonly TrialRecord[], at: string): boolean {
  // before the first result the search has nothing to fit.
  if (!trials.some((trial) => hasEnded(trial) || trial.state === 'PAUSED')) return false;
  return intervalSeconds(trials, at) < SHORTEST_INTERVAL_SECONDS && fitsModel(study);
}

/** The last trial for which to have a suggestion, and never more than slots may ask. */
export function lastToPrepare(study: StudyRecord, trials: readonly TrialRecord[], at: string): number {
  const soon = Math.ceil(FIT_SECONDS / intervalSeconds(trials, at));
  return Math.min(trials.length + Math.min(soon, slotsInUse(study, trials), MAX_PREPARED), study.tuner.maxTrials);
}

/** Between two new trials, of late. */
function intervalSeconds(trials: readonly TrialRecord[], at: string): number {
  const recent = trials.slice(-RECENT);
  // clocks differ a little.
  const seconds = Math.max((Date.parse(at) - Date.parse(recent[0].createdAt)) / 1000, 0);
  return seconds / recent.length;
}

/** The one that asks, and those that run trials: there may be fewer of them than allowed. */
function slotsInUse({ tuner }: StudyRecord, trials: readonly TrialRecord[]): number {
  const running = trials.filter(({ state }) => state === 'RUNNING').length;
  return Math.min(running + 1, tuner.maxParallelTrials);
}

/** The other searches take next to no time, or are the user's, who may count the questions. */
function fitsModel({ tuner }: StudyRecord): boolean {
  const { searchAlgorithm, additionalObjectives, maxParallelTrials } = tuner;
  if (searchAlgorithm.name !== 'auto') return searchAlgorithm.name === 'gaussianProcess';
  const space = new SearchSpace(tuner.searchSpace);
  const { turns } = chooseSearch({ space, objectives: 1 + additionalObjectives.length, maxParallelTrials });
  return turns.some(({ name }) => name === 'gaussianProcess');
}

/** The suggestion that waits for this trial, if there is one, and whether more should be worked out while it runs. */
export async function takePrepared(
  study: StudyRecord,
  trial: number,
  trials: readonly TrialRecord[],
  at: string,
  store: StudyStore,
): Promise<{ readonly suggestion?: Suggestion; readonly wantsMore: boolean }> {
  if (!isWorthPreparing(study, trials, at)) return { wantsMore: false };
  const { run, suggestions = [] } = (await store.suggestions.get(study.study)) ?? {};
  const waiting = run === study.run ? suggestions : [];
  // with the trial itself, one number more is given out.
  const wanted = Math.min(lastToPrepare(study, trials, at) + 1, study.tuner.maxTrials);
  const wantsMore = wanted > trial && (waiting.at(-1)?.trial ?? 0) < wanted;
  const configuration = waiting.find((suggestion) => suggestion.trial === trial)?.configuration;
  if (configuration === undefined) return { wantsMore };
  const space = new SearchSpace(study.tuner.searchSpace, study.tuner.parameterConstraints);
  // a slot that couldn't wait may have got the same for a number before.
  return isNew({ space, history: trials }, configuration)
    ? { suggestion: { configuration }, wantsMore }
    : { wantsMore };
}
