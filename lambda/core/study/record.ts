import { AttemptOutcome, NextAnswer, RecordRequest } from '../../../lib/contract/calls';
import { InvalidRequest } from '../errors';
import { AttemptRecord, StudyRecord, TrialRecord, currentAttempt } from '../store/records';
import { StudyStore } from '../store/study-store';
import { instancesOf } from './instances';
import { nextTrial } from './next';
import { lostSightOf, mayHaveLeftJob, withOutcome } from './outcome';
import { requireStudy } from './plan';
import { TrainingJobs } from './settle';
import { spendingOf } from './spending';
import { JobStopper } from './stop-jobs';
import { FreedInstances, NextServices } from './turn';

/** After a start that was throttled all of them pause. */
const THROTTLED_PAUSE_MS = 10_000;

/** A slot tries the instances that its last job gave back so often, so far apart. */
const FREED_TRIES = 3;
const FREED_RETRY_MS = 20_000;

/**
 * Records how the slot's attempt ended, and answers with the slot's next trial. One step instead of two saves five
 * events and a state transition for each trial.
 *
 * @param seen the study, where the caller has just read it
 */
export async function recordTrial(
  request: RecordRequest,
  store: StudyStore,
  services: NextServices,
  seen?: StudyRecord,
): Promise<NextAnswer> {
  const { trial, attempt, at } = request;
  const study = seen ?? (await requireStudy(request.study, store));
  const trials = await store.loadTrials(study);
  const before: TrialRecord | undefined = trials[trial - 1];
  if (before === undefined) {
    throw new InvalidRequest(`study ${JSON.stringify(study.study)} has no trial ${trial}`);
  }
  // else it has been recorded before, or settled by a resume.
  const isCurrent = (record: TrialRecord) =>
    record.state === 'RUNNING' &&
    currentAttempt(record).attempt === attempt &&
    // nobody speaks for another's attempt.
    currentAttempt(record).worker === request.worker;
  let recorded = before;
  if (isCurrent(before)) {
    const outcome = await certainOutcome(request.outcome, currentAttempt(before), at, services.jobs, store);
    recorded = await store.changeTrial(
      study.study,
      trial,
      (record) => (isCurrent(record) ? withOutcome(study, record, outcome, at) : record),
      before,
    );
  }
  const now = trials.map((one) => (one.trial === trial ? recorded : one));
  // of a cluster, room and money are those of its job.
  if (study.tuner.compute.cluster !== undefined) {
    return nextTrial(request, store, services, undefined, { study, trials: now });
  }
  const ended = recorded.attempts.find((candidate) => candidate.attempt === attempt);
  const freed = ended && (await noteRoom(study, ended, at, store));
  await store.putSpending(study.study, { ...spendingOf(study, now), at });
  return nextTrial(request, store, services, freed);
}

/**
 * A task that failed without saying how its job ended may have left it behind: created although the answer was lost, or
 * running on unseen. It must not run on beside the next attempt.
 */
export async function certainOutcome(
  outcome: AttemptOutcome,
  { jobName }: Pick<AttemptRecord, 'jobName'>,
  at: string,
  jobs: TrainingJobs,
  store: StudyStore,
): Promise<AttemptOutcome> {
  if (!mayHaveLeftJob(outcome)) return outcome;
  const job = await jobs.find(jobName, at, outcome.jobName);
  if (job === undefined) return outcome;
  if (!job.running) return job.outcome;
  if (!job.stopping) await new JobStopper(jobs, store, at).stop(job.jobName);
  return lostSightOf(outcome, job.outcome);
}

/**
 * Keeps what the end of the attempt says about the room for others.
 *
 * @returns the instances that it has given back, if it had any
 */
async function noteRoom(
  { tuner: { compute } }: StudyRecord,
  attempt: AttemptRecord,
  at: string,
  store: StudyStore,
): Promise<FreedInstances | undefined> {
  const { failureClass, outcome = {}, freedTries = 0 } = attempt;
  const types = instancesOf(compute, attempt).map(({ instanceType }) => instanceType);
  if (failureClass === 'quota') {
    if (freedTries > 0 && outcome.status === undefined) {
      // instances still count against the quota for a while after their job has ended.
      return { instanceType: types[0], tries: freedTries - 1, from: Date.parse(at) + FREED_RETRY_MS };
    }
    for (const type of types) await store.room.noteNoRoom(type, Date.parse(at));
    return undefined;
  }
  if (failureClass === 'throttled') {
    await store.delayStarts(Date.parse(at) + THROTTLED_PAUSE_MS);
    return undefined;
  }
  if (!hasRun(outcome)) return undefined;
  for (const type of types) await store.room.noteRoom(type, Date.parse(attempt.startAt));
  return { instanceType: types[0], tries: FREED_TRIES, from: 0 };
}

/** A job that came to any end but for want of room has had its instances. */
function hasRun({ status }: AttemptOutcome): boolean {
  return status !== undefined;
}
