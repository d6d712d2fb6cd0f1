import { randomUUID } from 'node:crypto';
import { RealClock } from '../clock';
import type { Clock } from '../clock';
import { ServiceError } from '../service';
import type { FunctionDescription } from '../template/description';
import { awsEnvironment } from './endpoints';
import type { ServiceEndpoints } from './endpoints';
import { InstanceFailure } from './errors';
import type { FunctionErrorPayload } from './errors';
import { FunctionLog, tailOf } from './function-log';
import { Instance } from './instance';
import type { InstanceAnswer } from './instance';
import { InstancePool } from './instance-pool';
import { codeFolderOf } from './inline-code';

export interface LambdaServiceOptions {
  readonly functions: readonly FunctionDescription[];
  /** Where the functions' log files are kept. */
  readonly folder: string;
  readonly clock: Clock;
  /** Read whenever an instance starts, so that it may be filled once the servers listen. */
  readonly endpoints?: ServiceEndpoints;
  /** @default - the region in the function's ARN */
  readonly region?: string;
  /** @default 4 */
  readonly maxInstancesPerFunction?: number;
}

export interface InvokeResult {
  readonly payload: unknown;
  /** Present when the function failed; the payload is then a `FunctionErrorPayload`. */
  readonly functionError?: 'Unhandled';
  /** The last 4 KB that this invocation printed. */
  readonly logTail?: string;
}

const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
const DEFAULT_MAX_INSTANCES = 4;

interface LocalFunction {
  readonly description: FunctionDescription;
  readonly log: FunctionLog;
  readonly pool: InstancePool;
  /** What each running instance printed since its invocation began. */
  readonly printed: Map<Instance, string>;
}

/** Runs the app's own Lambda bundles in worker threads. */
export class LambdaService {
  private readonly functions: readonly LocalFunction[];
  private readonly virtualTime: boolean;

  constructor(private readonly options: LambdaServiceOptions) {
    this.virtualTime = !(options.clock instanceof RealClock);
    this.functions = options.functions.map((description) => this.prepare(description));
  }

  /**
   * Invokes a function by name, ARN, or either with a `:qualifier`. A function that fails is an answer with
   * `functionError`; a `ServiceError` is thrown for what the service itself refuses.
   */
  invoke(functionNameOrArn: string, payload: unknown): Promise<InvokeResult> {
    return this.options.clock.track(this.run(functionNameOrArn, payload));
  }

  /** Throws `ResourceNotFoundException` when there is no such function. */
  describe(functionNameOrArn: string): FunctionDescription {
    return this.find(functionNameOrArn).description;
  }

  /** All that a function has printed. */
  readLog(functionNameOrArn: string): string {
    return this.find(functionNameOrArn).log.read();
  }

  logFile(functionNameOrArn: string): string {
    return this.find(functionNameOrArn).log.file;
  }

  async close(): Promise<void> {
    await Promise.all(this.functions.map(({ pool }) => pool.close()));
  }

  private prepare(given: FunctionDescription): LocalFunction {
    const description = { ...given, codeFolder: codeFolderOf(given, this.options.folder) };
    const log = new FunctionLog(this.options.folder, description.name);
    const printed = new Map<Instance, string>();
    const pool = new InstancePool(this.options.maxInstancesPerFunction ?? DEFAULT_MAX_INSTANCES, () => {
      const instance: Instance = new Instance({
        functionName: description.name,
        functionArn: description.arn,
        codeFolder: description.codeFolder!,
        handler: description.handler,
        environment: this.environmentOf(description),
        timeoutSeconds: description.timeoutSeconds,
        memoryMb: description.memoryMb,
        onLog: (text) => {
          log.append(text);
          if (printed.has(instance)) printed.set(instance, tailOf(printed.get(instance)! + text));
        },
      });
      return instance;
    });
    return { description, log, pool, printed };
  }

  private environmentOf(description: FunctionDescription): Record<string, string> {
    return {
      ...description.environment,
      ...awsEnvironment(this.options.endpoints ?? {}, this.options.region ?? description.arn.split(':')[3]),
      AWS_LAMBDA_FUNCTION_NAME: description.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(description.memoryMb),
      AWS_EXECUTION_ENV: `AWS_Lambda_${description.runtime}`,
      LAMBDA_TASK_ROOT: description.codeFolder ?? '',
      TZ: ':UTC',
    };
  }

  private async run(functionNameOrArn: string, payload: unknown): Promise<InvokeResult> {
    const target = this.find(functionNameOrArn);
    const { description } = target;
    checkRunnable(description);
    const event = JSON.stringify(payload) ?? 'null';
    const size = Buffer.byteLength(event);
    if (size > MAX_PAYLOAD_BYTES) {
      const message = `${size} byte payload is too large for the RequestResponse invocation type (limit ${MAX_PAYLOAD_BYTES} bytes)`;
      throw new ServiceError('RequestTooLargeException', message, 413);
    }
    const requestId = randomUUID();
    let logTail = '';
    try {
      const answer = await target.pool.run((instance) => {
        target.printed.set(instance, '');
        // taken when the instance is free: an invocation that waited begins later.
        const now = this.virtualTime ? this.options.clock.now() : undefined;
        return instance.invoke(requestId, event, now).finally(() => {
          logTail = target.printed.get(instance) ?? '';
          target.printed.delete(instance);
        });
      });
      return { ...resultOf(answer), logTail };
    } catch (error) {
      if (!(error instanceof InstanceFailure)) throw error;
      const { errorType } = error;
      const failure: FunctionErrorPayload = {
        errorType,
        errorMessage: `RequestId: ${requestId} Error: ${error.errorMessage}`,
      };
      target.log.append(`${failure.errorMessage}\n`);
      return { payload: failure, functionError: 'Unhandled', logTail: tailOf(`${logTail}${failure.errorMessage}\n`) };
    }
  }

  private find(functionNameOrArn: string): LocalFunction {
    const name = nameOf(functionNameOrArn);
    const found = this.functions.find(({ description }) => description.name === name || description.arn === name);
    if (found === undefined) {
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${functionNameOrArn}`, 404);
    }
    return found;
  }
}

/** The name in `name`, `name:qualifier`, `account:function:name` and the ARN, or the ARN without its qualifier. */
function nameOf(functionNameOrArn: string): string {
  const parts = functionNameOrArn.split(':');
  if (parts[0] === 'arn') return parts.slice(0, 7).join(':');
  const marker = parts.indexOf('function');
  return marker > 0 ? (parts[marker + 1] ?? '') : parts[0];
}

function checkRunnable(description: FunctionDescription): void {
  const { codeFolder, codeProblem, runtime, name } = description;
  if (codeFolder === undefined) {
    const problem = codeProblem ?? 'its code folder is not known.';
    throw new ServiceError('InvalidParameterValueException', `The function ${name} can't run locally. ${problem}`);
  }
  if (runtime !== '' && !runtime.startsWith('nodejs')) {
    throw new ServiceError(
      'InvalidRuntimeException',
      `The function ${name} has the runtime ${JSON.stringify(runtime)}; only nodejs runtimes run locally.`,
      502,
    );
  }
}

function resultOf({ payload, failed }: InstanceAnswer): InvokeResult {
  const size = Buffer.byteLength(payload);
  if (size > MAX_PAYLOAD_BYTES) {
    const failure: FunctionErrorPayload = {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`,
    };
    return { payload: failure, functionError: 'Unhandled' };
  }
  const value: unknown = JSON.parse(payload);
  return failed ? { payload: value, functionError: 'Unhandled' } : { payload: value };
}
