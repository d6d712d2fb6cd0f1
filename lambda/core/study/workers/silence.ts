import { ClusterDefinition } from '../../../../lib/contract/tuner-definition';
import { StudyRecord } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { loseWorkers } from './give-back';

/** In heartbeats: after so many that were missed a worker ends its trials, and after more the study gives them to others. */
const FENCE_HEARTBEATS = 4;
const LOST_HEARTBEATS = 6;

/** So long a worker may not reach the study before it ends its trials by itself. */
export function fenceSecondsOf({ heartbeatSeconds }: ClusterDefinition): number {
  return heartbeatSeconds * FENCE_HEARTBEATS;
}

/** Whether by now it has ended its trials by itself, for it has reached nobody for so long. */
export function isFenced(worker: WorkerRecord, cluster: ClusterDefinition, at: string): boolean {
  return silentSeconds(worker, at) >= fenceSecondsOf(cluster);
}

/** Until then a worker that still runs has heard that it doesn't count any more, or has ended its trials. */
export function heardBy(cluster: ClusterDefinition, at: string): string {
  return new Date(Date.parse(at) + fenceSecondsOf(cluster) * 1000).toISOString();
}

export function isSilent(worker: WorkerRecord, { heartbeatSeconds }: ClusterDefinition, at: string): boolean {
  return silentSeconds(worker, at) > heartbeatSeconds * LOST_HEARTBEATS;
}

function silentSeconds({ seenAt }: WorkerRecord, at: string): number {
  return (Date.parse(at) - Date.parse(seenAt)) / 1000;
}

/** Finds the workers that have gone without a word: they have ended their trials by now. */
export async function loseSilentWorkers(study: StudyRecord, at: string, store: StudyStore): Promise<void> {
  const { cluster } = study.tuner.compute;
  const silent = (await store.workers.load(study.study)).filter(
    (worker) => worker.gone !== undefined || isSilent(worker, cluster!, at),
  );
  await loseWorkers(study, silent, { at, message: 'its worker was lost', isUnexplained: true }, store);
}
