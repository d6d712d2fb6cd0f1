import { AttemptOutcome } from '../../../lib/contract/calls';
import { RoundJob, StudyRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { failureClassOf, withDescription } from './outcome';
import { certainOutcome } from './record';
import { TrainingJobs } from './settle';
import { JobStopper } from './stop-jobs';
import { TuningJobs, collectTrials } from './tuning/collect';
import { loseWorkers } from './workers/give-back';
import { heardBy } from './workers/silence';

/** What settling asks of the services that run the attempts. */
export interface SettleDependencies {
  readonly store: StudyStore;
  readonly jobs: TrainingJobs;
  readonly tuningJobs: TuningJobs;
}

/** Keeps the job of a round before it exists, so that it can be found whatever happens. */
export async function putRoundJob(study: StudyRecord, job: RoundJob, store: StudyStore): Promise<RoundJob> {
  const changed = await store.changeStudy(study.study, (record) =>
    record.run !== study.run || jobOfRound(record, job.round) !== undefined
      ? record
      : { ...record, jobs: [...(record.jobs ?? []).filter(mayHaveRun), job] },
  );
  return jobOfRound(changed, job.round) ?? job;
}

/** Jobs that found no room can be hundreds, and an item of the table holds 400 KB. */
function mayHaveRun({ endedAt, outcome }: RoundJob): boolean {
  return endedAt === undefined || outcome?.status !== undefined || outcome?.billableSeconds !== undefined;
}

/** Whether the job of the round ended for want of instances, or for too many requests: another one may do better later. */
export function foundNoRoomFor({ outcome }: RoundJob): boolean {
  const failureClass = outcome && failureClassOf(outcome);
  return failureClass === 'quota' || failureClass === 'throttled';
}

/** Whether a job of this status has ended for good. */
export function isTerminal(status: string | undefined): boolean {
  return status === 'Completed' || status === 'Stopped' || status === 'Failed';
}

export function jobOfRound({ jobs = [] }: StudyRecord, round: number): RoundJob | undefined {
  return jobs.find((job) => job.round === round);
}

/**
 * Where one job runs all trials of a round: the round's job has ended, by what the state machine saw of it. Its trials are
 * settled.
 */
export async function settleRoundJob(
  study: StudyRecord,
  round: number,
  outcome: AttemptOutcome,
  at: string,
  { store, jobs, tuningJobs }: SettleDependencies,
): Promise<void> {
  const { cluster, tuning } = study.tuner.compute;
  const job = jobOfRound(study, round);
  if (job === undefined) return;
  const service = tuning === undefined ? jobs : tuningJobs;
  if (tuning !== undefined) await collectRest(study, at, { store, tuningJobs });
  const certain = withDescription(await certainOutcome(outcome, { jobName: job.name }, at, service, store));
  // first its trials: whoever settles the study later passes over a job whose end is kept.
  if (tuning !== undefined)
    await collectTrials(study, { ...job, outcome: job.outcome ?? certain }, at, { store, tuningJobs });
  const ended = await putOutcome(study, job, certain, at, store);
  // of a job that still ends its workers are still there.
  const notBefore = cluster && ended.outcome?.status === undefined ? heardBy(cluster, at) : undefined;
  if (cluster !== undefined) await loseCluster(study, job, at, store, notBefore);
}

/** The execution has ended, or another one goes on: what its jobs left behind. Jobs that still run are stopped. */
export async function settleRoundJobs(
  study: StudyRecord,
  at: string,
  { store, jobs, tuningJobs }: SettleDependencies,
): Promise<void> {
  const { cluster, tuning } = study.tuner.compute;
  const service = tuning === undefined ? jobs : tuningJobs;
  if (tuning !== undefined) {
    await collectRest(study, at, { store, tuningJobs });
    await seeEnds(study, at, { store, tuningJobs });
  }
  for (const job of (study.jobs ?? []).filter(({ endedAt }) => endedAt === undefined)) {
    const found = await service.find(job.name, at);
    if (found?.running && !found.stopping) await new JobStopper(service, store, at).stop(found.jobName);
    const outcome: AttemptOutcome = found?.outcome ?? {
      error: 'JobNotFound',
      cause: 'the execution ended before the job began',
    };
    // as above, first its trials.
    if (tuning !== undefined) await collectTrials(study, { ...job, outcome }, at, { store, tuningJobs });
    await putOutcome(study, job, outcome, at, store);
  }
  if (cluster === undefined) return;
  const workers = (await store.workers.load(study.study)).filter(({ run }) => run <= study.run);
  const message = 'the execution ended before the trial did';
  await loseWorkers(study, workers, { at, message, notBefore: heardBy(cluster, at) }, store);
}

/** Tuning jobs that were still ending when they were settled: only one that has ended can be begun with. */
async function seeEnds(
  study: StudyRecord,
  at: string,
  { store, tuningJobs }: Pick<SettleDependencies, 'store' | 'tuningJobs'>,
): Promise<void> {
  for (const { round, name, endedAt, outcome } of study.jobs ?? []) {
    if (endedAt === undefined || outcome?.status === undefined || isTerminal(outcome.status)) continue;
    const found = await tuningJobs.find(name, at, outcome.jobName);
    if (found === undefined || !isTerminal(found.outcome.status)) continue;
    await store.changeStudy(study.study, (record) => ({
      ...record,
      jobs: record.jobs?.map((job) => (job.round === round ? { ...job, outcome: found.outcome } : job)),
    }));
  }
}

/** Trials of tuning jobs that were still ending when they were settled. */
async function collectRest(
  study: StudyRecord,
  at: string,
  dependencies: Pick<SettleDependencies, 'store' | 'tuningJobs'>,
): Promise<void> {
  const running = (await dependencies.store.loadTrials(study)).filter(({ state }) => state === 'RUNNING');
  // of a claim `run/round/slot/turn`.
  const rounds = new Set(running.map((trial) => Number(currentAttempt(trial).claim.split('/')[1])));
  for (const job of study.jobs ?? []) {
    if (job.endedAt !== undefined && rounds.has(job.round)) await collectTrials(study, job, at, dependencies);
  }
}

/** Its containers are gone with it. Workers of other machines go on. */
async function loseCluster(
  study: StudyRecord,
  { name }: RoundJob,
  at: string,
  store: StudyStore,
  notBefore: string | undefined,
): Promise<void> {
  const workers = (await store.workers.load(study.study)).filter(({ host }) => host.startsWith(`${name}-`));
  const message = 'the training cluster ended before the trial did';
  await loseWorkers(study, workers, { at, message, notBefore }, store);
}

async function putOutcome(
  { study }: StudyRecord,
  { round }: RoundJob,
  outcome: AttemptOutcome,
  at: string,
  store: StudyStore,
): Promise<RoundJob> {
  const kept = { ...outcome, cause: outcome.cause?.slice(0, 1024) };
  const record = await store.changeStudy(study, (before) => {
    const job = jobOfRound(before, round);
    if (job === undefined || job.endedAt !== undefined) return before;
    const ended = { ...job, endedAt: at, outcome: kept };
    return { ...before, jobs: before.jobs!.map((one) => (one === job ? ended : one)) };
  });
  return jobOfRound(record, round)!;
}
