import { Server, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { SFNClient } from '@aws-sdk/client-sfn';
import { JsonService, ServiceError } from '../../../local/service';

/** Serves one service over AWS's JSON protocol, with a client of AWS's SDK for it. */
export async function serve(service: JsonService): Promise<{ client: SFNClient; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [prefix, operation] = String(request.headers['x-amz-target']).split('.');
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify(body));
      };
      if (prefix !== service.targetPrefix) return answer(400, { __type: 'UnknownOperationException' });
      service.handle(operation, JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>).then(
        (output) => answer(200, output),
        (e: unknown) =>
          e instanceof ServiceError
            ? answer(e.statusCode, { __type: e.code, message: e.message })
            : answer(500, { __type: 'InternalFailure', message: String(e) }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new SFNClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    client,
    close: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
