/**
 * Errors with a name that callers can match: it is the Lambda's `errorType`, the state machine's `Error`.
 */
class NamedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The execution's input, or the tuner's definition with it, can't make a study. */
export class InvalidStudyInput extends NamedError {}

/** Another execution of this study is still running. */
export class StudyInProgress extends NamedError {}

/** The study exists, but with another search space or objective. */
export class StudyChanged extends NamedError {}

/** The account's quota of instances allows not a single trial. */
export class QuotaTooSmall extends NamedError {}

/** No study of this name. */
export class StudyNotFound extends NamedError {}

/** A worker that no longer counts: it was silent for too long, or the study was resumed. It joins again. */
export class WorkerUnknown extends NamedError {}

/** A call of our own states doesn't follow the contract. */
export class InvalidRequest extends NamedError {}

/** The user's own search function gave no answer: it failed, took too long, or couldn't be called. */
export class SearchFunctionFailed extends NamedError {
  /** @param lasting whether another try can't help: it doesn't exist, it may not be called */
  constructor(
    message: string,
    readonly lasting: boolean,
  ) {
    super(message);
  }
}

/** What the user's own search function answered doesn't follow the contract or the search space. */
export class InvalidSuggestion extends NamedError {}

/** A report is refused; the trial goes on. */
export class InvalidReport extends NamedError {}

/** The reporting attempt is no longer the trial's: the training code should end. */
export class AttemptEnded extends NamedError {}

/** Others kept changing the same item; the state machine tries again. */
export class TooMuchContention extends NamedError {}
