import { AttemptRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { countOf, instancesOf, usdPerSecond } from './instances';
import { leastResourceOf } from './scheduled-trials';
import { warmPoolSeconds } from './warm-pools';

/** What a study's training jobs have cost so far, and may still cost. */
export interface Spending {
  readonly instanceSeconds: number;
  /** Of attempts that have ended; null where a price isn't known. */
  readonly usd: number | null;
  /** At most, for attempts that run; with a spending cap only. */
  readonly reservedUsd: number;
}

export function spendingOf({ tuner }: StudyRecord, trials: readonly TrialRecord[]): Spending {
  const { compute } = tuner;
  const attempts = trials.flatMap((trial) => trial.attempts);
  const retained = warmPoolSeconds(compute, attempts);
  let instanceSeconds = 0;
  let usd: number | null = 0;
  for (const attempt of attempts) {
    const seconds = (attempt.outcome?.billableSeconds ?? 0) + (retained.get(attempt) ?? 0);
    if (seconds === 0) continue;
    const instances = instancesOf(compute, attempt);
    const price = usdPerSecond(compute, instances);
    instanceSeconds += seconds * countOf(instances);
    usd = usd === null || price === undefined ? null : usd + seconds * price;
  }
  const running = trials.filter(({ state }) => state === 'RUNNING').map(currentAttempt);
  return { instanceSeconds, usd, reservedUsd: running.reduce((sum, { reservedUsd = 0 }) => sum + reservedUsd, 0) };
}

/** Why an attempt can't have the money that it needs now. */
export interface NoMoney {
  readonly refused: string;
  /** So many more trials are likely to be affordable, once the running ones have ended; undefined where nobody knows. */
  readonly affordableTrials?: number;
}

/** What an attempt may take: the longest runtime, and why it isn't the tuner's. */
export interface RuntimeGrant extends Pick<AttemptRecord, 'limitedBy' | 'reservedUsd'> {
  readonly maxRuntimeSeconds: number;
}

export interface RuntimeRequest {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  /** Of all its instances. */
  readonly usdPerSecond: number | undefined;
  /** So much of the resource it has to train; undefined where that isn't known. */
  readonly units?: number;
  readonly at: string;
}

/** Below this a training job does nothing but start. */
const SHORTEST_SECONDS = 60;

/** An attempt may take so much longer than the longest one before, and needs at least so much more. */
const HEADROOM = 2;
const MARGIN = 1.1;

/**
 * Limits an attempt to the time that is left of the study, and to a share of what is left of its spending cap: SageMaker
 * itself ends the job then, whether or not its program ever reports. So a study can't spend more than its cap, but for the
 * moments in which a job is stopped.
 *
 * @returns why nothing may start any more, where the rest of the money isn't enough
 */
export function grantRuntime(request: RuntimeRequest): RuntimeGrant | NoMoney {
  const { study, at } = request;
  const { maxDurationSeconds } = study.tuner;
  let grant: RuntimeGrant = { maxRuntimeSeconds: study.tuner.compute.maxRuntimeSeconds };
  if (maxDurationSeconds !== undefined) {
    const left = maxDurationSeconds - (Date.parse(at) - Date.parse(study.startedAt)) / 1000;
    const seconds = Math.max(Math.ceil(left), SHORTEST_SECONDS);
    if (seconds < grant.maxRuntimeSeconds) grant = { maxRuntimeSeconds: seconds, limitedBy: 'maxDuration' };
  }
  return grantMoney(request, grant);
}

function grantMoney(request: RuntimeRequest, grant: RuntimeGrant): RuntimeGrant | NoMoney {
  const { study, trials, usdPerSecond: price } = request;
  const { maxSpendUsd, compute } = study.tuner;
  if (maxSpendUsd === undefined || price === undefined || price === 0) return grant;

  const { usd, reservedUsd } = spendingOf(study, trials);
  const left = maxSpendUsd - (usd ?? 0) - reservedUsd;
  // its instances are kept for the next trial, which may never come.
  const kept = compute.keepAliveSeconds ?? 0;
  const affordable = Math.floor(left / price - kept);
  const likely = likelySeconds(request);
  const longest = grant.maxRuntimeSeconds;
  const seconds = Math.min(
    likely === undefined ? longest : Math.max(likely * HEADROOM, SHORTEST_SECONDS),
    affordable,
    longest,
  );
  // what a first trial takes nobody knows: alone it may have all that there is, beside others only what each may take.
  const isAlone = !trials.some(({ state }) => state === 'RUNNING');
  const needed = likely === undefined ? (isAlone ? 0 : longest) : likely * MARGIN;
  if (seconds < Math.max(Math.min(needed, longest), SHORTEST_SECONDS)) {
    return {
      refused:
        `what is left of the ${dollars(maxSpendUsd)} of maxSpendUsd isn't enough for another trial: ` +
        `${dollars(usd ?? 0)} are spent, and running trials may still cost ${dollars(reservedUsd)}`,
      ...(likely !== undefined && { affordableTrials: Math.floor((maxSpendUsd - (usd ?? 0)) / (price * likely)) }),
    };
  }
  const maxRuntimeSeconds = Math.floor(seconds);
  const limited = maxRuntimeSeconds < longest ? { maxRuntimeSeconds, limitedBy: 'maxSpendUsd' as const } : grant;
  return { ...limited, reservedUsd: (limited.maxRuntimeSeconds + kept) * price };
}

/** How long an attempt is likely to take at most, from those before: by the resource where that is known. */
function likelySeconds({ trials, units }: RuntimeRequest): number | undefined {
  let longest: number | undefined;
  let slowest: number | undefined;
  for (const { attempts } of trials) {
    attempts.forEach(({ outcome, startAt, lastReport }, i) => {
      const trained = (lastReport?.resource ?? 0) - (attempts[i - 1]?.lastReport?.resource ?? 0);
      // one that still runs has its time since it was to start, which is more than it trains.
      const since = lastReport && (Date.parse(lastReport.at) - Date.parse(startAt)) / 1000;
      const seconds = outcome?.trainingSeconds ?? outcome?.billableSeconds;
      if (seconds) longest = Math.max(longest ?? 0, seconds);
      const known = seconds ?? since;
      if (known && trained > 0) slowest = Math.max(slowest ?? 0, known / trained);
    });
  }
  return units !== undefined && slowest !== undefined ? slowest * units : longest;
}

/** Why the study can't go on for want of money. */
export function spendingReason(study: StudyRecord, trials: readonly TrialRecord[], at: string): string | undefined {
  const { maxSpendUsd, compute } = study.tuner;
  if (maxSpendUsd === undefined) return undefined;
  const { usd } = spendingOf(study, trials);
  if (usd !== null && usd >= maxSpendUsd) return `the ${dollars(maxSpendUsd)} of maxSpendUsd are spent`;
  // a new trial is the least that can start anew.
  const price = usdPerSecond(compute, instancesOf(compute, {}));
  const units = leastResourceOf(study.tuner.scheduler);
  const grant = grantRuntime({ study, trials, usdPerSecond: price, units, at });
  return 'refused' in grant ? grant.refused : undefined;
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
