// runs in a worker thread: loads one bundle and answers its invocations. Plain JavaScript, so that no loader is needed.
'use strict';
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { parentPort, workerData } = require('node:worker_threads');

const { codeFolder, handler, functionName, functionArn, memoryMb } = workerData;

// sent over the port that carries the answers too, so that an invocation's output has arrived when its answer does.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    parentPort.postMessage({
      type: 'log',
      text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'),
    });
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}

// a `.js` bundle is CommonJS on Lambda, whatever a package.json above the folder says here.
const loadScript = Module._extensions['.js'];
Module._extensions['.js'] = (module, filename) => {
  if (!filename.startsWith(codeFolder + path.sep) || fs.existsSync(path.join(codeFolder, 'package.json'))) {
    loadScript(module, filename);
    return;
  }
  module._compile(fs.readFileSync(filename, 'utf8'), filename, 'commonjs');
};

const RealDate = Date;
let fixedNow;

class InvocationDate extends RealDate {
  constructor(...values) {
    if (values.length === 0 && fixedNow !== undefined) super(fixedNow);
    else super(...values);
  }

  static now() {
    return fixedNow === undefined ? RealDate.now() : fixedNow;
  }
}
// Date() without new answers a string, which a class can't do.
const PatchedDate = new Proxy(InvocationDate, { apply: () => new InvocationDate().toString() });

function failure(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

async function load() {
  const dot = handler.lastIndexOf('.');
  const base = path.join(codeFolder, handler.slice(0, dot));
  const file = ['.js', '.cjs', '.mjs'].map((extension) => base + extension).find((name) => fs.existsSync(name));
  if (dot < 1 || file === undefined) {
    throw failure('Runtime.ImportModuleError', `Error: Cannot find module '${handler.slice(0, dot)}' in ${codeFolder}`);
  }
  let exported;
  try {
    exported = file.endsWith('.mjs') ? await import(pathToFileURL(file).href) : require(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw failure('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    if (error && error.code === 'MODULE_NOT_FOUND')
      throw failure('Runtime.ImportModuleError', `Error: ${error.message}`);
    throw error;
  }
  const name = handler.slice(dot + 1);
  const found = exported[name] ?? exported.default?.[name];
  if (typeof found !== 'function') {
    throw failure('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  return found;
}

function call(found, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    const answer = found(event, context, callback);
    if (answer && typeof answer.then === 'function') answer.then(resolve, reject);
    // a function that takes no callback and gives no promise has answered.
    else if (found.length < 3) resolve(answer);
  });
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

async function invoke({ requestId, payload, now, timeoutMs }) {
  const started = performance.now();
  fixedNow = now;
  if (now !== undefined) globalThis.Date = PatchedDate;
  try {
    loading ??= load();
    const context = {
      awsRequestId: requestId,
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: String(memoryMb),
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'local',
      callbackWaitsForEmptyEventLoop: false,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(timeoutMs - (performance.now() - started))),
    };
    const answer = await call(await loading, JSON.parse(payload), context);
    parentPort.postMessage({ type: 'answer', requestId, payload: JSON.stringify(answer) ?? 'null' });
  } catch (error) {
    // a bundle that failed to load gets another try, as after a failed init on Lambda.
    if (String(error?.name).startsWith('Runtime.')) loading = undefined;
    parentPort.postMessage({ type: 'error', requestId, payload: JSON.stringify(describe(error)) });
  }
}

let loading;
parentPort.on('message', (message) => void invoke(message));
