import { ReviewAnswer, ReviewRequest } from '../../../lib/contract/calls';
import { StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { completionReason } from './completion';
import { requireStudy } from './plan';
import { reopened } from './reopen';
import { SettleDependencies, jobOfRound, settleRoundJob } from './round-jobs';
import { settleRunningTrials } from './settle';

/** So many rounds in a row in which no trial ended: something is wrong that another round won't mend. */
const MAX_IDLE_ROUNDS = 3;

/** After a round: settles what its slots left behind, and decides whether the study goes on. */
export async function reviewRound(request: ReviewRequest, dependencies: SettleDependencies): Promise<ReviewAnswer> {
  const { store } = dependencies;
  const study = await reopened(await requireStudy(request.study, store), request, store);
  if (request.run !== study.run) {
    return { complete: true, reason: 'the study has been resumed by another execution' };
  }
  await settleRunningTrials(study, request.at, dependencies);
  await settleRoundJob(study, request.round, request.outcome ?? {}, request.at, dependencies);
  const trials = await store.loadTrials(study);
  const ended = trials.reduce((sum, trial) => sum + (hasEnded(trial) ? 1 : 0) + pausesOf(trial), 0);

  const { review } = await store.changeStudy(study.study, (record) => {
    if (record.review?.round === request.round) return record;
    const idle = ended > (record.review?.ended ?? 0) ? 0 : (record.review?.idle ?? 0) + 1;
    const reason =
      completionReason(study, trials, request.at) ??
      tuningReason(record, request.round) ??
      (idle >= MAX_IDLE_ROUNDS ? idleReason(record) : undefined);
    return { ...record, review: { round: request.round, ended, idle, reason } };
  });
  const reason = review!.reason;
  return reason === undefined ? { complete: false } : { complete: true, reason };
}

/** A job of automatic model tuning has an end of its own. */
function tuningReason(study: StudyRecord, round: number): string | undefined {
  if (study.tuner.compute.tuning === undefined) return undefined;
  const { status, failureReason, error, cause } = jobOfRound(study, round)?.outcome ?? {};
  const why = failureReason ?? (error === undefined ? undefined : `${error}: ${cause ?? 'no cause'}`);
  return `automatic model tuning has ended${status === undefined ? '' : ` (${status})`}${why ? `: ${why}` : ''}`;
}

/** Attempts that came as far as they were to: trials that pause at each rung make progress without an end. */
function pausesOf({ attempts }: TrialRecord): number {
  return attempts.filter(({ outcome, failureClass }) => outcome !== undefined && failureClass === undefined).length;
}

function idleReason({ searchFailure }: StudyRecord): string {
  const reason = `no trial ended in ${MAX_IDLE_ROUNDS} rounds in a row`;
  return searchFailure === undefined ? reason : `${reason}; the last failure of the search was ${searchFailure}`;
}
