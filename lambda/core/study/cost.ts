import { StudyCost } from '../../../lib/contract/calls';
import { AttemptRecord, StudyRecord, TrialRecord } from '../store/records';
import { instancesOf, usdPerSecond } from './instances';
import { maxResourceOf } from './scheduled-trials';
import { secondsPerUnit, spendingOf } from './spending';
import { warmPoolSeconds } from './warm-pools';

/** What the study has cost, and what it saved. */
export function costOf(study: StudyRecord, trials: readonly TrialRecord[]): StudyCost {
  const { compute, maxSpendUsd } = study.tuner;
  const { instanceSeconds, usd } = spendingOf(study, trials);
  const spot = compute.spot ? savedBySpot(study, trials) : 0;
  const stopping = savedByStopping(study, trials);
  return {
    instanceSeconds: Math.round(instanceSeconds),
    usd: usd === null ? null : toMills(usd),
    ...(usd !== null && spot > 0 && { savedBySpotUsd: toMills(spot) }),
    ...(usd !== null && stopping > 0 && { savedByEarlyStoppingUsd: toMills(stopping) }),
    ...(usd !== null && compute.keepAliveSeconds !== undefined && { warmPoolUsd: toMills(keptUsd(study, trials)) }),
    ...(maxSpendUsd !== undefined && { maxSpendUsd }),
  };
}

/** Training time that wasn't billed. */
function savedBySpot({ tuner: { compute } }: StudyRecord, trials: readonly TrialRecord[]): number {
  return sum(
    trials
      .flatMap(({ attempts }) => attempts)
      .map((attempt) => {
        const { trainingSeconds = 0, billableSeconds = 0 } = attempt.outcome ?? {};
        return (
          Math.max(trainingSeconds - billableSeconds, 0) * (usdPerSecond(compute, instancesOf(compute, attempt)) ?? 0)
        );
      }),
  );
}

/** What is left to the end of each trial that was stopped or left paused, at the pace that it had. */
function savedByStopping({ tuner }: StudyRecord, trials: readonly TrialRecord[]): number {
  const completed = trials.filter(({ state }) => state === 'COMPLETED').map(({ lastResource = 0 }) => lastResource);
  const goal = maxResourceOf(tuner.scheduler) ?? Math.max(0, ...completed);
  return sum(
    trials
      .filter(({ state, failureClass }) => (state === 'STOPPED' || state === 'PAUSED') && failureClass === undefined)
      .map(({ attempts, lastResource = 0 }) => {
        if (lastResource <= 0 || lastResource >= goal) return 0;
        const { compute } = tuner;
        const priceOf = (attempt: AttemptRecord) =>
          (usdPerSecond(compute, instancesOf(compute, attempt)) ?? 0) / (compute.cluster?.trialsPerInstance ?? 1);
        // between two reports, where there are two: what starting takes isn't saved again with each epoch.
        const paces = attempts.map((attempt) => secondsPerUnit(attempt) * priceOf(attempt)).filter((pace) => pace > 0);
        const usd = sum(attempts.map((attempt) => (attempt.outcome?.billableSeconds ?? 0) * priceOf(attempt)));
        return (paces.at(-1) ?? usd / lastResource) * (goal - lastResource);
      }),
  );
}

function keptUsd({ tuner: { compute } }: StudyRecord, trials: readonly TrialRecord[]): number {
  const kept = warmPoolSeconds(
    compute,
    trials.flatMap(({ attempts }) => attempts),
  );
  return sum(
    [...kept].map(([attempt, seconds]) => seconds * (usdPerSecond(compute, instancesOf(compute, attempt)) ?? 0)),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function toMills(usd: number): number {
  return Math.round(usd * 1000) / 1000;
}
