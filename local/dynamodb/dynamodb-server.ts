import dynalite from 'dynalite';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLocalRequest } from '../http-server';
import type { TableDescription } from '../template/description';
import { meter } from './capacity';
import type { Capacity } from './capacity';
import { lockFolder } from './folder-lock';
import type { LockedFolder } from './folder-lock';
import { createTableRequest } from './table-requests';

export interface DynamoDbServerOptions {
  /** Keeps the data on disk. @default - in memory */
  readonly folder?: string;
  /** Created when they don't exist. */
  readonly tables?: readonly TableDescription[];
  /** @default - a free port */
  readonly port?: number;
}

const LOOPBACK = '127.0.0.1';

/** A DynamoDB on the loopback interface. */
export class DynamoDbServer {
  private constructor(
    private readonly server: Server,
    private readonly locked: LockedFolder | undefined,
    /** What DynamoDB would have charged so far. */
    readonly used: Readonly<Capacity>,
  ) {}

  static async start(options: DynamoDbServerOptions = {}): Promise<DynamoDbServer> {
    const locked = options.folder === undefined ? undefined : await lockFolder(options.folder);
    const server = dynalite({ path: locked?.data, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    const used = { reads: 0, writes: 0 };
    guard(server, used);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(options.port ?? 0, LOOPBACK, () => resolve());
      });
    } catch (error) {
      await locked?.release();
      throw error;
    }
    const started = new DynamoDbServer(server, locked, used);
    try {
      for (const table of options.tables ?? []) await started.createTable(table);
    } catch (error) {
      await started.close();
      throw error;
    }
    return started;
  }

  get url(): string {
    return `http://${LOOPBACK}:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.close((error) => (error ? reject(error) : resolve()));
        // the SDKs keep their connections open.
        this.server.closeAllConnections();
      });
    } finally {
      await this.locked?.release();
    }
  }

  private async createTable(table: TableDescription): Promise<void> {
    const answer = await this.call('CreateTable', createTableRequest(table));
    if (answer.ok) {
      await this.waitUntilActive(table.name);
      return;
    }
    const failure = (await answer.json()) as { __type?: string; message?: string; Message?: string };
    // there since an earlier run.
    if (failure.__type?.endsWith('#ResourceInUseException')) return;
    const reason = failure.message ?? failure.Message ?? failure.__type ?? `status ${answer.status}`;
    throw new Error(`the table ${table.name} (${table.stackName}/${table.logicalId}) can't be created: ${reason}`);
  }

  private async waitUntilActive(tableName: string): Promise<void> {
    for (;;) {
      const answer = await this.call('DescribeTable', { TableName: tableName });
      const { Table } = (await answer.json()) as { Table?: { TableStatus?: string } };
      if (Table?.TableStatus === 'ACTIVE') return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private call(operation: string, input: unknown): Promise<Response> {
    return fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        // dynalite wants the header to be well formed and looks no further.
        'x-amz-date': '20260101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
      },
      body: JSON.stringify(input),
    });
  }
}

/** Puts a check and a meter before dynalite's handler and keeps a client that goes away from ending the process. */
function guard(server: Server, used: Capacity): void {
  const handlers = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (!isLocalRequest(request)) {
      response.writeHead(403, { connection: 'close' }).end();
      return;
    }
    ignoreErrors(request);
    meter(request, response, used);
    for (const handler of handlers) handler(request, response);
  });
}

// dynalite throws what the request emits as an error, and a function that times out in a call is such an error.
function ignoreErrors(request: IncomingMessage): void {
  const on = request.on.bind(request) as (event: string, listener: (...values: unknown[]) => void) => IncomingMessage;
  request.on = ((event: string, listener: (...values: unknown[]) => void) =>
    on(event, event === 'error' ? () => undefined : listener)) as typeof request.on;
}
