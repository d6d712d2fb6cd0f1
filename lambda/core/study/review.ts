import { ReviewAnswer, ReviewRequest } from '../../../lib/contract/calls';
import { StudyRecord, TrialRecord, hasEnded } from '../store/records';
import { StudyStore } from '../store/study-store';
import { completionReason } from './completion';
import { requireStudy } from './plan';
import { TrainingJobs, settleRunningTrials } from './settle';

/** So many rounds in a row in which no trial ended: something is wrong that another round won't mend. */
const MAX_IDLE_ROUNDS = 3;

/** After a round: settles what its slots left behind, and decides whether the study goes on. */
export async function reviewRound(
  request: ReviewRequest,
  dependencies: { store: StudyStore; jobs: TrainingJobs },
): Promise<ReviewAnswer> {
  const { store } = dependencies;
  const study = await requireStudy(request.study, store);
  if (request.run !== study.run) {
    return { complete: true, reason: 'the study has been resumed by another execution' };
  }
  await settleRunningTrials(study, request.at, dependencies);
  const trials = await store.loadTrials(study);
  const ended = trials.reduce((sum, trial) => sum + (hasEnded(trial) ? 1 : 0) + pausesOf(trial), 0);

  const { review } = await store.changeStudy(study.study, (record) => {
    if (record.review?.round === request.round) return record;
    const idle = ended > (record.review?.ended ?? 0) ? 0 : (record.review?.idle ?? 0) + 1;
    const reason =
      completionReason(study, trials, request.at) ?? (idle >= MAX_IDLE_ROUNDS ? idleReason(record) : undefined);
    return { ...record, review: { round: request.round, ended, idle, reason } };
  });
  const reason = review!.reason;
  return reason === undefined ? { complete: false } : { complete: true, reason };
}

/** Attempts that came as far as they were to: trials that pause at each rung make progress without an end. */
function pausesOf({ attempts }: TrialRecord): number {
  return attempts.filter(({ outcome, failureClass }) => outcome !== undefined && failureClass === undefined).length;
}

function idleReason({ searchFailure }: StudyRecord): string {
  const reason = `no trial ended in ${MAX_IDLE_ROUNDS} rounds in a row`;
  return searchFailure === undefined ? reason : `${reason}; the last failure of the search was ${searchFailure}`;
}
