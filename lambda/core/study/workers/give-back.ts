import { StudyRecord, TrialRecord, currentAttempt } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { requeued, withOutcome } from '../outcome';

/**
 * Takes the trials of workers that no longer count: others go on with them, from their checkpoints.
 *
 * @param notBefore where a worker may still be there: until then it has heard that it doesn't count
 */
export async function giveBackTrials(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  workers: ReadonlySet<number>,
  { at, message, notBefore }: { readonly at: string; readonly message: string; readonly notBefore?: string },
  store: StudyStore,
): Promise<void> {
  for (const trial of trials) {
    const { attempt, worker } = currentAttempt(trial);
    if (trial.state !== 'RUNNING' || worker === undefined || !workers.has(worker)) continue;
    await store.changeTrial(
      study.study,
      trial.trial,
      (record) => {
        if (record.state !== 'RUNNING' || currentAttempt(record).attempt !== attempt) return record;
        // its fate is sealed, whether or not its worker has noticed.
        if (record.decision !== undefined) return withOutcome(study, record, { status: 'Stopped' }, at);
        return requeued(record, at, message, undefined, notBefore);
      },
      trial,
    );
  }
}

/** Marks workers as gone, and gives their trials back. First the mark: none of them gets another trial. */
export async function loseWorkers(
  study: StudyRecord,
  workers: readonly WorkerRecord[],
  details: { readonly at: string; readonly message: string; readonly notBefore?: string },
  store: StudyStore,
): Promise<void> {
  const lost = workers.filter(({ gone }) => gone === undefined);
  if (lost.length === 0) return;
  for (const worker of lost) {
    await store.workers.change(study.study, worker, (record) =>
      record.gone === undefined ? { ...record, gone: details.message } : record,
    );
  }
  const numbers = new Set(lost.map(({ worker }) => worker));
  await giveBackTrials(study, await store.loadTrials(study), numbers, details, store);
}
