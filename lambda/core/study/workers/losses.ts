import { AttemptRecord, TrialRecord, currentAttempt } from '../../store/records';

/** A trial that loses so many workers without getting any further takes its machines down, or is too much for them. */
export const MOST_LOSSES = 5;

/** After so many it runs alone: what ran beside it isn't to blame, and isn't lost with it again. */
const SUSPICIOUS_LOSSES = 2;

/** How many workers were lost under it since it got further: an attempt did that reported more than any before. */
export function lossesSinceProgress(attempts: readonly AttemptRecord[]): number {
  let furthest = 0;
  let losses = 0;
  for (const { lastReport, workerLost } of attempts) {
    if (lastReport !== undefined && lastReport.resource > furthest) {
      furthest = lastReport.resource;
      losses = 0;
    } else if (workerLost) {
      losses++;
    }
  }
  return losses;
}

export function isSuspect({ attempts }: TrialRecord): boolean {
  return lossesSinceProgress(attempts) >= SUSPICIOUS_LOSSES;
}

export function runningOn(trials: readonly TrialRecord[], worker: number): TrialRecord[] {
  return trials.filter((trial) => trial.state === 'RUNNING' && currentAttempt(trial).worker === worker);
}
