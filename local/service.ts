/** An error that a local service answers over its wire protocol, with the name that AWS gives it. */
export class ServiceError extends Error {
  constructor(
    /** The AWS error name, such as `ResourceNotFound`. */
    readonly code: string,
    message: string,
    readonly statusCode: number = 400,
  ) {
    super(message);
    this.name = code;
  }
}

/** A service of the AWS JSON protocol: `X-Amz-Target: <targetPrefix>.<operation>`, JSON in, JSON out. */
export interface JsonService {
  /** What comes before the dot of `X-Amz-Target`, such as `AWSStepFunctions`. */
  readonly targetPrefix: string;

  /** Answers one call, or throws a `ServiceError`. Timestamps are answered as seconds since the epoch. */
  handle(operation: string, input: Record<string, unknown>): Promise<unknown>;
}
