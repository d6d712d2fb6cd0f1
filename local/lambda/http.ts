import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../service';
import type { LambdaService } from './lambda-service';

const INVOCATIONS = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?(.*))?$/;

export function isLambdaPath(url: string): boolean {
  return url.startsWith('/2015-03-31/');
}

/** Answers Lambda's REST protocol, as far as `Invoke` goes. */
export async function handleLambdaRequest(
  service: LambdaService,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  try {
    await invoke(service, request, response, body);
  } catch (error) {
    const known = error instanceof ServiceError;
    const code = known ? error.code : 'ServiceException';
    const text = JSON.stringify({ Type: known ? 'User' : 'Service', Message: (error as Error).message });
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
    response.writeHead(known ? error.statusCode : 500, headers).end(text);
  }
}

async function invoke(
  service: LambdaService,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const match = INVOCATIONS.exec(request.url ?? '');
  if (match === null || request.method !== 'POST') {
    const message = `The local Lambda service knows only Invoke, not ${request.method} ${request.url}.`;
    throw new ServiceError('UnknownOperationException', message, 404);
  }
  const name = decodeName(match[1]);
  service.describe(name);
  const payload = parse(body);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') {
    response.writeHead(204).end();
    return;
  }
  if (type === 'Event') {
    // nobody waits for the answer of an asynchronous invocation; what failed stands in the function's log.
    service.invoke(name, payload).catch(() => undefined);
    response.writeHead(202).end();
    return;
  }
  if (type !== 'RequestResponse') {
    const message = `X-Amz-Invocation-Type is ${JSON.stringify(type)}; use RequestResponse, Event or DryRun.`;
    throw new ServiceError('InvalidParameterValueException', message);
  }
  const result = await service.invoke(name, payload);
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-amz-executed-version', '$LATEST');
  if (result.functionError !== undefined) response.setHeader('x-amz-function-error', result.functionError);
  if (request.headers['x-amz-log-type'] === 'Tail') {
    response.setHeader('x-amz-log-result', Buffer.from(result.logTail ?? '').toString('base64'));
  }
  response.writeHead(200).end(JSON.stringify(result.payload));
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new ServiceError('InvalidParameterValueException', `${JSON.stringify(encoded)} is no function name.`);
  }
}

function parse(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    throw new ServiceError('InvalidRequestContentException', message);
  }
}
