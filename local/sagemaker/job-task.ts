import type { Clock } from '../clock';
import { FaultInjector } from '../faults';
import { ServiceError } from '../service';
import { waitOrAbort } from '../wait-or-abort';

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

export interface JobTaskOptions<Created> {
  /** Called with the answer of the operation that creates the job, once it exists. */
  readonly submitted?: (answer: Created) => void;
  /** Aborted when the task ends before its job does; the job is then stopped. */
  readonly signal?: AbortSignal;
  /** What a job that ended Stopped gives; AWS does not say. @default success */
  readonly stoppedIs?: 'success' | 'failure';
  /** What goes wrong between the job and its task. @default - nothing */
  readonly faults?: FaultInjector;
}

/** A job of SageMaker, as a task of a state machine goes about it. */
export interface TaskJob<Created, Answer> {
  readonly clock: Clock;
  readonly create: () => Created;
  /** Valid once the job has been created. */
  readonly name: string;
  readonly stop: (name: string) => void;
  readonly waitForEnd: (name: string) => Promise<Answer>;
  readonly statusOf: (answer: Answer) => string;
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

/** A task of the form `.sync`: creates the job and waits for its end. */
export async function runJobTask<Created, Answer>(
  taskJob: TaskJob<Created, Answer>,
  { submitted, signal, stoppedIs = 'success', faults = new FaultInjector() }: JobTaskOptions<Created>,
): Promise<Answer> {
  if (signal?.aborted) throw signal.reason;
  const created = create(taskJob);
  submitted?.(created);
  const answer = await waitOrAbort(taskJob.waitForEnd(taskJob.name), signal, () => void stopJob(taskJob));
  const job = { job: taskJob.name };
  const late = faults.next('task-ended', job)?.lastsSeconds;
  if (late !== undefined) await taskJob.clock.sleep(late * 1000, signal);
  const status = taskJob.statusOf(answer);
  const stoppedFails =
    status === 'Stopped' && (faults.next('task-stopped', job) !== undefined || stoppedIs === 'failure');
  if (status === 'Failed' || stoppedFails) {
    const cause = JSON.stringify(answer);
    const isCut = faults.next('task-failed', job) !== undefined;
    throw new TaskFailure('States.TaskFailed', isCut ? cause.slice(0, CUT_CAUSE_CHARACTERS) : cause);
  }
  return answer;
}

function create<Created>(job: Pick<TaskJob<Created, never>, 'create'>): Created {
  try {
    return job.create();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const cause = `${error.message} (Service: AmazonSageMaker; Status Code: ${error.statusCode}; Error Code: ${error.code})`;
    throw new TaskFailure(TASK_ERRORS[error.code] ?? GENERAL_ERROR, cause);
  }
}

async function stopJob({ clock, name, stop }: Pick<TaskJob<unknown, never>, 'clock' | 'name' | 'stop'>): Promise<void> {
  for (;;) {
    try {
      stop(name);
      return;
    } catch (error) {
      // it has ended in this very moment.
      if (!(error instanceof ServiceError && error.code === 'ThrottlingException')) return;
    }
    await clock.sleep(STOP_RETRY_MS);
  }
}
