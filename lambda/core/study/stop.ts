import { StopRequest } from '../../../lib/contract/calls';
import { SettleDependencies, settleRoundJobs } from './round-jobs';
import { settleRunningTrials } from './settle';

/**
 * An execution has ended without finishing its study: it was stopped, ran out of time, or failed. Step Functions stops its
 * training jobs as well as it can; here those that it left are found and stopped, and the trials wait for a resume.
 *
 * A study that another execution has taken over, or that has come to its end, is left alone.
 */
export async function stopStudy(
  { study: name, execution, at }: StopRequest,
  dependencies: SettleDependencies,
): Promise<void> {
  const { store } = dependencies;
  const study = await store.getStudy(name);
  if (study === undefined || study.execution !== execution) return;
  // a stop that failed on its way is called again, and goes on.
  if (study.status !== 'RUNNING' && (study.status !== 'STOPPED' || study.endedAt !== undefined)) return;
  const stopped = await store.changeStudy(name, (record) =>
    record.execution === execution && record.status === 'RUNNING' ? { ...record, status: 'STOPPED' } : record,
  );
  if (stopped.execution !== execution || stopped.status !== 'STOPPED') return;
  await settleRunningTrials(study, at, dependencies);
  await settleRoundJobs(study, at, dependencies);
  await store.changeStudy(name, (record) =>
    record.execution === execution && record.status === 'STOPPED' ? { ...record, endedAt: at } : record,
  );
}
