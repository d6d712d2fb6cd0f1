import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock, VirtualClock } from '../../../local/clock';
import type { Clock } from '../../../local/clock';
import { LocalHttpServer } from '../../../local/http-server';
import { LambdaService } from '../../../local/lambda';
import type { LambdaServiceOptions } from '../../../local/lambda';
import type { FunctionDescription } from '../../../local/template';

let folder: string;
let service: LambdaService;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-lambda-'));
});

afterEach(async () => {
  await service?.close();
  rmSync(folder, { recursive: true, force: true });
});

function describeFunction(name: string, code: string, more: Partial<FunctionDescription> = {}): FunctionDescription {
  const codeFolder = join(folder, name);
  mkdirSync(codeFolder);
  writeFileSync(join(codeFolder, 'index.js'), code);
  return {
    stackName: 'Hpo',
    logicalId: name,
    name,
    arn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
    handler: 'index.handler',
    runtime: 'nodejs22.x',
    codeFolder,
    environment: {},
    timeoutSeconds: 10,
    memoryMb: 128,
    ...more,
  };
}

function serve(
  functions: FunctionDescription[],
  clock: Clock = new RealClock(),
  more: Partial<LambdaServiceOptions> = {},
): LambdaService {
  service = new LambdaService({ functions, folder: join(folder, 'lambda'), clock, ...more });
  return service;
}

const ECHO =
  'exports.handler = async (event, context) => ({ event, id: context.awsRequestId, name: context.functionName });';

test('a function is invoked by name, by ARN and with a qualifier', async () => {
  serve([describeFunction('echo', ECHO)]);
  const arn = 'arn:aws:lambda:us-east-1:123456789012:function:echo';
  for (const name of ['echo', 'echo:live', arn, `${arn}:$LATEST`, '123456789012:function:echo']) {
    const { payload, functionError } = await service.invoke(name, { a: [1, 'ä'] });
    expect(functionError).toBeUndefined();
    expect(payload).toMatchObject({ event: { a: [1, 'ä'] }, name: 'echo' });
  }
  await expect(service.invoke('other', {})).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    statusCode: 404,
  });
});

test('a function sees its own environment and nothing of the AWS configuration outside', async () => {
  process.env.AWS_PROFILE = 'secret';
  process.env.AWS_SESSION_TOKEN = 'secret';
  process.env.SOME_SECRET = 'secret';
  try {
    const fn = describeFunction('env', 'exports.handler = async () => process.env;', { environment: { TABLE: 't' } });
    serve([fn], new RealClock(), { endpoints: { dynamodb: 'http://127.0.0.1:1' } });
    const { payload } = await service.invoke('env', {});
    expect(payload).toMatchObject({
      TABLE: 't',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'env',
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1',
    });
    expect(JSON.stringify(payload)).not.toContain('secret');
  } finally {
    for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'SOME_SECRET']) delete process.env[name];
  }
});

test('a warm instance is used again, and one instance takes one invocation at a time', async () => {
  const code = `
    let count = 0, running = 0;
    exports.handler = async (ms) => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, ms));
      const seen = running--;
      return { count: ++count, running: seen };
    };`;
  serve([describeFunction('count', code)], new RealClock(), { maxInstancesPerFunction: 2 });
  const first = await service.invoke('count', 0);
  const second = await service.invoke('count', 0);
  expect([first.payload, second.payload]).toEqual([
    { count: 1, running: 1 },
    { count: 2, running: 1 },
  ]);
  const many = await Promise.all([1, 2, 3, 4, 5, 6].map(() => service.invoke('count', 20)));
  const counts = many.map(({ payload }) => payload as { count: number; running: number });
  expect(counts.every(({ running }) => running === 1)).toBe(true);
  // two instances shared the six, the first of them warm.
  expect(counts.filter(({ count }) => count === 1)).toHaveLength(1);
});

