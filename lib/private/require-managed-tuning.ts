import { TunerDefinition } from '../contract/tuner-definition';
import { TunerProps } from '../tuner-props';
import { requireWholeGrid } from './tuning-grid';

/** What automatic model tuning has no words for, and what to do instead. */
const REFUSED: { readonly [property in keyof TunerProps]?: string } = {
  parameterConstraints: 'it knows no constraints',
  additionalObjectives: 'it has one objective',
  outcomeConstraints: 'it knows no constraints',
  searchAlgorithm: 'it has searches of its own: give strategy',
  scheduler: 'it has rules of its own: give earlyStopping, or TuningStrategy.hyperband',
  initialConfigurations: 'it takes none',
  knownResults: 'it takes none: give warmStart',
  maxTrialsWithoutImprovement: 'give maxJobsNotImproving to the trial runner',
  maxAttempts: 'give retryAttempts to the trial runner',
  toleratedFailureCount: 'it has no such limit',
  toleratedFailurePercentage: 'it has no such limit',
};

/** Refuses, by name, what SageMaker automatic model tuning can't do. */
export function requireManagedTuning(props: TunerProps, definition: TunerDefinition): void {
  for (const [property, reason] of Object.entries(REFUSED)) {
    const value = props[property as keyof TunerProps];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    throw new Error(
      `${property} must not be given with TrialRunner.managedTuning, since ${reason}; remove it, or use another trial runner`,
    );
  }
  requireWholeGrid(definition);
}
