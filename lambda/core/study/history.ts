import { Observation } from '../search/search-algorithm';
import { StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { lossOf } from './objective';

/** The study's trials as the search sees them. */
export function historyOf(study: StudyRecord, trials: readonly TrialRecord[]): Observation[] {
  return trials.map((trial) => observationOf(study, trial));
}

function observationOf({ tuner }: StudyRecord, trial: TrialRecord): Observation {
  const { trial: number, configuration, value } = trial;
  if (!hasEnded(trial)) return { trial: number, configuration, status: 'pending' };
  if (trial.state === 'FAILED' || value === undefined || !Number.isFinite(value)) {
    return { trial: number, configuration, status: 'failed' };
  }
  return { trial: number, configuration, status: 'finished', losses: [lossOf(tuner.objective, value)] };
}