test('what a handler throws is answered as AWS answers it', async () => {
  const code = 'exports.handler = async () => { throw new RangeError("too far"); };';
  serve([describeFunction('throws', code)]);
  const { payload, functionError } = await service.invoke('throws', {});
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType: 'RangeError', errorMessage: 'too far' });
  expect((payload as { trace: string[] }).trace[0]).toBe('RangeError: too far');
});

test('a function that takes too long is ended, and the next invocation gets a fresh instance', async () => {
  const code = `
    let used = false;
    exports.handler = async (event) => {
      const before = used;
      used = true;
      if (event === 'hang') for (;;);
      return before;
    };`;
  serve([describeFunction('hang', code, { timeoutSeconds: 0.3 })]);
  const { payload, functionError } = await service.invoke('hang', 'hang');
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType: 'Sandbox.Timedout' });
  expect((payload as { errorMessage: string }).errorMessage).toMatch(/Task timed out after 0\.30 seconds/);
  expect((await service.invoke('hang', 'ok')).payload).toBe(false);
});

test.each([
  ['exits', 'process.exit(3)', 'Runtime.ExitError', /exit status 3/],
  [
    'throws later',
    'setTimeout(() => { throw new Error("boom"); }); await new Promise(() => {})',
    'Runtime.UnhandledError',
    /boom/,
  ],
  [
    'rejects unseen',
    'Promise.reject(new Error("boom")); await new Promise(() => {})',
    'Runtime.UnhandledError',
    /boom/,
  ],
  [
    'fills the memory',
    'const all = []; for (;;) all.push(new Array(1e5).fill({}).map(() => ({})))',
    'Runtime.OutOfMemory',
    /memory/,
  ],
])('a function that %s fails by name, and the next invocation works', async (_what, statement, errorType, message) => {
  const code = `exports.handler = async (event) => { if (event === 'ok') return 'ok'; console.log('before'); ${statement}; };`;
  serve([describeFunction('crash', code, { memoryMb: 32 })]);
  const { payload, functionError, logTail } = await service.invoke('crash', 'crash');
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType });
  expect((payload as { errorMessage: string }).errorMessage).toMatch(message);
  expect(logTail).toContain('before');
  expect((await service.invoke('crash', 'ok')).payload).toBe('ok');
});

test.each([
  ['exports.other = 1', {}, 'Runtime.HandlerNotFound'],
  ['exports.handler = ;', {}, 'Runtime.UserCodeSyntaxError'],
  ['require("no-such-module")', {}, 'Runtime.ImportModuleError'],
  [ECHO, { handler: 'main.handler' }, 'Runtime.ImportModuleError'],
])('a bundle %j that does not load fails by name', async (code, more, errorType) => {
  serve([describeFunction('broken', code, more)]);
  expect((await service.invoke('broken', {})).payload).toMatchObject({ errorType });
});

test('code that stands in the template runs from a folder of its own', async () => {
  serve([describeFunction('inline', 'unused', { codeFolder: undefined, inlineCode: ECHO })]);
  expect((await service.invoke('inline', 5)).payload).toMatchObject({ event: 5, name: 'inline' });
});

test('code that does not run here is refused by name', async () => {
  const missing = describeFunction('image', ECHO, { codeFolder: undefined, codeProblem: 'an image.' });
  const python = describeFunction('python', ECHO, { runtime: 'python3.12' });
  serve([missing, python]);
  await expect(service.invoke('image', {})).rejects.toThrow(/image can't run locally\. an image/);
  await expect(service.invoke('python', {})).rejects.toThrow(/"python3\.12"; only nodejs/);
});

test('payloads over 6 MB are refused in both directions', async () => {
  serve([describeFunction('big', 'exports.handler = async (size) => (size.length ? 0 : "x".repeat(size));')]);
  await expect(service.invoke('big', 'x'.repeat(7e6))).rejects.toMatchObject({ code: 'RequestTooLargeException' });
  expect((await service.invoke('big', 7_000_000)).payload).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
});

test('what a function prints is in its log file and in the tail of the invocation', async () => {
  const code = 'exports.handler = async (event) => { console.log("said", event); console.error("cried"); };';
  serve([describeFunction('talks', code)]);
  await service.invoke('talks', 1);
  const { logTail, payload } = await service.invoke('talks', 2);
  expect(payload).toBeNull();
  expect(logTail).toBe('said 2\ncried\n');
  expect(service.readLog('talks')).toBe('said 1\ncried\nsaid 2\ncried\n');
  expect(readFileSync(service.logFile('talks'), 'utf8')).toBe(service.readLog('talks'));
});

test('a bundle is CommonJS although a package.json above it says otherwise', async () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  serve([describeFunction('cjs', ECHO)]);
  expect((await service.invoke('cjs', 1)).payload).toMatchObject({ event: 1 });
});

