import { AttemptRecord, RoundJob, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { countOf, instancesOf, usdPerSecond } from './instances';
import { warmPoolSeconds } from './warm-pools';

/** What a study's training jobs have cost so far, and may still cost. */
export interface Spending {
  readonly instanceSeconds: number;
  /** Of attempts that have ended; null where a price isn't known. */
  readonly usd: number | null;
  /** At most, for attempts that run; with a spending cap only. */
  readonly reservedUsd: number;
}

export function spendingOf(study: StudyRecord, trials: readonly TrialRecord[]): Spending {
  const { compute } = study.tuner;
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
  let reservedUsd = 0;
  for (const { instanceCount, outcome, endedAt, reservedUsd: reserved = 0 } of clusterJobs(study)) {
    if (endedAt === undefined) reservedUsd += reserved;
    const seconds = outcome?.billableSeconds ?? 0;
    const price = usdPerSecond(compute, [{ instanceType: compute.instanceTypes[0], instanceCount }]);
    instanceSeconds += seconds * instanceCount;
    usd = usd === null || price === undefined ? null : usd + seconds * price;
  }
  const running = trials.filter(({ state }) => state === 'RUNNING').map(currentAttempt);
  return {
    instanceSeconds,
    usd,
    reservedUsd: running.reduce((sum, attempt) => sum + (attempt.reservedUsd ?? 0), reservedUsd),
  };
}

/** What trials of a cluster cost is its jobs' to say; those of automatic model tuning have jobs of their own. */
function clusterJobs({ jobs = [], tuner: { compute } }: StudyRecord): readonly RoundJob[] {
  return compute.cluster === undefined ? [] : jobs;
}

/** Why an attempt can't have the money that it needs now. */
export interface NoMoney {
  readonly refused: string;
}

/** What an attempt may take: the longest runtime, and why it isn't the tuner's. */
export interface RuntimeGrant extends Pick<AttemptRecord, 'limitedBy' | 'reservedUsd' | 'maxWaitSeconds'> {
  readonly maxRuntimeSeconds: number;
}

export interface RuntimeRequest {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  /** Of all its instances. */
  readonly usdPerSecond: number | undefined;
  /** So much of the resource it has to train; undefined where that isn't known. */
  readonly units?: number;
  /** What has been granted to attempts that aren't among the trials yet. */
  readonly pendingUsd?: number;
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
  const { maxDurationSeconds, compute } = study.tuner;
  const { maxRuntimeSeconds: longest, maxWaitSeconds } = compute;
  const left =
    maxDurationSeconds === undefined
      ? Infinity
      : Math.max(
          Math.ceil(maxDurationSeconds - (Date.parse(at) - Date.parse(study.startedAt)) / 1000),
          SHORTEST_SECONDS,
        );
  const inTime: RuntimeGrant =
    left < longest ? { maxRuntimeSeconds: left, limitedBy: 'maxDuration' } : { maxRuntimeSeconds: longest };
  const grant = grantMoney(request, inTime);
  if ('refused' in grant || maxWaitSeconds === undefined) return grant;
  // nor does it wait beyond the study's end.
  return { ...grant, maxWaitSeconds: grant.maxRuntimeSeconds + Math.min(maxWaitSeconds - longest, left) };
}

function grantMoney(request: RuntimeRequest, grant: RuntimeGrant): RuntimeGrant | NoMoney {
  const { study, trials, usdPerSecond: price, pendingUsd = 0 } = request;
  const { maxSpendUsd, compute, maxParallelTrials } = study.tuner;
  if (maxSpendUsd === undefined || price === undefined || price === 0) return grant;

  const { usd, reservedUsd } = spendingOf(study, trials);
  const left = maxSpendUsd - (usd ?? 0) - reservedUsd - pendingUsd;
  // its instances are kept for the next trial, which may never come.
  const kept = compute.keepAliveSeconds ?? 0;
  const affordable = Math.floor(left / price - kept);
  const longest = grant.maxRuntimeSeconds;
  const running = trials.filter(({ state }) => state === 'RUNNING').length;
  const likely = likelySeconds(request);
  // where money is plenty nobody is cut short; where it is scarce, each has twice what is likely.
  const share = affordable / Math.max(maxParallelTrials - running, 1);
  const wanted = likely === undefined ? longest : Math.max(likely * HEADROOM, share);
  const seconds = Math.floor(Math.min(Math.max(wanted, SHORTEST_SECONDS), affordable, longest));
  // what a first trial takes nobody knows: alone it may have all that there is, beside others only what each may take.
  const unknown = running === 0 ? 0 : longest;
  const needed = Math.min(likely === undefined ? unknown : likely * MARGIN, longest);
  if (seconds < Math.max(needed, Math.min(SHORTEST_SECONDS, longest))) {
    return {
      refused:
        `what is left of the ${dollars(maxSpendUsd)} of maxSpendUsd isn't enough for another trial: ` +
        `${dollars(usd ?? 0)} are spent, and running trials may still cost ${dollars(reservedUsd + pendingUsd)}`,
    };
  }
  const limited = seconds < longest ? { maxRuntimeSeconds: seconds, limitedBy: 'maxSpendUsd' as const } : grant;
  return { ...limited, reservedUsd: (limited.maxRuntimeSeconds + kept) * price };
}

/**
 * How long an attempt is likely to take at most, from those before that came to a good end: by the resource where that is
 * known, with what starting takes.
 */
function likelySeconds({ trials, units }: RuntimeRequest): number | undefined {
  const all = trials.flatMap(({ attempts }) =>
    attempts.map((attempt, i) => ({ attempt, from: attempts[i - 1]?.lastReport?.resource ?? 0 })),
  );
  const seconds = ({ outcome, failureClass }: AttemptRecord) =>
    failureClass === undefined ? (outcome?.trainingSeconds ?? outcome?.billableSeconds ?? 0) : 0;
  const longest = Math.max(0, ...all.map(({ attempt }) => seconds(attempt)));
  const pace = Math.max(0, ...all.map(({ attempt }) => secondsPerUnit(attempt)));
  const known = longest > 0 ? longest : undefined;
  if (units === undefined || pace === 0) return known;
  const overheads = all.map(({ attempt, from }) => overheadOf(attempt, from, pace, seconds(attempt)));
  return pace * units + Math.max(0, ...overheads);
}

/** Between the first report and the last; 0 where there is one only. */
export function secondsPerUnit({ firstReport, lastReport }: AttemptRecord): number {
  if (firstReport === undefined || lastReport === undefined) return 0;
  const trained = lastReport.resource - firstReport.resource;
  return trained > 0 ? (Date.parse(lastReport.at) - Date.parse(firstReport.at)) / 1000 / trained : 0;
}

/** What an attempt took beside its training; of one that still runs, until its first report. */
function overheadOf({ startAt, firstReport, lastReport }: AttemptRecord, from: number, pace: number, total: number) {
  if (firstReport === undefined || lastReport === undefined) return 0;
  if (total > 0) return total - pace * Math.max(lastReport.resource - from, 0);
  const untilFirst = (Date.parse(firstReport.at) - Date.parse(startAt)) / 1000;
  return untilFirst - pace * Math.max(firstReport.resource - from, 0);
}

/** Why the study has to end for what it has spent. */
export function moneySpent(study: StudyRecord, trials: readonly TrialRecord[]): string | undefined {
  const { maxSpendUsd } = study.tuner;
  if (maxSpendUsd === undefined) return undefined;
  const { usd } = spendingOf(study, trials);
  return usd !== null && usd >= maxSpendUsd ? `the ${dollars(maxSpendUsd)} of maxSpendUsd are spent` : undefined;
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
