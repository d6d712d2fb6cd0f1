import { ObjectiveDefinition } from '../../../lib/contract/tuner-definition';
import { TrialRecord } from '../store/records';

/** Search and schedulers minimize; a loss is the value with the sign turned where the objective is maximized. */
export function lossOf(objective: ObjectiveDefinition, value: number): number {
  return objective.direction === 'maximize' ? -value : value;
}

/** The trial with the best value: of those that completed, or where none did, of those that were stopped. */
export function bestTrial(objective: ObjectiveDefinition, trials: readonly TrialRecord[]): TrialRecord | undefined {
  const bestOf = (state: TrialRecord['state']) =>
    trials
      .filter((trial) => trial.state === state && trial.value !== undefined)
      .reduce<TrialRecord | undefined>(
        (best, trial) =>
          best === undefined || lossOf(objective, trial.value!) < lossOf(objective, best.value!) ? trial : best,
        undefined,
      );
  return bestOf('COMPLETED') ?? bestOf('STOPPED');
}
