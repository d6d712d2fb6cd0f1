import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RealClock } from '../clock';
import { InstanceFailure } from './errors';

export interface InstanceOptions {
  readonly functionName: string;
  readonly functionArn: string;
  readonly codeFolder: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly onLog: (text: string) => void;
}

export interface InstanceAnswer {
  /** JSON text. */
  readonly payload: string;
  readonly failed: boolean;
}

type WorkerMessage =
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'answer' | 'error'; readonly requestId: string; readonly payload: string };

interface Pending {
  readonly requestId: string;
  readonly resolve: (answer: InstanceAnswer) => void;
  readonly reject: (failure: InstanceFailure) => void;
}

// a worker's time is real whatever clock the study runs on.
const WALL = new RealClock();

/** One execution environment of a function: a worker thread that answers one invocation after another. */
export class Instance {
  private readonly worker: Worker;
  private pending?: Pending;
  private crash?: InstanceFailure;
  private ended = false;

  constructor(private readonly options: InstanceOptions) {
    this.worker = new Worker(join(__dirname, 'bootstrap.cjs'), {
      env: { ...options.environment },
      // loaders and flags of the runtime's own process are none of the function's business.
      execArgv: [],
      argv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.memoryMb },
      workerData: {
        codeFolder: options.codeFolder,
        handler: options.handler,
        functionName: options.functionName,
        functionArn: options.functionArn,
        memoryMb: options.memoryMb,
      },
    });
    // what the worker prints past the bootstrap, such as node's own warnings.
    this.worker.stdout.on('data', (chunk: Buffer) => options.onLog(chunk.toString('utf8')));
    this.worker.stderr.on('data', (chunk: Buffer) => options.onLog(chunk.toString('utf8')));
    this.worker.on('message', (message: WorkerMessage) => this.receive(message));
    this.worker.on('error', (error: unknown) => {
      this.crash = crashOf(error);
    });
    this.worker.on('exit', (code) => this.exited(code));
    this.worker.unref();
  }

  /** Whether the instance can take no further invocation. */
  get dead(): boolean {
    return this.ended || this.crash !== undefined;
  }

  /** Answers the invocation, or rejects with an `InstanceFailure` after which the instance is dead. */
  async invoke(requestId: string, payload: string, now: number | undefined): Promise<InstanceAnswer> {
    const timeoutMs = this.options.timeoutSeconds * 1000;
    const answered = new AbortController();
    this.worker.ref();
    const answer = new Promise<InstanceAnswer>((resolve, reject) => {
      this.pending = { requestId, resolve, reject };
    });
    this.worker.postMessage({ requestId, payload, now, timeoutMs });
    WALL.sleep(timeoutMs, answered.signal).then(
      () => this.timedOut(requestId),
      () => undefined,
    );
    try {
      return await answer;
    } finally {
      answered.abort();
      this.pending = undefined;
      this.worker.unref();
    }
  }

  async terminate(): Promise<void> {
    this.ended = true;
    await this.worker.terminate();
  }

  private receive(message: WorkerMessage): void {
    if (message.type === 'log') {
      this.options.onLog(message.text);
    } else if (this.pending?.requestId === message.requestId) {
      this.pending.resolve({ payload: message.payload, failed: message.type === 'error' });
    }
  }

  private timedOut(requestId: string): void {
    const seconds = this.options.timeoutSeconds.toFixed(2);
    const failure = new InstanceFailure('Sandbox.Timedout', `Task timed out after ${seconds} seconds`);
    this.ended = true;
    const { pending } = this;
    void this.worker.terminate();
    if (pending?.requestId === requestId) pending.reject(failure);
  }

  private exited(code: number): void {
    this.ended = true;
    this.pending?.reject(
      this.crash ?? new InstanceFailure('Runtime.ExitError', `Runtime exited with error: exit status ${code}`),
    );
  }
}

function crashOf(error: unknown): InstanceFailure {
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new InstanceFailure('Runtime.OutOfMemory', 'Runtime exited with error: signal: killed (out of memory)');
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new InstanceFailure('Runtime.UnhandledError', `Runtime exited with an uncaught error: ${message}`);
}
