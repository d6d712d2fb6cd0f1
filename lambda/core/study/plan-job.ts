import { ClusterJob, PlanRequest, TuningJob } from '../../../lib/contract/calls';
import { ClusterDefinition, ComputeDefinition } from '../../../lib/contract/tuner-definition';
import { RoundJob, StudyRecord, TrialRecord } from '../store/records';
import { StudyStore } from '../store/study-store';
import { hostsFor, usdPerSecond } from './instances';
import { jobNameStart } from './job-name';
import { isTerminal, jobOfRound, putRoundJob } from './round-jobs';
import { dollars, spendingOf } from './spending';
import { gridProblem } from './tuning/grid';

/** Below this a job does nothing but start; a tuning job takes no less than two minutes. */
const SHORTEST_CLUSTER_SECONDS = 300;
const SHORTEST_TUNING_SECONDS = 120;

/** SageMaker's guide gives a tuning job 30 days; its API takes more. */
const LONGEST_TUNING_SECONDS = 2_592_000;

/** SageMaker takes results of so many tuning jobs. */
const MAX_PARENTS = 5;

interface JobPlan {
  readonly study: StudyRecord;
  readonly trials: readonly TrialRecord[];
  readonly request: PlanRequest;
  /** Slots that there is work for. */
  readonly slots: number;
  readonly store: StudyStore;
}

/** The job that runs the trials of a round; null where there is nothing to run, or no money for it. */
export async function planJob(plan: JobPlan): Promise<ClusterJob | TuningJob | null> {
  const { cluster, tuning } = plan.study.tuner.compute;
  if (plan.slots === 0) return null;
  if (cluster !== undefined) return clusterJob(plan, cluster);
  return tuning === undefined ? null : tuningJob(plan);
}

async function clusterJob(plan: JobPlan, cluster: ClusterDefinition): Promise<ClusterJob | null> {
  const { study, slots, request } = plan;
  const hosts = hostsFor(cluster, slots);
  const job = await granted(plan, {
    instanceCount: hosts,
    trialsPerInstance: Math.min(Math.ceil(slots / hosts), cluster.trialsPerInstance),
    slots: Math.min(slots, hosts * cluster.trialsPerInstance),
    longest: cluster.maxRuntimeSeconds,
    shortest: SHORTEST_CLUSTER_SECONDS,
  });
  if (job === undefined) return null;
  const { maxRuntimeSeconds, instanceCount, trialsPerInstance = cluster.trialsPerInstance } = job;
  const waits = cluster.maxWaitSeconds;
  return {
    name: nameOf(study, request.round),
    redrives: request.redrives ?? 0,
    instanceCount,
    trialsPerInstance,
    slots: job.slots ?? instanceCount * trialsPerInstance,
    maxRuntimeSeconds,
    ...(waits !== undefined && { maxWaitSeconds: maxRuntimeSeconds + waits - cluster.maxRuntimeSeconds }),
  };
}

