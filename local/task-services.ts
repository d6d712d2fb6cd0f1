import { StatesError, TaskRequest, TaskServices } from './asl';
import { LambdaService } from './lambda';
import { SageMakerService, TaskFailure, runTrainingJobTask } from './sagemaker';
import { ServiceError } from './service';

const INVOKE = /^arn:[a-z-]+:states:::lambda:invoke$/;
const CREATE_TRAINING_JOB = /^arn:[a-z-]+:states:::sagemaker:createTrainingJob\.sync$/;

export interface LocalTaskServicesOptions {
  readonly lambda: LambdaService;
  readonly sageMaker: SageMakerService;
  /** What a training job that ended Stopped gives; AWS doesn't say. */
  readonly stoppedIs?: 'success' | 'failure';
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
      const { payload, functionError } = await this.options.lambda.invoke(FunctionName, Payload ?? {});
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

  private async train({ arguments: input, signal, submitted }: TaskRequest): Promise<unknown> {
    try {
      return await runTrainingJobTask(this.options.sageMaker, input as Record<string, unknown>, {
        submitted,
        signal,
        stoppedIs: this.options.stoppedIs,
      });
    } catch (error) {
      if (error instanceof TaskFailure) throw new StatesError(error.error, error.cause);
      throw error;
    }
  }
}
