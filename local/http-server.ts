import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleBatchRequest, isBatchPath } from './batch/http';
import type { BatchService } from './batch/batch-service';
import { handleLambdaRequest, isLambdaPath } from './lambda/http';
import type { LambdaService } from './lambda/lambda-service';
import { ServiceError } from './service';
import type { JsonService } from './service';
import type { S3Handler } from './s3/http';

export interface LocalHttpServerOptions {
  readonly services?: readonly JsonService[];
  readonly lambda?: LambdaService;
  readonly batch?: BatchService;
  /** Answers what is a call of no other service. */
  readonly s3?: S3Handler;
  /** @default 10 MB */
  readonly maxBodyBytes?: number;
}

const LOOPBACK = '127.0.0.1';
const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;
const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d+)?$/i;

/**
 * Whether a request comes from a program on this machine and not from a web page in its browser: a page that had its
 * own name resolve to 127.0.0.1 sends that name as Host, and any other page sends an Origin. No AWS SDK does either.
 */
export function isLocalRequest(request: IncomingMessage): boolean {
  return LOOPBACK_HOST.test(request.headers.host ?? '') && request.headers.origin === undefined;
}

/** The one port behind which the local services stand, told apart by what AWS's SDKs send. */
export class LocalHttpServer {
  private readonly services = new Map<string, JsonService>();
  private readonly server: Server;

  constructor(private readonly options: LocalHttpServerOptions = {}) {
    for (const service of options.services ?? []) this.register(service);
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => sendError(request, response, error));
    });
  }

  register(service: JsonService): void {
    this.services.set(service.targetPrefix, service);
  }

  /** Listens on a free port of the loopback interface and answers the URL to give the SDKs as their endpoint. */
  async start(port: number = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, LOOPBACK, () => resolve());
    });
    return this.url;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      // the SDKs keep their connections open.
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLocalRequest(request)) {
      throw new ServiceError(
        'AccessDeniedException',
        'Only programs on this machine may call the local services.',
        403,
      );
    }
    const body = await this.read(request);
    response.setHeader('x-amzn-requestid', randomUUID());
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') {
      await this.callService(target, body, request, response);
      return;
    }
    if (this.options.lambda !== undefined && isLambdaPath(request.url ?? '')) {
      await handleLambdaRequest(this.options.lambda, request, response, body);
      return;
    }
    if (this.options.batch !== undefined && isBatchPath(request.url ?? '')) {
      await handleBatchRequest(this.options.batch, request, response, body);
      return;
    }
    if (this.options.s3 !== undefined) {
      this.options.s3(request, response, body);
      return;
    }
    throw new ServiceError(
      'UnknownOperationException',
      `The local services know no ${request.method} ${request.url}.`,
      404,
    );
  }

  private async callService(
    target: string,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const dot = target.lastIndexOf('.');
    const service = this.services.get(target.slice(0, dot));
    if (request.method !== 'POST' || dot < 0 || service === undefined) {
      throw new ServiceError('UnknownOperationException', `The local services know no ${target.slice(0, 200)}.`);
    }
    let input: unknown;
    try {
      input = body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
    } catch (error) {
      throw new ServiceError('SerializationException', `The body is not JSON: ${(error as Error).message}`);
    }
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new ServiceError('SerializationException', 'The body is not a JSON object.');
    }
    const output = await service.handle(target.slice(dot + 1), input as Record<string, unknown>);
    send(request, response, 200, JSON.stringify(output ?? {}));
  }

  private read(request: IncomingMessage): Promise<Buffer> {
    const limit = this.options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const tooLarge = () => {
        chunks.length = 0;
        reject(new ServiceError('RequestEntityTooLargeException', `The body is larger than ${limit} bytes.`, 413));
      };
      if (Number(request.headers['content-length'] ?? 0) > limit) {
        tooLarge();
        return;
      }
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) tooLarge();
        else chunks.push(chunk);
      });
      request.on('end', () => resolve(Buffer.concat(chunks)));
      request.on('error', reject);
      request.on('close', () => reject(new Error('the client went away.')));
    });
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const asked = String(request.headers['content-type'] ?? '');
  const contentType = asked.startsWith('application/x-amz-json') ? asked : 'application/x-amz-json-1.1';
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

function sendError(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = error instanceof ServiceError;
  const code = known ? error.code : 'InternalFailure';
  const status = known ? error.statusCode : 500;
  const message = error instanceof Error ? error.message : String(error);
  // a body that was not read to its end would be taken for the next request.
  const headers: Record<string, string> = { 'x-amzn-errortype': code };
  if (!request.complete) headers.connection = 'close';
  send(request, response, status, JSON.stringify({ __type: code, message }), headers);
  if (!request.complete) response.once('finish', () => request.destroy());
}
