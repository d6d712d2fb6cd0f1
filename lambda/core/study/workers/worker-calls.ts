import { WORKER_REQUEST_SCHEMAS } from '../../../../lib/contract/schemas';
import { WorkerAnswer, WorkerRequest } from '../../../../lib/contract/worker-calls';
import { InvalidRequest, WorkerUnknown } from '../../errors';
import { StudyRecord } from '../../store/records';
import { StudyStore } from '../../store/study-store';
import { WorkerRecord } from '../../store/worker-store';
import { schemaProblems } from '../../validation';
import { existing, requireStudy } from '../plan';
import { NextServices } from '../turn';
import { heartbeat } from './heartbeat';
import { joinStudy } from './join';
import { prepareSuggestions } from './prepare';
import { nextOfWorker, recordOfWorker } from './slot-calls';

/**
 * Answers one call of a worker. What comes is checked here, since workers run anywhere.
 *
 * @throws InvalidRequest, StudyNotFound: trying again is in vain
 * @throws WorkerUnknown: the worker ends its trials and joins again
 */
export async function answerWorker(
  event: unknown,
  at: string,
  store: StudyStore,
  services: NextServices,
): Promise<WorkerAnswer> {
  const request = parsed(event);
  if (request.call === 'join') return joinStudy(request, await requireStudy(request.study, store), at, store);

  const found = await store.getStudyAndWorker(request.study, request.worker);
  const study = existing(found.study, request.study);
  const worker = requireWorker(found.worker, request.worker, study);
  if (request.call === 'heartbeat') return heartbeat(request, worker, study, at, store);
  if (request.call === 'prepare') return prepareSuggestions(study, at, store, services.functions);
  if (request.slot >= worker.slots) {
    throw new InvalidRequest(
      `slot must be below the ${worker.slots} slots that the worker joined with, got ${request.slot}`,
    );
  }
  const answer =
    request.call === 'next'
      ? await nextOfWorker(request, worker, study, at, store, services)
      : await recordOfWorker(request, worker, study, at, store, services);
  // given up meanwhile: the trial is given back by whoever looks after lost workers next.
  if (answer.action === 'train') {
    requireWorker(await store.workers.get(study.study, request.worker), request.worker, study);
  }
  return answer;
}

function parsed(event: unknown): WorkerRequest {
  const call = (event as { call?: unknown } | null)?.call;
  const calls = Object.keys(WORKER_REQUEST_SCHEMAS);
  if (typeof call !== 'string' || !Object.hasOwn(WORKER_REQUEST_SCHEMAS, call)) {
    throw new InvalidRequest(
      `call must be one of ${calls.join(', ')}, got ${String(JSON.stringify(call)).slice(0, 120)}`,
    );
  }
  const problems = schemaProblems(`the ${call} of a worker`, WORKER_REQUEST_SCHEMAS[call], event);
  if (problems.length > 0) throw new InvalidRequest(problems.join('; '));
  return event as WorkerRequest;
}

function requireWorker(worker: WorkerRecord | undefined, number: number, study: StudyRecord): WorkerRecord {
  if (worker === undefined) throw new WorkerUnknown(`study ${study.study} has no worker ${number}: join first`);
  if (worker.gone !== undefined)
    throw new WorkerUnknown(`worker ${number} no longer counts: ${worker.gone}; join again`);
  if (worker.run !== study.run) {
    throw new WorkerUnknown(`study ${study.study} has been resumed by another execution; join again`);
  }
  return worker;
}
