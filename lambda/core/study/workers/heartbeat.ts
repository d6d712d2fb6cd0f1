import { HeartbeatAnswer, HeartbeatRequest } from '../../../../lib/contract/worker-calls';
import { StudyRecord, TrialRecord, currentAttempt } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { endReason } from '../completion';
import { IGNORED_DECISIONS } from '../report';
import { overReason } from './over';
import { loseSilentWorkers } from './silence';

/** Takes a worker's sign of life, and says which of its trials are to end. Looks after the other workers as well. */
export async function heartbeat(
  { running }: HeartbeatRequest,
  worker: WorkerRecord,
  study: StudyRecord,
  at: string,
  store: StudyStore,
): Promise<HeartbeatAnswer> {
  await store.workers.change(study.study, worker, (record) =>
    record.gone === undefined ? { ...record, seenAt: at } : record,
  );
  await loseSilentWorkers(study, at, store);
  const trials = await store.loadTrials(study);
  const over = overReason(study, trials, at);
  // before the study is over, it may have come to an end that its trials must obey.
  const ending = study.status === 'RUNNING' ? endReason(study, trials, at) : over;
  const stop = running.flatMap(({ trial, attempt }) => {
    const known: TrialRecord | undefined = trials[trial - 1];
    if (!isOf(worker, known, attempt)) {
      return [{ trial, attempt, reason: 'the study no longer counts on this attempt', superseded: true }];
    }
    const reason = stopReason(known, study, ending);
    return reason === undefined ? [] : [{ trial, attempt, reason }];
  });
  return { stop, ended: over !== undefined, reason: over ?? null };
}

/** Whether the worker runs the trial's current attempt, as the study sees it. */
function isOf({ worker }: WorkerRecord, trial: TrialRecord | undefined, attempt: number): boolean {
  if (trial?.state !== 'RUNNING') return false;
  const current = currentAttempt(trial);
  return current.attempt === attempt && current.worker === worker;
}

/** Why an attempt that a worker runs is to end, though nobody has told its program so, or it doesn't listen. */
function stopReason(trial: TrialRecord, { status }: StudyRecord, ending: string | undefined): string | undefined {
  if (status !== 'RUNNING') return ending;
  if ((trial.reportsSinceDecision ?? 0) >= IGNORED_DECISIONS) return trial.decisionReason ?? 'it was told to stop';
  // a program that reports hears it in the answer to its next report.
  return currentAttempt(trial).firstReport === undefined ? ending : undefined;
}
