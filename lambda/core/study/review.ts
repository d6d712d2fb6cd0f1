import { ReviewAnswer, ReviewRequest } from '../../../lib/contract/calls';
import { RoundJob, StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { completionReason } from './completion';
import { HANDED_BACK } from './outcome';
import { requireStudy } from './plan';
import { reopened } from './reopen';
import { SettleDependencies, foundNoRoomFor, jobOfRound, settleRoundJob } from './round-jobs';
import { settleRunningTrials } from './settle';

/** So many rounds in a row in which no trial ended: something is wrong that another round won't mend. */
const MAX_IDLE_ROUNDS = 3;

/** A job of a round that found no room is tried again. */
const FIRST_WAIT_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 1800;
const MOST_TRIES = 900;
const MOST_TUNING_TRIES = 12;

/** After a round: settles what its slots left behind, and decides whether the study goes on. */
export async function reviewRound(request: ReviewRequest, dependencies: SettleDependencies): Promise<ReviewAnswer> {
  const { store } = dependencies;
  const study = await reopened(await requireStudy(request.study, store), request, store);
  if (request.run !== study.run) {
    const reason = 'the study has been resumed by another execution';
    return answerOf(study, { round: request.round, ended: 0, idle: 0, reason }, request.at);
  }
  await settleRunningTrials(study, request.at, dependencies);
  await settleRoundJob(study, request.round, request.outcome ?? {}, request.at, dependencies);
  const trials = await store.loadTrials(study);
  const ended = trials.reduce((sum, trial) => sum + (hasEnded(trial) ? 1 : 0) + pausesOf(trial), 0);

  // a trial may go on over several clusters: then what it has trained is progress.
  const handsBack = study.tuner.compute.cluster !== undefined;
  const trained = trials.reduce((sum, { lastResource = 0 }) => sum + lastResource, 0);

  const { review } = await store.changeStudy(study.study, (record) => {
    if (record.review?.round === request.round) return record;
    const job = jobOfRound(record, request.round);
    const noRoom = job !== undefined && foundNoRoomFor(job) ? (record.review?.noRoom ?? 0) + 1 : 0;
    const before = record.review;
    const isIdle = noRoom === 0 && ended <= (before?.ended ?? 0) && !(handsBack && trained > (before?.trained ?? 0));
    const idle = isIdle ? (record.review?.idle ?? 0) + 1 : 0;
    const reason =
      completionReason(record, trials, request.at) ??
      (noRoom === 0 && !isRedriven(request) ? tuningReason(record, job) : undefined) ??
      (noRoom >= mostTries(record) ? `there was no room in ${noRoom} tries: ${reasonOf(job)}` : undefined) ??
      (idle >= MAX_IDLE_ROUNDS ? idleReason(record, job) : undefined);
    return { ...record, review: { round: request.round, ended, trained, idle, noRoom, reason } };
  });
  return answerOf(study, review!, request.at);
}

function answerOf(
  study: StudyRecord,
  { reason, noRoom = 0 }: NonNullable<StudyRecord['review']>,
  at: string,
): ReviewAnswer {
  const answer = reason === undefined ? { complete: false } : { complete: true, reason };
  const { cluster, tuning } = study.tuner.compute;
  if (cluster === undefined && tuning === undefined) return answer;
  return { ...answer, until: noRoom === 0 ? null : untilAfter(noRoom, at) };
}

/** Later and later, so that a study can wait for days. */
function untilAfter(noRoom: number, at: string): string {
  const seconds = Math.min(FIRST_WAIT_SECONDS * 2 ** (noRoom - 1), LONGEST_WAIT_SECONDS);
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

/** An execution's history ends at 25,000 events. What a tuning job is refused for may be a limit that waiting doesn't change. */
function mostTries({ tuner: { compute } }: StudyRecord): number {
  return compute.tuning === undefined ? MOST_TRIES : MOST_TUNING_TRIES;
}

/** The task of a redriven execution ends at once, since its job was settled when the execution was stopped: another one begins. */
function isRedriven({ outcome }: ReviewRequest): boolean {
  return /the execution was redriven/.test(outcome?.cause ?? '');
}

/** A job of automatic model tuning has an end of its own. */
function tuningReason(study: StudyRecord, job: RoundJob | undefined): string | undefined {
  if (study.tuner.compute.tuning === undefined) return undefined;
  const why = reasonOf(job);
  const status = job?.outcome?.status;
  return `automatic model tuning has ended${status === undefined ? '' : ` (${status})`}${why ? `: ${why}` : ''}`;
}

function reasonOf(job: RoundJob | undefined): string | undefined {
  const { failureReason, error, cause } = job?.outcome ?? {};
  return failureReason ?? (error === undefined ? undefined : `${error}: ${cause ?? 'no cause'}`);
}

/** Attempts that came as far as they were to: trials that pause at each rung make progress without an end. */
function pausesOf({ attempts }: TrialRecord): number {
  return attempts.filter(
    ({ outcome, failureClass, message }) =>
      outcome !== undefined && failureClass === undefined && message !== HANDED_BACK,
  ).length;
}

function idleReason({ searchFailure }: StudyRecord, job: RoundJob | undefined): string {
  const why = reasonOf(job);
  return [
    `no trial ended in ${MAX_IDLE_ROUNDS} rounds in a row`,
    ...(why === undefined ? [] : [`the last training cluster ended by ${why}`]),
    ...(searchFailure === undefined ? [] : [`the last failure of the search was ${searchFailure}`]),
  ].join('; ');
}
