import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceError } from '../service';
import type { BatchService } from './batch-service';
import { clientException } from './client-exception';

const PATH = '/v1/';

export function isBatchPath(url: string): boolean {
  return url.startsWith(PATH);
}

/** Answers Batch's REST protocol: the operation in the path, JSON in, JSON out. */
export async function handleBatchRequest(
  service: BatchService,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  response.setHeader('content-type', 'application/json');
  try {
    const operation = (request.url ?? '').slice(PATH.length).split('?')[0];
    if (request.method !== 'POST') {
      throw new ServiceError('UnknownOperationException', `Batch takes POST, not ${request.method}.`, 404);
    }
    const answer = await service.handle(operation, parse(body));
    response.writeHead(200).end(JSON.stringify(answer));
  } catch (error) {
    const known = error instanceof ServiceError;
    response.setHeader('x-amzn-errortype', known ? error.code : 'ServerException');
    response.writeHead(known ? error.statusCode : 500).end(JSON.stringify({ message: (error as Error).message }));
  }
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body.length === 0 ? '{}' : body.toString('utf8'));
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Record<string, unknown>;
  } catch {
    // said below.
  }
  throw clientException('The body is not a JSON object');
}