async function tuningJob(plan: JobPlan): Promise<TuningJob | null> {
  const { study, trials, request, slots } = plan;
  const { compute, objective, maxTrials, maxDurationSeconds, maxSpendUsd } = study.tuner;
  const { config } = compute.tuning!;
  const parallel = Math.min(slots, maxTrials - trials.length);
  // trials of an earlier job that still ends.
  if (parallel < 1) return null;
  const problem = gridProblem(study, trials.length);
  if (problem !== undefined) return ended(plan, problem);
  const job = await granted(plan, {
    instanceCount: parallel * compute.instanceCount,
    longest: LONGEST_TUNING_SECONDS,
    shortest: SHORTEST_TUNING_SECONDS,
  });
  if (job === undefined) return null;
  const isLimited = maxDurationSeconds !== undefined || maxSpendUsd !== undefined;
  // one without a status never began, though its task knew its name; one that still ends is refused.
  const before = (study.jobs ?? []).flatMap(({ round, outcome: { jobName, status } = {} }) =>
    round < request.round && jobName !== undefined && isTerminal(status) ? [jobName] : [],
  );
  // a grid learns nothing from them, and SageMaker takes none with it.
  const parents = config.Strategy === 'Grid' ? [] : [...compute.tuning!.parents, ...before].slice(-MAX_PARENTS);
  return {
    name: tuningNameOf(study, request.round),
    redrives: request.redrives ?? 0,
    config: {
      ...config,
      ResourceLimits: {
        MaxNumberOfTrainingJobs: maxTrials - trials.length,
        MaxParallelTrainingJobs: parallel,
        ...(isLimited && { MaxRuntimeInSeconds: job.maxRuntimeSeconds }),
      },
      // of 31 bits.
      RandomSeed: study.seed % 2 ** 31,
      ...((config.TuningJobCompletionCriteria !== undefined || objective.targetValue !== undefined) && {
        TuningJobCompletionCriteria: {
          ...(config.TuningJobCompletionCriteria as object | undefined),
          ...(objective.targetValue !== undefined && { TargetObjectiveMetricValue: objective.targetValue }),
        },
      }),
    },
    parents: parents.map((name) => ({ HyperParameterTuningJobName: name })),
  };
}

/** The study can run nothing more, and this is why. */
async function ended({ study, request, store }: JobPlan, ending: string): Promise<null> {
  await store.changeStudy(study.study, (record) =>
    record.run === request.run && record.ending === undefined ? { ...record, ending } : record,
  );
  return null;
}

/** Limits the job to the study's time and money that are left, and keeps it with what it may cost. */
async function granted(
  plan: JobPlan,
  {
    longest,
    shortest,
    ...size
  }: Pick<RoundJob, 'instanceCount' | 'trialsPerInstance' | 'slots'> & {
    readonly longest: number;
    readonly shortest: number;
  },
): Promise<RoundJob | undefined> {
  const { study, trials, request, store } = plan;
  // the state machine asks again: its first call got through.
  const before = jobOfRound(study, request.round);
  if (before !== undefined) return before;
  const { maxDurationSeconds = Infinity, maxSpendUsd, compute } = study.tuner;
  const time = maxDurationSeconds - (Date.parse(request.at) - Date.parse(study.startedAt)) / 1000;
  const { instanceCount } = size;
  const price = highestPrice(compute, instanceCount);
  const { usd, reservedUsd } = spendingOf(study, trials);
  const money = maxSpendUsd === undefined || !price ? Infinity : (maxSpendUsd - (usd ?? 0) - reservedUsd) / price;
  if (money < shortest) {
    const reason =
      `what is left of the ${dollars(maxSpendUsd!)} of maxSpendUsd isn't enough for ${instanceCount} instances: ` +
      `${dollars(usd ?? 0)} are spent`;
    await ended(plan, reason);
    return undefined;
  }
  const maxRuntimeSeconds = Math.floor(Math.min(Math.max(Math.ceil(time), shortest), money, longest));
  const job = {
    round: request.round,
    name: compute.tuning === undefined ? nameOf(study, request.round) : tuningNameOf(study, request.round),
    ...size,
    maxRuntimeSeconds,
    plannedAt: request.at,
    ...(maxSpendUsd !== undefined && price && { reservedUsd: maxRuntimeSeconds * price }),
  };
  return putRoundJob(study, job, store);
}

/** Of the types that a job may run on; 0 where none has a price. */
function highestPrice(compute: ComputeDefinition, instanceCount: number): number {
  return Math.max(
    ...compute.instanceTypes.map((instanceType) => usdPerSecond(compute, [{ instanceType, instanceCount }]) ?? 0),
  );
}

function nameOf(study: StudyRecord, round: number): string {
  return `${jobNameStart(study)}-r${round}`;
}

/** SageMaker gives names of at most 32 characters to tuning jobs, and the state machine adds its counts. */
function tuningNameOf({ id, tuner }: StudyRecord, round: number): string {
  return `${tuner.compute.jobNamePrefix}-${id.replaceAll('-', '').slice(0, 6)}-${round}`;
}
