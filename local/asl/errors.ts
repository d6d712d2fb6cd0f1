/**
 * An error of a state: what Retry and Catch see. A service that fails a task throws it; without a name it is caught by
 * `States.ALL` only.
 */
export class StatesError extends Error {
  constructor(
    readonly error?: string,
    // `cause` is taken by the JavaScript error itself.
    readonly causeText?: string,
    /** Set when a heartbeat was missed: AWS names it `States.Timeout` and matches `States.HeartbeatTimeout` too. */
    readonly missedHeartbeat: boolean = false,
  ) {
    super(`${error ?? 'an error without a name'}${causeText === undefined ? '' : `: ${causeText}`}`);
    this.name = 'StatesError';
  }

  /** What `$states.errorOutput` holds. */
  get output(): { Error: string | null; Cause: string | null } | Record<string, string> {
    if (this.error === undefined && this.causeText === undefined) return { Error: null, Cause: null };
    return {
      ...(this.error === undefined ? {} : { Error: this.error }),
      ...(this.causeText === undefined ? {} : { Cause: this.causeText }),
    };
  }
}

/** A JSONata expression, or the value that it gave, was wrong: recorded as `EvaluationFailed`. */
export class EvaluationError extends StatesError {
  /** Whether the history holds it already: it may pass through outer states. */
  recorded = false;

  constructor(
    cause: string,
    readonly location?: string,
  ) {
    super('States.QueryEvaluationError', cause);
  }
}

/** Thrown into a branch that must end because a sibling failed or the whole execution ended; never caught by Catch. */
export class Interrupted extends Error {
  constructor(readonly scope: 'branch' | 'execution') {
    super(`the ${scope} was stopped`);
    this.name = 'Interrupted';
  }
}

/** The history is full: ends the execution, whatever Catch says. */
export class HistoryLimitError extends Error {}

/** Whether an error is named by the ErrorEquals of a retrier or catcher. */
export function matches(errorEquals: readonly string[], error: StatesError): boolean {
  // AWS never lets States.Runtime be handled, not even by name.
  if (error.error === 'States.Runtime') return false;
  return errorEquals.some((name) => {
    if (name === 'States.ALL') return true;
    if (error.error === undefined) return false;
    if (name === 'States.TaskFailed') return error.error !== 'States.Timeout';
    if (name === 'States.HeartbeatTimeout' && error.missedHeartbeat) return true;
    return name === error.error;
  });
}
