import { FaultInjector } from '../faults';
import { TaskFailure } from '../sagemaker/training-job-task';
import { ServiceError } from '../service';
import { waitOrAbort } from '../wait-or-abort';
import type { BatchService, SubmitJobAnswer } from './batch-service';
import { toCamelCase, toPascalCase } from './pascal-case';

export interface SubmitJobTaskOptions {
  /** Called with SubmitJob's answer once the job exists. */
  readonly submitted?: (answer: unknown) => void;
  /** Aborted when the task ends before its job does; the job is then terminated. */
  readonly signal?: AbortSignal;
  /** What goes wrong between the job and its task. @default - nothing */
  readonly faults?: FaultInjector;
}

/** Of a Cause that is cut off: too short for its JSON to end. */
const CUT_CAUSE_CHARACTERS = 200;

/** Step Functions names only the declared errors of an operation; all others have the service's general name. */
const TASK_ERRORS: Readonly<Record<string, string>> = {
  ClientException: 'Batch.ClientException',
  ServerException: 'Batch.ServerException',
};
const GENERAL_ERROR = 'Batch.AWSBatchException';

/** What Step Functions itself tells the container of a job that it waits for. */
const MANAGED = { name: 'MANAGED_BY_AWS', value: 'STARTED_BY_STEP_FUNCTIONS' };

/** The task `arn:aws:states:::batch:submitJob.sync`: submits the job and waits for its end. */
export async function runSubmitJobTask(
  service: BatchService,
  input: Record<string, unknown>,
  options: SubmitJobTaskOptions = {},
): Promise<unknown> {
  const { submitted, signal, faults = new FaultInjector() } = options;
  if (signal?.aborted) throw signal.reason;
  const answer = submit(service, input);
  submitted?.(toPascalCase(answer));
  const detail = await waitOrAbort(service.waitForEnd(answer.jobId), signal, () =>
    service.terminate(answer.jobId, 'Step Functions ended the task that waits for this job.'),
  );
  const job = { job: answer.jobName };
  const late = faults.next('task-ended', job)?.lastsSeconds;
  if (late !== undefined) await service.clock.sleep(late * 1000, signal);
  const output = toPascalCase(detail);
  if (detail.status === 'SUCCEEDED') return output;
  const cause = JSON.stringify(output);
  const isCut = faults.next('task-failed', job) !== undefined;
  throw new TaskFailure('States.TaskFailed', isCut ? cause.slice(0, CUT_CAUSE_CHARACTERS) : cause);
}

function submit(service: BatchService, input: Record<string, unknown>): SubmitJobAnswer {
  try {
    return service.submitJob(managed(toCamelCase(input) as Record<string, unknown>));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const cause = `${error.message} (Service: AWSBatch; Status Code: ${error.statusCode}; Error Code: ${error.code})`;
    throw new TaskFailure(TASK_ERRORS[error.code] ?? GENERAL_ERROR, cause);
  }
}

function managed(request: Record<string, unknown>): Record<string, unknown> {
  const overrides = (request.containerOverrides ?? {}) as Record<string, unknown>;
  const environment = overrides.environment ?? [];
  // what is no list is refused with the rest of the request.
  if (!Array.isArray(environment)) return request;
  return { ...request, containerOverrides: { ...overrides, environment: [...(environment as unknown[]), MANAGED] } };
}
