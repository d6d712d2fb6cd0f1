import { InvocationType, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SearchFunctionRequest } from '../../../lib/contract/search-function';
import { FunctionSearchDefinition } from '../../../lib/contract/tuner-definition';
import { SearchFunctionFailed } from '../errors';
import { SearchFunctions } from '../study/propose';
import { CLIENT_SETTINGS } from './client-settings';

const MAX_MESSAGE_LENGTH = 1000;

/** Errors of the call that say something of the moment: another try can help. */
const PASSING_ERRORS = [
  'TooManyRequestsException',
  'ThrottlingException',
  'ServiceException',
  'ResourceNotReadyException',
  'ResourceConflictException',
  'EC2ThrottledException',
  'TimeoutError',
  'SdkClientException',
];

/** Calls the user's function by Lambda's API. The client tries again when throttled, with backoff and jitter. */
export class LambdaSearchFunctions implements SearchFunctions {
  private client: LambdaClient | undefined;

  async ask(definition: FunctionSearchDefinition, request: SearchFunctionRequest): Promise<unknown> {
    const { functionArn, timeoutSeconds } = definition;
    const command = new InvokeCommand({
      FunctionName: functionArn,
      InvocationType: InvocationType.RequestResponse,
      Payload: Buffer.from(JSON.stringify(request)),
    });
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    const { FunctionError, Payload } = await this.lambda()
      .send(command, { abortSignal: signal })
      .catch((error: unknown) => {
        if (signal.aborted) {
          throw failed(functionArn, `gave no answer within ${timeoutSeconds} seconds`, false);
        }
        throw callFailed(functionArn, error);
      });
    // no bytes at all come as null from some servers.
    const text = Buffer.from(Payload ?? []).toString('utf8');
    if (FunctionError !== undefined) throw failed(functionArn, `failed: ${errorOf(text)}`, false);
    // a function without an answer answers null.
    return text === '' ? null : (JSON.parse(text) as unknown);
  }

  /** Most tuners have no search function: they need no client. */
  private lambda(): LambdaClient {
    // one answer may take longer than what other clients wait for; the signal above is its limit.
    const { connectionTimeout } = CLIENT_SETTINGS.requestHandler;
    return (this.client ??= new LambdaClient({ ...CLIENT_SETTINGS, requestHandler: { connectionTimeout } }));
  }
}

function callFailed(functionArn: string, error: unknown): SearchFunctionFailed {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  // without a status nothing answered at all: the network.
  const passing = status === undefined || status === 429 || PASSING_ERRORS.includes(name);
  return failed(functionArn, `could not be called: ${name}: ${message}`, !passing);
}

function failed(functionArn: string, what: string, lasting: boolean): SearchFunctionFailed {
  return new SearchFunctionFailed(`search function ${functionArn} ${what}`.slice(0, MAX_MESSAGE_LENGTH), lasting);
}

/** Name and message of what the function threw; the payload itself where it isn't as Lambda has it. */
function errorOf(payload: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as { errorType?: string; errorMessage?: string };
    if (errorType !== undefined || errorMessage !== undefined) return `${errorType ?? 'Error'}: ${errorMessage ?? ''}`;
  } catch {
    // below.
  }
  return payload;
}
