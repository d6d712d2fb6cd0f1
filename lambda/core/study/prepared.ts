import { SearchAlgorithmDefinition } from '../../../lib/contract/tuner-definition';
import { Suggestion } from '../search/search-algorithm';
import { isNew } from '../search/newness';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';

/** Those that fit a model to what is known. The others take next to no time, or are the user's, who may count the questions. */
const PREPARED: readonly SearchAlgorithmDefinition['name'][] = ['auto', 'gaussianProcess'];

/** A fit takes up to some tenths of a second: where slots ask more often than this, they would wait for it. */
const SHORTEST_INTERVAL_SECONDS = 0.5;
const RECENT = 8;

/** All of them are one item of the table. */
const MAX_PREPARED = 32;

/**
 * Whether slots ask so often that suggestions are better worked out before, while trials run. Such a suggestion knows nothing of the
 * trials that run meanwhile, as if more of them ran at a time: so only where the search would take a good part of a slot's time.
 */
export function isWorthPreparing({ tuner }: StudyRecord, trials: readonly TrialRecord[]): boolean {
  if (!PREPARED.includes(tuner.searchAlgorithm.name)) return false;
  const seconds: number[] = [];
  for (let i = trials.length - 1; i >= 0 && seconds.length < RECENT; i--) {
    const { outcome } = currentAttempt(trials[i]);
    if (outcome?.trainingSeconds !== undefined) seconds.push(outcome.trainingSeconds);
  }
  if (seconds.length === 0) return false;
  const typical = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)];
  return typical / tuner.maxParallelTrials < SHORTEST_INTERVAL_SECONDS;
}

/** The last trial for which to have a suggestion: one for each slot is ahead. */
export function lastToPrepare({ tuner }: StudyRecord, trials: readonly TrialRecord[]): number {
  return Math.min(trials.length + Math.min(tuner.maxParallelTrials, MAX_PREPARED), tuner.maxTrials);
}

/** The suggestion that waits for this trial, if there is one, and whether more should be worked out while it runs. */
export async function takePrepared(
  study: StudyRecord,
  trial: number,
  trials: readonly TrialRecord[],
  store: StudyStore,
): Promise<{ readonly suggestion?: Suggestion; readonly wantsMore: boolean }> {
  if (!isWorthPreparing(study, trials)) return { wantsMore: false };
  const { run, suggestions = [] } = (await store.suggestions.get(study.study)) ?? {};
  const waiting = run === study.run ? suggestions : [];
  // with the trial itself, one number more is given out.
  const wanted = Math.min(lastToPrepare(study, trials) + 1, study.tuner.maxTrials);
  const wantsMore = wanted > trial && (waiting.at(-1)?.trial ?? 0) < wanted;
  const configuration = waiting.find((suggestion) => suggestion.trial === trial)?.configuration;
  if (configuration === undefined) return { wantsMore };
  const space = new SearchSpace(study.tuner.searchSpace, study.tuner.parameterConstraints);
  // a slot that couldn't wait may have got the same for a number before.
  return isNew({ space, history: asHistory(trials) }, configuration)
    ? { suggestion: { configuration }, wantsMore }
    : { wantsMore };
}

function asHistory(trials: readonly TrialRecord[]) {
  return trials.map(({ trial, configuration }) => ({ trial, configuration, status: 'pending' as const }));
}
