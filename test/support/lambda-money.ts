import { ComputeDefinition } from '../../lib/contract/tuner-definition';
import { StudyRecord, TrialRecord } from '../../lambda/core/store/records';
import { TUNER } from './lambda-study';

/** A tenth of a cent a second for each instance of the type that tests use, twice as much for another one. */
export const PRICES = [
  { instanceType: 'ml.m5.xlarge', usdPerHour: 3.6 },
  { instanceType: 'ml.g5.xlarge', usdPerHour: 7.2 },
];

export const computeWith = (compute: Partial<ComputeDefinition>): ComputeDefinition => ({
  ...TUNER.compute,
  prices: PRICES,
  ...compute,
});

/**
 * What a study has cost, and what its running attempts may still cost, counted from its records in a way of its own: each
 * attempt for as long as it was billed or may run.
 */
export function committedUsd({ tuner }: StudyRecord, trials: readonly TrialRecord[]): number {
  const { instanceTypes, instanceCount, maxRuntimeSeconds: longest } = tuner.compute;
  let usd = 0;
  for (const { state, attempts } of trials) {
    attempts.forEach((attempt, i) => {
      const runs = state === 'RUNNING' && i === attempts.length - 1;
      const seconds = runs ? (attempt.maxRuntimeSeconds ?? longest) : (attempt.outcome?.billableSeconds ?? 0);
      const { usdPerHour } = PRICES.find(
        ({ instanceType }) => instanceType === (attempt.instanceType ?? instanceTypes[0]),
      )!;
      const price = (usdPerHour / 3600) * (attempt.instanceCount ?? instanceCount);
      usd += seconds * price;
    });
  }
  return usd;
}
