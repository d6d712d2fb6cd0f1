import { StatesError } from './errors';

/** How Step Functions calls a resource. */
export type Integration = 'LAMBDA' | 'ACTIVITY' | 'REQUEST_RESPONSE' | 'SYNC' | 'WAIT_FOR_TASK_TOKEN';

/** One attempt of a Task state. */
export interface TaskRequest {
  /** The Resource of the state as written, such as `arn:aws:states:::sagemaker:createTrainingJob.sync`. */
  readonly resource: string;
  readonly integration: Integration;
  /** The evaluated Arguments; the state's input where there are none. */
  readonly arguments: unknown;
  readonly stateName: string;
  readonly executionArn: string;
  /** Set for `.sync`, `.waitForTaskToken` and activities. */
  readonly taskToken?: string;
  /** The role of the state's Credentials; there are no accounts here, so services may leave it aside. */
  readonly credentialsRoleArn?: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  /** Aborted when the task timed out, a sibling failed or the execution was stopped: stop the job. */
  readonly signal: AbortSignal;
  /** For `.sync`: the job exists; its creation answered `output`. */
  submitted(output: unknown): void;
  /** The job lives: HeartbeatSeconds starts anew. */
  heartbeat(): void;
}

/** Runs the tasks of state machines. Work in real time goes through `clock.track`, waits through `clock.sleep`. */
export interface TaskServices {
  /** Whether a Resource can be run; a definition that holds another one is refused by name. */
  supports(resource: string): boolean;

  /**
   * Runs one attempt and answers its output: the job's for `.sync`, the call's for `.waitForTaskToken`. Fails with a
   * `StatesError`; anything else thrown counts as `States.TaskFailed`.
   */
  run(request: TaskRequest): Promise<unknown>;
}

export interface ParsedResource {
  readonly integration: Integration;
  /** As the history names them, such as `sagemaker` and `createTrainingJob.sync`. */
  readonly resourceType: string;
  readonly resource: string;
}

/** Reads a Resource; undefined when it isn't one that Step Functions has a form for. */
export function parseResource(arn: string): ParsedResource | undefined {
  if (/^arn:aws[a-z-]*:lambda:/.test(arn)) return { integration: 'LAMBDA', resourceType: 'lambda', resource: arn };
  if (/^arn:aws[a-z-]*:states:[^:]*:[^:]*:activity:/.test(arn)) {
    return { integration: 'ACTIVITY', resourceType: 'activity', resource: arn };
  }
  const match =
    /^arn:aws[a-z-]*:states:[^:]*:[^:]*:((?:aws-sdk:)?[A-Za-z0-9-]+):([A-Za-z0-9]+(\.[A-Za-z:0-9]+)?)$/.exec(arn);
  if (match === null) return undefined;
  const [, resourceType, resource, pattern] = match;
  switch (pattern) {
    case undefined:
      return { integration: 'REQUEST_RESPONSE', resourceType, resource };
    case '.sync':
    case '.sync:2':
      return { integration: 'SYNC', resourceType, resource };
    case '.waitForTaskToken':
      return { integration: 'WAIT_FOR_TASK_TOKEN', resourceType, resource };
    default:
      return undefined;
  }
}

/** A task that waits for its token. */
export interface PendingTask {
  succeed(output: unknown): void;
  fail(error: StatesError): void;
  heartbeat(): void;
}

/** The task tokens that are out. */
export class TaskTokens {
  private readonly pending = new Map<string, PendingTask>();
  private readonly closed = new Set<string>();

  open(token: string, task: PendingTask): void {
    this.pending.set(token, task);
  }

  close(token: string): void {
    if (this.pending.delete(token)) this.closed.add(token);
  }

  get(token: string): PendingTask | undefined {
    return this.pending.get(token);
  }

  /** Whether the token was given out once and its task has ended since. */
  isClosed(token: string): boolean {
    return this.closed.has(token);
  }
}
