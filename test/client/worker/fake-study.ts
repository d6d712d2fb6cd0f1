import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3Handler, ObjectStore } from '../../../local/s3';
import { PYTHON, ROOT, start } from '../processes';
import type { FakeAnswer, Running } from '../processes';

export const PACKAGE_FOLDER = join(ROOT, 'client', 'python');
export const STUDY = 'my-study';
export const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:Worker';

/** Without a Python these tests are skipped, as those of the other Python parts are. */
export const describeWithPython = PYTHON ? describe : describe.skip;

export type Call = Record<string, unknown> & { readonly call: string };
export type Outcome = Record<string, unknown>;

export interface Recorded {
  readonly trial: number;
  readonly attempt: number;
  readonly outcome: Outcome;
  /** When the call came, in milliseconds. */
  readonly at: number;
}

/** A study that gives out what is in its queue, and the S3 that goes with it, behind one port. */
export class FakeStudy {
  readonly folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-worker-'));
  readonly store = new ObjectStore(join(this.folder, 's3'));
  readonly calls: Call[] = [];
  readonly recorded: Recorded[] = [];
  /** Calls of S3, such as `PUT checkpoints/5/a`. */
  readonly s3Calls: string[] = [];
  /** What `join` answers beside the worker's number. */
  job: Record<string, unknown> = {};
  heartbeat: Record<string, unknown> = { stop: [], ended: false, reason: null };
  /** Answers of action train that no slot has got yet. */
  queue: Record<string, unknown>[] = [];
  /** What a slot hears when the queue is empty. */
  idle: Record<string, unknown> = { action: 'none', ended: true, reason: 'all trials are done' };
  /** Answers a call in place of the study; 'drop' closes the connection, 'never' leaves it without an answer. */
  intercept: (call: Call) => FakeAnswer | 'drop' | 'never' | undefined = () => undefined;
  /** Answers a call of S3 in place of the store, with a status. */
  interceptS3: (call: string) => number | undefined = () => undefined;

  private readonly answers = new Map<string, Record<string, unknown>>();
  private readonly running: Running[] = [];
  private readonly watchers = new Set<() => void>();
  private readonly s3 = createS3Handler(this.store);
  private workers = 0;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.answer(request, response, Buffer.concat(chunks)));
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    for (const worker of this.running) worker.kill('SIGKILL');
    await Promise.all(this.running.map(({ finished }) => finished));
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Queues an attempt, with the defaults that most tests want. */
  give(trial: number, more: Record<string, unknown> = {}): void {
    this.queue.push({
      action: 'train',
      trial,
      attempt: 1,
      hyperparameters: {},
      token: `secret-of-trial-${trial}`,
      checkpointUri: `s3://bucket/checkpoints/${trial}/`,
      outputUri: `s3://bucket/output/${trial}-1/`,
      maxRuntimeSeconds: 3600,
      ...more,
    });
  }

  /** The environment that a worker gets of the host. */
  get environment(): Record<string, string> {
    const base = join(this.folder, 'host');
    mkdirSync(base, { recursive: true });
    const { port } = this.server.address() as AddressInfo;
    return {
      PYTHONPATH: PACKAGE_FOLDER,
      PYTHONDONTWRITEBYTECODE: '1',
      SAGEMAKER_BASE_DIR: base,
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      CDK_HPO_WORKER_FUNCTION: FUNCTION,
      CDK_HPO_WORKER_STUDY: STUDY,
      TMPDIR: this.folder,
      // no GPU of the machine that the tests run on.
      CUDA_VISIBLE_DEVICES: '',
    };
  }

  /** Starts a worker whose trials run lines of Python, or of the shell. */
  worker(
    program: { readonly python?: string[]; readonly shell?: string },
    args: string[] = [],
    env: Record<string, string> = {},
  ): Running {
    const words = program.python ? [PYTHON!, '-c', program.python.join('\n')] : ['/bin/sh', '-c', program.shell ?? ''];
    return this.launch([PYTHON!, '-m', 'cdk_hpo_worker', 'worker', ...args, '--', ...words], env);
  }

  launch(command: string[], env: Record<string, string> = {}): Running {
    const running = start(command, { ...this.environment, ...env }, this.folder);
    this.running.push(running);
    return running;
  }

  /** Resolves when the condition holds, which is asked at each call. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const watcher = () => {
        if (!condition()) return;
        this.watchers.delete(watcher);
        resolve();
      };
      this.watchers.add(watcher);
    });
  }

  outcomeOf(trial: number): Outcome | undefined {
    return this.recorded.find((entry) => entry.trial === trial)?.outcome;
  }

  callsOf(name: string): Call[] {
    return this.calls.filter(({ call }) => call === name);
  }

  /** The text of an object, or undefined. */
  object(key: string): string | undefined {
    const uri = `s3://bucket/${key}`;
    return this.store.exists(uri) ? this.store.get(uri).toString() : undefined;
  }

  keys(prefix: string): string[] {
    return this.store.list(`s3://bucket/${prefix}`).map(({ key }) => key.slice(prefix.length));
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = request.url ?? '';
    if (url.startsWith('/2015-03-31/functions/')) {
      this.answerLambda(decodeURIComponent(url.split('/')[3]), body, response);
    } else {
      const call = `${request.method} ${url.replace('/bucket/', '')}`;
      this.s3Calls.push(call);
      const status = this.interceptS3(call);
      if (status !== undefined) response.writeHead(status).end();
      else this.s3(request, response, body);
    }
    for (const watcher of [...this.watchers]) watcher();
  }

  private answerLambda(name: string, body: Buffer, response: ServerResponse): void {
    if (name !== FUNCTION) {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
      return;
    }
    const call = JSON.parse(body.toString()) as Call;
    this.calls.push(call);
    const intercepted = this.intercept(call);
    if (intercepted === 'never') return;
    if (intercepted === 'drop') {
      response.destroy();
      return;
    }
    const { status = 200, functionError = false, body: answer } = intercepted ?? { body: this.react(call) };
    response.writeHead(status, functionError ? { 'X-Amz-Function-Error': 'Unhandled' } : {});
    response.end(JSON.stringify(answer));
  }

  private react(call: Call): Record<string, unknown> {
    if (call.call === 'join') {
      return { worker: ++this.workers, heartbeatSeconds: 0.1, fenceSeconds: 5, ...this.job };
    }
    if (call.call === 'heartbeat') return this.heartbeat;
    if (call.call === 'prepare') return { prepared: 1 };
    const key = [call.worker, call.slot, call.turn].join('/');
    const known = this.answers.get(key);
    if (known !== undefined) return known;
    if (call.call === 'record') {
      const { trial, attempt, outcome } = call as unknown as Recorded;
      this.recorded.push({ trial, attempt, outcome, at: performance.now() });
    }
    const answer = { ...(this.queue.shift() ?? this.idle), turn: call.turn };
    this.answers.set(key, answer);
    return answer;
  }
}

/** How the study refuses a call. */
export function refusal(errorType: string, errorMessage = 'no'): FakeAnswer {
  return { functionError: true, body: { errorType, errorMessage } };
}

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the condition holds, for what no call tells. */
export async function eventually(condition: () => boolean, seconds = 10): Promise<void> {
  const latest = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > latest) throw new Error(`the condition does not hold after ${seconds} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
