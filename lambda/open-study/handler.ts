import { OpenAnswer, OpenRequest } from '../../lib/contract/calls';
import { OPEN_REQUEST_SCHEMA } from '../../lib/contract/schemas';
import { StepFunctionsExecutions } from '../core/aws/executions';
import { SageMakerQuotas } from '../core/aws/service-quotas';
import { runnerJobs } from '../core/aws/runner-jobs';
import { SageMakerTuningJobs } from '../core/aws/tuning-jobs';
import { parseRequest, studyStore } from '../core/step';
import { openStudy } from '../core/study/open';

const executions = new StepFunctionsExecutions();
const jobs = runnerJobs();
const tuningJobs = new SageMakerTuningJobs();
const quotas = new SageMakerQuotas();

export async function handler(event: unknown): Promise<OpenAnswer> {
  const request = parseRequest<OpenRequest>('Open study', OPEN_REQUEST_SCHEMA, event);
  return openStudy(request, { store: studyStore(), executions, jobs, tuningJobs, quotas });
}
