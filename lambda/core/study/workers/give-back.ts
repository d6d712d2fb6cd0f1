import { StudyRecord, TrialRecord, currentAttempt } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { requeued, withOutcome } from '../outcome';
import { MOST_LOSSES, lossesSinceProgress } from './losses';

interface Loss {
  readonly at: string;
  readonly message: string;
  /** They have gone without a word, each for itself: what they ran may be the reason, where spare capacity isn't. */
  readonly isUnexplained?: boolean;
  /** Where a worker may still be there: until then it has heard that it doesn't count. */
  readonly notBefore?: string;
}

/**
 * Marks workers as gone, and gives their trials back. First the mark: none of them gets another trial. Those that have been
 * marked before are looked after as well: whoever marked them may have crashed, and a trial may have been on its way to them.
 */
export async function loseWorkers(
  study: StudyRecord,
  workers: readonly WorkerRecord[],
  { at, message, isUnexplained, notBefore }: Loss,
  store: StudyStore,
): Promise<void> {
  if (workers.length === 0) return;
  const lost = new Map<number, WorkerRecord>();
  for (const worker of workers) {
    const marked = await store.workers.change(study.study, worker, (record) =>
      record.gone === undefined
        ? {
            ...record,
            gone: message,
            ...(isUnexplained && !study.tuner.compute.spot && { isUnexplained }),
            ...(notBefore !== undefined && { trialsNotBefore: notBefore }),
          }
        : record,
    );
    lost.set(worker.worker, marked);
  }
  await giveBackTrials(study, lost, at, store);
}

/** Takes the trials of workers that no longer count: others go on with them, from their checkpoints. */
async function giveBackTrials(
  study: StudyRecord,
  workers: ReadonlyMap<number, WorkerRecord>,
  at: string,
  store: StudyStore,
): Promise<void> {
  for (const trial of await store.loadTrials(study)) {
    const { attempt, worker } = currentAttempt(trial);
    const lost = trial.state === 'RUNNING' && worker !== undefined ? workers.get(worker) : undefined;
    if (lost === undefined) continue;
    await store.changeTrial(
      study.study,
      trial.trial,
      (record) =>
        record.state === 'RUNNING' && currentAttempt(record).attempt === attempt
          ? withoutWorker(study, record, lost, at)
          : record,
      trial,
    );
  }
}

function withoutWorker(
  study: StudyRecord,
  trial: TrialRecord,
  { gone, isUnexplained, trialsNotBefore }: WorkerRecord,
  at: string,
): TrialRecord {
  // its fate is sealed, whether or not its worker has noticed. One that pauses may go on only when its worker has.
  const isSealed = trial.decision === 'stop' || (trial.decision !== undefined && trialsNotBefore === undefined);
  if (isSealed) return withOutcome(study, trial, { status: 'Stopped' }, at);
  const queued = requeued(trial, at, gone!, undefined, trialsNotBefore);
  if (!isUnexplained) return queued;
  const attempts = [...queued.attempts.slice(0, -1), { ...currentAttempt(queued), workerLost: true }];
  if (lossesSinceProgress(attempts) < MOST_LOSSES) return { ...queued, attempts };
  const message =
    `${MOST_LOSSES} workers were lost while they ran it, and it got no further: it may take its machine down, for want of ` +
    'memory for one';
  return { ...queued, attempts, state: 'FAILED', failureClass: 'infrastructure', message, endedAt: at };
}
