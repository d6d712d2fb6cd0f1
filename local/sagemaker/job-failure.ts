/** A job that can't go on, with its FailureReason as SageMaker would word its class: ClientError, AlgorithmError, ... */
export class JobFailure extends Error {
  constructor(readonly failureReason: string) {
    super(failureReason);
    this.name = 'JobFailure';
  }
}
