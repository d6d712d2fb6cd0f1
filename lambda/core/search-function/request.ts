import {
  SEARCH_FUNCTION_VERSION,
  SearchFunctionRequest,
  SearchFunctionTrial,
} from '../../../lib/contract/search-function';
import { KnownResultDefinition } from '../../../lib/contract/tuner-definition';
import { Observation } from '../search/search-algorithm';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord } from '../store/records';
import { adaptHistory, knownObservations, observationOf } from '../study/history';
import { Goals, MetricValues, lossOf, metricNames, metricsOf, objectivesOf } from '../study/objective';

/** Lambda takes 6 MiB in a call that is answered; a little less leaves room for what the protocol adds. */
export const MAX_REQUEST_BYTES = 6_000_000;

/** What the user's own function is asked for one new trial. */
export function searchFunctionRequest(
  { study, seed, tuner }: StudyRecord,
  trial: number,
  trials: readonly TrialRecord[],
  knownResults: readonly KnownResultDefinition[],
  maxBytes = MAX_REQUEST_BYTES,
): SearchFunctionRequest {
  const request: SearchFunctionRequest = {
    version: SEARCH_FUNCTION_VERSION,
    study,
    seed,
    trial,
    count: 1,
    maxTrials: tuner.maxTrials,
    maxParallelTrials: tuner.maxParallelTrials,
    space: tuner.searchSpace,
    parameterConstraints: tuner.parameterConstraints,
    objectives: objectivesOf(tuner).map(({ metric, direction }) => ({ metric, direction })),
    outcomeConstraints: tuner.outcomeConstraints,
    trials: [],
    omittedTrials: 0,
  };
  const known = knownObservations(tuner, knownResults).map((observation, i) =>
    withValues(tuner, observation, knownResults[i].metrics),
  );
  const own = trials.map((record) => withValues(tuner, observationOf(tuner, record), metricsOf(tuner, record)));
  const { history } = adaptHistory(new SearchSpace(tuner.searchSpace), [...known, ...own]);
  const sent = fitting(tuner, history.map(toTrial), maxBytes - bytesOf(request));
  return { ...request, trials: sent, omittedTrials: history.length - sent.length };
}

type Valued = Observation & { readonly values: Record<string, number> };

function withValues(goals: Goals, observation: Observation, metrics: MetricValues): Valued {
  const values = Object.fromEntries(
    metricNames(goals)
      .filter((name) => observation.status === 'finished' && Object.hasOwn(metrics, name))
      .map((name): [string, unknown] => [name, metrics[name]])
      .filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
  return { ...observation, values };
}

function toTrial({ trial, status, configuration, values }: Valued): SearchFunctionTrial {
  return { trial, status, configuration, values };
}

/**
 * As many trials as fit: first those that run, so that none of them is proposed again, then by turns the best by the
 * primary objective and the newest.
 */
function fitting(
  { objective }: Goals,
  trials: readonly SearchFunctionTrial[],
  maxBytes: number,
): SearchFunctionTrial[] {
  const sizes = new Map(trials.map((trial) => [trial, bytesOf(trial) + 1]));
  let left = maxBytes;
  if ([...sizes.values()].reduce((sum, size) => sum + size, 0) <= left) return [...trials];

  const isPending = ({ status }: SearchFunctionTrial) => status === 'pending';
  const lossOfTrial = ({ values }: SearchFunctionTrial) => lossOf(objective, values[objective.metric]);
  const newest = trials.filter((trial) => !isPending(trial)).reverse();
  const best = newest
    .filter(({ status }) => status === 'finished')
    .sort((a, b) => lossOfTrial(a) - lossOfTrial(b) || b.trial - a.trial);
  const byTurns = newest.flatMap((trial, i) => (i < best.length ? [best[i], trial] : [trial]));

  const chosen = new Set<SearchFunctionTrial>();
  for (const trial of new Set([...trials.filter(isPending), ...byTurns])) {
    left -= sizes.get(trial)!;
    if (left < 0) break;
    chosen.add(trial);
  }
  return trials.filter((trial) => chosen.has(trial));
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
