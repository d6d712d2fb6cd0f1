import { request } from 'node:http';
import { LocalHttpServer } from '../../local/http-server';
import { ServiceError } from '../../local/service';
import type { JsonService } from '../../local/service';

const service: JsonService = {
  targetPrefix: 'Echo',
  handle: async (operation, input) => {
    if (operation === 'Refuse') throw new ServiceError('Refused', 'because', 409);
    if (operation === 'Break') throw new Error('broken');
    return { operation, input };
  },
};

let server: LocalHttpServer;
let url: string;

beforeEach(async () => {
  server = new LocalHttpServer({ services: [service], maxBodyBytes: 1000 });
  url = await server.start();
});

afterEach(() => server.close());

function call(target: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'x-amz-target': target, ...headers } });
}

/** Sends headers that fetch does not let a caller set. */
function raw(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    });
    sent.on('error', reject);
    sent.end('{}');
  });
}

test('a call goes to the service that its target names', async () => {
  const answer = await call('Echo.Say', '{"a":1}', { 'content-type': 'application/x-amz-json-1.0' });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
  expect(await answer.json()).toEqual({ operation: 'Say', input: { a: 1 } });
});

test.each([
  ['Echo.Refuse', '{}', 409, 'Refused'],
  ['Echo.Break', '{}', 500, 'InternalFailure'],
  ['Nobody.Say', '{}', 400, 'UnknownOperationException'],
  ['nonsense', '{}', 400, 'UnknownOperationException'],
  ['Echo.Say', '{', 400, 'SerializationException'],
  ['Echo.Say', '[]', 400, 'SerializationException'],
])('%s with %j is answered %d %s', async (target, body, status, code) => {
  const answer = await call(target, body);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('x-amzn-errortype')).toBe(code);
  expect(await answer.json()).toMatchObject({ __type: code });
});

test('a body over the limit is refused', async () => {
  const answer = await call('Echo.Say', JSON.stringify({ text: 'x'.repeat(2000) }));
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ __type: 'RequestEntityTooLargeException' });
});

test('a body of unknown length is cut off at the limit', async () => {
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 4; i++) controller.enqueue(Buffer.alloc(1000, 'x'));
      controller.close();
    },
  });
  const headers = { 'x-amz-target': 'Echo.Say' };
  const sent = fetch(url, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  const status = await sent.then(
    (answer) => answer.status,
    // the server may close the connection before all has been sent.
    () => 413,
  );
  expect(status).toBe(413);
  expect((await call('Echo.Say', '{}')).status).toBe(200);
});

test('listens on the loopback interface only', () => {
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test.each([
  [{ host: 'evil.example' }, 403],
  [{ host: '127.0.0.1.evil.example' }, 403],
  [{ host: '127.0.0.1:80', origin: 'https://evil.example' }, 403],
  [{ host: 'localhost:1234' }, 200],
  [{ host: '[::1]:1234' }, 200],
])('a request with the headers %j is answered %d', async (headers, status) => {
  expect(await raw({ ...headers, 'x-amz-target': 'Echo.Say' } as Record<string, string>)).toBe(status);
});

test('what is neither a call nor a function is not known', async () => {
  expect((await fetch(url)).status).toBe(404);
});
