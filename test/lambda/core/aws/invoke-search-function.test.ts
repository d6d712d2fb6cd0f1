import { Server, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { LambdaSearchFunctions } from '../../../../lambda/core/aws/invoke-search-function';
import { SearchFunctionRequest } from '../../../../lib/contract/search-function';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:mine:live';
const DEFINITION = { name: 'function', functionArn: ARN, timeoutSeconds: 10, allowRepeats: false } as const;
const REQUEST = { version: 1, study: 'ä' } as unknown as SearchFunctionRequest;

interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}

let server: Server;
let replies: (Reply | 'silence')[];
let calls: { url: string; body: string; type: string }[];
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const type = String(request.headers['x-amz-invocation-type']);
      calls.push({ url: decodeURIComponent(request.url!), body, type });
      // the last one stands for all that follow.
      const reply = replies.length > 1 ? replies.shift()! : replies[0];
      if (reply !== 'silence') response.writeHead(reply.status ?? 200, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
});

afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  calls = [];
});

const ask = (timeoutSeconds = 10) => new LambdaSearchFunctions().ask({ ...DEFINITION, timeoutSeconds }, REQUEST);

function failedCall(status: number, name: string, message = 'no'): Reply {
  return { status, headers: { 'x-amzn-errortype': name }, body: JSON.stringify({ message }) };
}

test('the function is invoked with the request, and its answer comes as it is', async () => {
  replies = [{ body: '{"configurations":[{"x":1}]}' }];
  expect(await ask()).toEqual({ configurations: [{ x: 1 }] });
  expect(calls).toEqual([
    { url: `/2015-03-31/functions/${ARN}/invocations`, body: JSON.stringify(REQUEST), type: 'RequestResponse' },
  ]);
});

test('a function without an answer answers null', async () => {
  replies = [{ body: '' }];
  expect(await ask()).toBeNull();
});

test('throttling is waited out', async () => {
  const throttled = failedCall(429, 'TooManyRequestsException', 'Rate exceeded');
  replies = [throttled, throttled, { body: '{"exhausted":"x"}' }];
  expect(await ask()).toEqual({ exhausted: 'x' });
  expect(calls).toHaveLength(3);
});

test('throttling without end is a failure that may pass', async () => {
  replies = [failedCall(429, 'TooManyRequestsException', 'Rate exceeded')];
  await expect(ask(2)).rejects.toMatchObject({ name: 'SearchFunctionFailed', lasting: false });
});

test('what the function throws is told by name, and may pass', async () => {
  replies = [
    {
      headers: { 'x-amz-function-error': 'Unhandled' },
      body: '{"errorType":"KeyError","errorMessage":"\'momentum\'","trace":["..."]}',
    },
  ];
  await expect(ask()).rejects.toMatchObject({
    name: 'SearchFunctionFailed',
    message: `search function ${ARN} failed: KeyError: 'momentum'`,
    lasting: false,
  });
  expect(calls).toHaveLength(1);
});

test('an answer that takes too long is not waited for', async () => {
  replies = ['silence'];
  await expect(ask(1)).rejects.toMatchObject({
    name: 'SearchFunctionFailed',
    message: `search function ${ARN} gave no answer within 1 seconds`,
    lasting: false,
  });
});

test.each([
  [404, 'ResourceNotFoundException'],
  [403, 'AccessDeniedException'],
  [400, 'InvalidParameterValueException'],
])('a call that can never succeed says so: %i %s', async (status, name) => {
  replies = [failedCall(status, name, 'the reason')];
  await expect(ask()).rejects.toMatchObject({
    name: 'SearchFunctionFailed',
    message: `search function ${ARN} could not be called: ${name}: the reason`,
    lasting: true,
  });
  expect(calls).toHaveLength(1);
});
