import { WorkerAnswer } from '../../lib/contract/worker-calls';
import { nextServices } from '../core/aws/next-services';
import { studyStore } from '../core/step';
import { answerWorker } from '../core/study/workers/worker-calls';

const services = nextServices();

/** Called by workers of training clusters and of other machines. */
export async function handler(event: unknown): Promise<WorkerAnswer> {
  return answerWorker(event, new Date().toISOString(), studyStore(), services);
}
