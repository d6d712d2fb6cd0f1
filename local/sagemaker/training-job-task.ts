import { FaultInjector } from '../faults';
import { ServiceError } from '../service';
import type { DescribeTrainingJobAnswer } from './describe-training-job';
import type { SageMakerService } from './sagemaker-service';

/** How a task of a state machine fails: the error that Catch and Retry see, and its cause. */
export class TaskFailure extends Error {
  /** Named as Step Functions names them: `error`, such as States.TaskFailed, and `cause`. */
  constructor(
    readonly error: string,
    override readonly cause: string,
  ) {
    super(`${error}: ${cause}`);
    this.name = 'TaskFailure';
  }
}

export interface TrainingJobTaskOptions {
  /** Called with CreateTrainingJob's answer once the job exists. */
  readonly submitted?: (answer: { readonly TrainingJobArn: string }) => void;
  /** Aborted when the task ends before its job does; the job is then stopped. */
  readonly signal?: AbortSignal;
  /** What a job that ended Stopped gives; AWS does not say. @default success */
  readonly stoppedIs?: 'success' | 'failure';
  /** What goes wrong between the job and its task. @default - nothing */
  readonly faults?: FaultInjector;
}

/** Of a Cause that is cut off: too short for its JSON to end. */
const CUT_CAUSE_CHARACTERS = 200;

/** How long Step Functions waits before it tries a stop again that was throttled. */
const STOP_RETRY_MS = 1000;

/** Step Functions names only the declared errors of an operation; all others have the service's general name. */
const TASK_ERRORS: Readonly<Record<string, string>> = {
  ResourceLimitExceeded: 'SageMaker.ResourceLimitExceededException',
  ResourceInUse: 'SageMaker.ResourceInUseException',
  ResourceNotFound: 'SageMaker.ResourceNotFoundException',
};
const GENERAL_ERROR = 'SageMaker.AmazonSageMakerException';

/** The task `arn:aws:states:::sagemaker:createTrainingJob.sync`: creates the job and waits for its end. */
export async function runTrainingJobTask(
  service: SageMakerService,
  input: Record<string, unknown>,
  options: TrainingJobTaskOptions = {},
): Promise<DescribeTrainingJobAnswer> {
  const { submitted, signal, stoppedIs = 'success', faults = new FaultInjector() } = options;
  if (signal?.aborted) throw signal.reason;
  const created = create(service, input);
  submitted?.(created);
  const jobName = input.TrainingJobName as string;
  const answer = await waitOrStop(service, jobName, signal);
  const job = { job: jobName };
  const late = faults.next('task-ended', job)?.lastsSeconds;
  if (late !== undefined) await service.clock.sleep(late * 1000, signal);
  const stopped = answer.TrainingJobStatus === 'Stopped';
  const stoppedFails = stopped && (faults.next('task-stopped', job) !== undefined || stoppedIs === 'failure');
  if (answer.TrainingJobStatus === 'Failed' || stoppedFails) {
    const cause = JSON.stringify(answer);
    const isCut = faults.next('task-failed', job) !== undefined;
    throw new TaskFailure('States.TaskFailed', isCut ? cause.slice(0, CUT_CAUSE_CHARACTERS) : cause);
  }
  return answer;
}

function create(service: SageMakerService, input: Record<string, unknown>): { readonly TrainingJobArn: string } {
  try {
    return service.createTrainingJob(input);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const cause = `${error.message} (Service: AmazonSageMaker; Status Code: ${error.statusCode}; Error Code: ${error.code})`;
    throw new TaskFailure(TASK_ERRORS[error.code] ?? GENERAL_ERROR, cause);
  }
}

async function waitOrStop(
  service: SageMakerService,
  jobName: string,
  signal: AbortSignal | undefined,
): Promise<DescribeTrainingJobAnswer> {
  const end = service.waitForEnd(jobName);
  if (signal === undefined) return end;
  let onAbort!: () => void;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      void stopJob(service, jobName);
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([end, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function stopJob(service: SageMakerService, jobName: string): Promise<void> {
  for (;;) {
    try {
      service.stop(jobName);
      return;
    } catch (error) {
      // it has ended in this very moment.
      if (!(error instanceof ServiceError && error.code === 'ThrottlingException')) return;
    }
    await service.clock.sleep(STOP_RETRY_MS);
  }
}