test('on a virtual clock a function sees the virtual time, which stands still meanwhile', async () => {
  const code = `exports.handler = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [Date.now(), new Date().toISOString(), new Date(0).toISOString(), Date().slice(11, 15), new Date() instanceof Date];
  };`;
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  serve([describeFunction('time', code)], clock);
  const times: number[] = [];
  const sleeper = clock.sleep(3_600_000).then(() => times.push(clock.now()));
  const { payload } = await service.invoke('time', {});
  const now = Date.UTC(2030, 0, 1);
  expect(payload).toEqual([now, '2030-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z', '2030', true]);
  await sleeper;
  expect(((await service.invoke('time', {})).payload as unknown[])[0]).toBe(now + 3_600_000);
});

describe('over HTTP', () => {
  let server: LocalHttpServer;
  let client: LambdaClient;
  let url: string;

  beforeEach(async () => {
    const mark = join(folder, 'mark');
    const write = `exports.handler = async () => require('node:fs').writeFileSync(${JSON.stringify(mark)}, 'x');`;
    serve([
      describeFunction('echo', ECHO),
      describeFunction('throws', 'exports.handler = async () => { console.log("said"); throw new Error("no"); };'),
      describeFunction('write', write),
    ]);
    server = new LocalHttpServer({ lambda: service });
    url = await server.start();
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    client = new LambdaClient({ endpoint: url, region: 'us-east-1', credentials });
  });

  afterEach(async () => {
    client.destroy();
    await server.close();
  });

  test('the AWS SDK invokes and gets the answer', async () => {
    const answer = await client.send(new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from('{"a":1}') }));
    expect(answer.StatusCode).toBe(200);
    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(answer.Payload!.transformToString())).toMatchObject({ event: { a: 1 } });
  });

  test('the AWS SDK gets a function error with its log', async () => {
    const FunctionName = 'arn:aws:lambda:us-east-1:123456789012:function:throws';
    const answer = await client.send(new InvokeCommand({ FunctionName, LogType: 'Tail' }));
    expect(answer.FunctionError).toBe('Unhandled');
    expect(JSON.parse(answer.Payload!.transformToString())).toMatchObject({ errorMessage: 'no' });
    expect(Buffer.from(answer.LogResult!, 'base64').toString()).toBe('said\n');
  });

  test('the AWS SDK gets ResourceNotFoundException', async () => {
    const sent = client.send(new InvokeCommand({ FunctionName: 'nobody' }));
    await expect(sent).rejects.toThrow(ResourceNotFoundException);
  });

  test('an event is accepted at once, a dry run runs nothing', async () => {
    const dry = await client.send(new InvokeCommand({ FunctionName: 'write', InvocationType: 'DryRun' }));
    expect(dry.StatusCode).toBe(204);
    expect(existsSync(join(folder, 'mark'))).toBe(false);
    const event = await client.send(new InvokeCommand({ FunctionName: 'write', InvocationType: 'Event' }));
    expect(event.StatusCode).toBe(202);
    while (!existsSync(join(folder, 'mark'))) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  test('a payload that is not JSON is refused', async () => {
    const answer = await fetch(`${url}/2015-03-31/functions/echo/invocations`, { method: 'POST', body: '{' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('x-amzn-errortype')).toBe('InvalidRequestContentException');
  });
});
