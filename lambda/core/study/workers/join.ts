import { EndedAnswer, JoinAnswer, JoinRequest } from '../../../../lib/contract/worker-calls';
import { InvalidRequest, TooMuchContention } from '../../errors';
import { StudyRecord } from '../../store/records';
import { MAX_TRIES } from '../../store/put-item';
import { StudyStore } from '../../store/study-store';
import { loseWorkers } from './give-back';
import { fenceSecondsOf, isFenced } from './silence';
import { overReason } from './over';

/** Takes a worker into the study, in the place of an earlier one of its machine. */
export async function joinStudy(
  request: JoinRequest,
  study: StudyRecord,
  at: string,
  store: StudyStore,
): Promise<JoinAnswer | EndedAnswer> {
  const { cluster } = study.tuner.compute;
  if (cluster === undefined) {
    throw new InvalidRequest(
      `study ${JSON.stringify(study.study)} takes no workers: the tuner's trialRunner must be TrialRunner.trainingCluster`,
    );
  }
  const over = overReason(study, await store.loadTrials(study), at);
  if (over !== undefined) return { ended: true, reason: over };
  const worker = await numberOf(request, study, at, store);
  return {
    worker,
    heartbeatSeconds: cluster.heartbeatSeconds,
    fenceSeconds: fenceSecondsOf(cluster),
    ...cluster.program,
  };
}

async function numberOf({ host, nonce, slots }: JoinRequest, study: StudyRecord, at: string, store: StudyStore) {
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const workers = await store.workers.load(study.study);
    const same = workers.filter((worker) => worker.host === host);
    const before = same.find(
      (worker) => worker.nonce === nonce && worker.run === study.run && worker.gone === undefined,
    );
    // the same process asks again: its first call got through.
    if (before !== undefined) return before.worker;
    // two processes can't have one machine's name: the earlier one has crashed or was restarted, or it joins anew. After a long
    // silence what it ran may have kept it from its heartbeats.
    const { cluster } = study.tuner.compute;
    const isUnexplained = same.some((worker) => worker.gone === undefined && isFenced(worker, cluster!, at));
    await loseWorkers(study, same, { at, message: 'its worker was restarted', isUnexplained }, store);
    const worker = workers.length + 1;
    const record = { worker, run: study.run, host, nonce, slots, seenAt: at, version: 1 };
    if (await store.workers.create(study.study, record)) return worker;
  }
  throw new TooMuchContention(`worker ${host} found no number in study ${study.study}`);
}
