/** What AWS answers as the payload of an invocation that failed in the function. */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** The instance ended before it answered: it timed out, exited or died. */
export class InstanceFailure extends Error {
  constructor(
    readonly errorType: string,
    readonly errorMessage: string,
  ) {
    super(errorMessage);
    this.name = errorType;
  }
}
