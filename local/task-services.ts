import { StatesError, TaskRequest, TaskServices } from './asl';
import { FaultInjector } from './faults';
import { InvokeResult, LambdaService } from './lambda';
import { SageMakerService, TaskFailure, runTrainingJobTask } from './sagemaker';
import { ServiceError } from './service';

const INVOKE = /^arn:[a-z-]+:states:::lambda:invoke$/;
const CREATE_TRAINING_JOB = /^arn:[a-z-]+:states:::sagemaker:createTrainingJob\.sync$/;

export interface LocalTaskServicesOptions {
  readonly lambda: LambdaService;
  readonly sageMaker: SageMakerService;
  /** What a training job that ended Stopped gives; AWS doesn't say. */
  readonly stoppedIs?: 'success' | 'failure';
  /** What goes wrong between the state machine and its services. @default - nothing */
  readonly faults?: FaultInjector;
}

/** The services that the tasks of our state machines call. */
export class LocalTaskServices implements TaskServices {
  constructor(private readonly options: LocalTaskServicesOptions) {}

  supports(resource: string): boolean {
    return INVOKE.test(resource) || CREATE_TRAINING_JOB.test(resource);
  }

  run(request: TaskRequest): Promise<unknown> {
    return INVOKE.test(request.resource) ? this.invoke(request) : this.train(request);
  }

  private async invoke({ arguments: input }: TaskRequest): Promise<unknown> {
    const { FunctionName, Payload } = input as { FunctionName: string; Payload?: unknown };
    try {
      const { payload, functionError } = await this.callFunction(FunctionName, Payload ?? {});
      if (functionError !== undefined) {
        const { errorType } = payload as { errorType?: string };
        throw new StatesError(errorType ?? 'Lambda.Unknown', JSON.stringify(payload));
      }
      return { ExecutedVersion: '$LATEST', StatusCode: 200, Payload: payload };
    } catch (error) {
      if (error instanceof ServiceError) {
        throw new StatesError(
          `Lambda.${error.code}`,
          `${error.message} (Service: Lambda; Status Code: ${error.statusCode})`,
        );
      }
      throw error;
    }
  }

  private async callFunction(name: string, payload: unknown): Promise<InvokeResult> {
    const { lambda, faults } = this.options;
    // the name that a person knows it by, of its ARN.
    const fault = faults?.next('step', { step: name.split(':function:').at(-1) });
    switch (fault?.name) {
      case undefined:
        return lambda.invoke(name, payload);
      case 'step-throttled':
        throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);
      case 'step-answer-lost':
        await lambda.invoke(name, payload);
        throw new ServiceError('ServiceException', 'The answer of the function got lost.', 500);
      case 'step-timed-out':
        return deadSandbox('Sandbox.Timedout', 'Error: Task timed out');
      case 'step-unknown-error':
        return deadSandbox(undefined, 'the function ended without an error');
      default:
        return deadSandbox('Runtime.ExitError', 'Error: Runtime exited with error: signal: killed');
    }
  }

  private async train({ arguments: input, signal, submitted }: TaskRequest): Promise<unknown> {
    try {
      return await runTrainingJobTask(this.options.sageMaker, input as Record<string, unknown>, {
        submitted,
        signal,
        stoppedIs: this.options.stoppedIs,
        faults: this.options.faults,
      });
    } catch (error) {
      if (error instanceof TaskFailure) throw new StatesError(error.error, error.cause);
      throw error;
    }
  }
}

/** What Lambda answers for a sandbox that died before the function did anything. */
function deadSandbox(errorType: string | undefined, errorMessage: string): InvokeResult {
  return { payload: { ...(errorType && { errorType }), errorMessage }, functionError: 'Unhandled' };
}
