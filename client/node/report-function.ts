import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 4;
const FIRST_DELAY_MS = 500;
const CALL_TIMEOUT_MS = 10_000;
const REPORT_TIMEOUT_MS = 30_000;
/**
 * After this many lost reports in a row each further one is tried once only: an unreachable study must not slow a
 * training that may run for hours.
 */
const PATIENCE = 2;

/** The study refused the report, so that sending it again is pointless. */
export class InvalidReport extends Error {}

/** The study no longer counts on this attempt. */
export class AttemptEnded extends Error {}

interface Invocation {
  readonly failed: boolean;
  readonly body: string;
}

let lostInARow = 0;

/** Invokes the report function, trying again on everything but a refusal, for a bounded time. */
export async function invokePatiently(functionName: string, payload: unknown): Promise<unknown> {
  const body = JSON.stringify(payload);
  const tries = lostInARow >= PATIENCE ? 1 : TRIES;
  const giveUpAt = performance.now() + REPORT_TIMEOUT_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await invoke(functionName, body);
      lostInARow = 0;
      return answer;
    } catch (error) {
      if (error instanceof InvalidReport || error instanceof AttemptEnded) {
        lostInARow = 0;
        throw error;
      }
      // many trials report at once: jitter keeps them from coming back at once.
      const delay = FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      if (attempt === tries || performance.now() + delay > giveUpAt) {
        lostInARow++;
        throw error;
      }
      await sleep(delay);
    }
  }
}

async function invoke(functionName: string, body: string): Promise<unknown> {
  const endpoint = loopbackEndpoint();
  const { failed, body: text } = endpoint
    ? await invokeLocal(endpoint, functionName, body)
    : await invokeAws(functionName, body);
  const answer = JSON.parse(text) as { errorType?: string; errorMessage?: string } | null;
  if (!failed) {
    return answer;
  }
  const message = answer?.errorMessage ?? text;
  switch (answer?.errorType) {
    case 'InvalidReport':
      throw new InvalidReport(message);
    case 'AttemptEnded':
      throw new AttemptEnded(message);
    default:
      throw new Error(`${answer?.errorType ?? 'the report function failed'}: ${message}`);
  }
}

/** The local runtime's address, if that is where reports go: it needs neither credentials nor the AWS SDK. */
function loopbackEndpoint(): URL | undefined {
  const text = process.env.AWS_ENDPOINT_URL_LAMBDA;
  if (!text || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  const isLoopback = /^(localhost|\[::1\]|127(\.[0-9]{1,3}){3})$/.test(url.hostname);
  return url.protocol === 'http:' && isLoopback ? url : undefined;
}

function invokeLocal(endpoint: URL, functionName: string, body: string): Promise<Invocation> {
  return new Promise((resolve, reject) => {
    const call = request(
      endpoint,
      {
        method: 'POST',
        path: `${endpoint.pathname.replace(/\/$/, '')}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'X-Amz-Invocation-Type': 'RequestResponse',
        },
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        // without an agent no idle connection is left to keep the program from ending.
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode !== 200) {
            reject(new Error(`HTTP ${response.statusCode}: ${text.slice(0, 200)}`));
          } else {
            resolve({ failed: response.headers['x-amz-function-error'] !== undefined, body: text });
          }
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

async function invokeAws(functionName: string, body: string): Promise<Invocation> {
  // loaded on the first report only, since it takes longer to load than a short training takes to run.
  const { LambdaClient, InvokeCommand } = await import('@aws-sdk/client-lambda');
  const parts = functionName.split(':');
  awsClient ??= new LambdaClient({
    region: (parts[0] === 'arn' && parts[3]) || process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION,
    // this module tries again itself.
    maxAttempts: 1,
  });
  const response = await awsClient.send(
    new InvokeCommand({ FunctionName: functionName, InvocationType: 'RequestResponse', Payload: Buffer.from(body) }),
    { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) },
  );
  return { failed: response.FunctionError !== undefined, body: Buffer.from(response.Payload ?? []).toString('utf8') };
}

let awsClient: import('@aws-sdk/client-lambda').LambdaClient | undefined;
