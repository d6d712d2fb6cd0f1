import { StatesError, TaskRequest, TaskServices } from './asl';
import { BatchService, runSubmitJobTask } from './batch';
import { FaultInjector } from './faults';
import { InvokeResult, LambdaService } from './lambda';
import { SageMakerService, TaskFailure, runTrainingJobTask, runTuningJobTask } from './sagemaker';
import { ServiceError } from './service';

const INVOKE = /^arn:[a-z-]+:states:::lambda:invoke$/;
const SUBMIT_JOB = /^arn:[a-z-]+:states:::batch:submitJob\.sync$/;
const CREATE_TRAINING_JOB = /^arn:[a-z-]+:states:::sagemaker:createTrainingJob\.sync$/;
const CREATE_TUNING_JOB = /^arn:[a-z-]+:states:::sagemaker:createHyperParameterTuningJob\.sync$/;

export interface LocalTaskServicesOptions {
  readonly lambda: LambdaService;
  readonly sageMaker: SageMakerService;
  /** @default - tasks that submit Batch jobs are not supported */
  readonly batch?: BatchService;
  /** What a training job that ended Stopped gives; AWS doesn't say. */
  readonly stoppedIs?: 'success' | 'failure';
  /** What goes wrong between the state machine and its services. @default - nothing */
  readonly faults?: FaultInjector;
}

/** The services that the tasks of our state machines call. */
export class LocalTaskServices implements TaskServices {
  constructor(private readonly options: LocalTaskServicesOptions) {}

  supports(resource: string): boolean {
    if (SUBMIT_JOB.test(resource)) return this.options.batch !== undefined;
    return [INVOKE, CREATE_TRAINING_JOB, CREATE_TUNING_JOB].some((known) => known.test(resource));
  }

  run(request: TaskRequest): Promise<unknown> {
    if (SUBMIT_JOB.test(request.resource)) return this.submitJob(request);
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

  private async submitJob({ arguments: input, signal, submitted }: TaskRequest): Promise<unknown> {
    const { batch, faults } = this.options;
    try {
      return await runSubmitJobTask(batch!, input as Record<string, unknown>, { submitted, signal, faults });
    } catch (error) {
      if (error instanceof TaskFailure) throw new StatesError(error.error, error.cause);
      throw error;
    }
  }

  private async train({ resource, arguments: input, signal, submitted }: TaskRequest): Promise<unknown> {
    const runTask = CREATE_TUNING_JOB.test(resource) ? runTuningJobTask : runTrainingJobTask;
    try {
      return await runTask(this.options.sageMaker, input as Record<string, unknown>, {
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
