import { KnownResultDefinition } from '../../../lib/contract/tuner-definition';
import { observationsAt } from '../schedulers/fidelity-history';
import { Observation } from '../search/search-algorithm';
import { adaptConfiguration } from '../space/adapt-configuration';
import { SearchSpace } from '../space/search-space';
import { StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { maxResourceOf, scheduledTrials } from './scheduled-trials';
import { Goals, MetricValues, excessOf, lossesOf, metricsOf } from './objective';

/** The study's trials as the search sees them, and what it knows from elsewhere. */
export function historyOf(
  { tuner }: StudyRecord,
  trials: readonly TrialRecord[],
  knownResults: readonly KnownResultDefinition[] = [],
): Observation[] {
  const space = new SearchSpace(tuner.searchSpace);
  // where trials train for as long as each is worth, their last values can't be compared.
  const observations =
    maxResourceOf(tuner.scheduler) === undefined
      ? trials.map((trial) => observationOf(tuner, trial))
      : observationsAt(scheduledTrials(trials), space.parameters.length);
  return adaptHistory(space, [...knownObservations(tuner, knownResults), ...observations]).history;
}

/** Results from elsewhere: they belong to no trial. Without all objectives they are known to fail. */
export function knownObservations(goals: Goals, results: readonly KnownResultDefinition[]): Observation[] {
  return results.map(({ configuration, metrics }) => ended(goals, 0, configuration, metrics));
}

/** An observation of a trial that has these final values. */
export function ended(
  goals: Goals,
  trial: number,
  configuration: Observation['configuration'],
  metrics: MetricValues,
): Observation {
  const losses = lossesOf(goals, metrics);
  if (losses === undefined) return { trial, configuration, status: 'failed' };
  return {
    trial,
    configuration,
    status: 'finished',
    losses,
    // a metric that isn't known, such as a latency that is only measured at the end, is no reason to avoid the place.
    ...(goals.outcomeConstraints.length > 0 && {
      violations: goals.outcomeConstraints.map((constraint) => excessOf(constraint, metrics) ?? 0),
    }),
  };
}

export function observationOf(goals: Goals, trial: TrialRecord): Observation {
  const { trial: number, configuration } = trial;
  if (!hasEnded(trial)) return { trial: number, configuration, status: 'pending' };
  return trial.state === 'FAILED' || trial.value === undefined
    ? { trial: number, configuration, status: 'failed' }
    : ended(goals, number, configuration, metricsOf(goals, trial));
}

/** The observations with configurations of the space, and notes about those that had others. */
export function adaptHistory<T extends Observation>(
  space: SearchSpace,
  observations: readonly T[],
): { history: T[]; notes: string[] } {
  const notes: string[] = [];
  const history = observations.flatMap((observation, i) => {
    const { configuration, notes: found } = adaptConfiguration(space, observation.configuration);
    const what = observation.trial === 0 ? `known result ${i + 1}` : `trial ${observation.trial}`;
    notes.push(...found.map((note) => `${what} was ${note}`));
    return configuration === undefined ? [] : [{ ...observation, configuration }];
  });
  return { history, notes };
}

/** The first few of many notes. */
export function fewNotes(notes: readonly string[], most = 20): string[] {
  return notes.length <= most ? [...notes] : [...notes.slice(0, most), `and ${notes.length - most} more`];
}
