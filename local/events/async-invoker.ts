import { setMaxListeners } from 'node:events';
import { RealClock } from '../clock';
import type { Clock } from '../clock';
import type { LambdaService } from '../lambda';
import { ServiceError } from '../service';

export interface AsyncInvokerOptions {
  readonly lambda: LambdaService;
  readonly clock: Clock;
  /** Takes a sentence about an event that is lost. */
  readonly notice: (text: string) => void;
  /** How long `close` waits for functions that still run. @default 10 */
  readonly closeSeconds?: number;
}

export interface AsyncInvocation {
  readonly functionArn: string;
  readonly payload: unknown;
  /** What invokes the function, for the message about a failure: `the rule Hpo-Rule`. */
  readonly source: string;
}

/** Before the second attempt and before the third. */
const RETRY_WAITS_SECONDS = [60, 120];
const DEFAULT_CLOSE_SECONDS = 10;

// a function runs in real time, whatever clock the study runs on.
const WALL = new RealClock();

/** Asynchronous invocations, with the retries that Lambda makes of one that fails. */
export class AsyncInvoker {
  private readonly held = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(private readonly options: AsyncInvokerOptions) {
    // one listener for each pause.
    setMaxListeners(0, this.closing.signal);
  }

  /** Resolves once the function has succeeded or is given up, with a notice; never rejects. */
  invoke(invocation: AsyncInvocation): Promise<void> {
    return this.hold(this.deliver(invocation));
  }

  /** Work that leads to invocations, which `close` awaits with them. */
  hold(work: Promise<void>): Promise<void> {
    const held = work
      .catch((error: unknown) => this.options.notice(`An event is lost: ${(error as Error).message}`))
      .finally(() => this.held.delete(held));
    this.held.add(held);
    return held;
  }

  /** A wait on the clock, cut short when the runtime closes: nothing is lost, it only comes earlier. */
  async pause(seconds: number): Promise<void> {
    await this.options.clock.sleep(seconds * 1000, this.closing.signal).catch(() => undefined);
  }

  /** Lets everything that is under way come to its end, without further pauses and for a bounded time. */
  async close(): Promise<void> {
    const { closeSeconds = DEFAULT_CLOSE_SECONDS, notice } = this.options;
    this.closing.abort(new Error('the local runtime closes.'));
    const settled = new AbortController();
    const late = WALL.sleep(closeSeconds * 1000, settled.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([late, this.settle().then(() => false)]);
    settled.abort(new Error('all invocations have ended.'));
    if (isLate) {
      const count = this.held.size;
      notice(
        `The local runtime closed before ${count} asynchronous invocation(s) had ended: what they still did is lost.`,
      );
    }
  }

  private async settle(): Promise<void> {
    // the end of one may begin another.
    while (this.held.size > 0) await Promise.all(this.held);
  }

  private async deliver({ functionArn, payload, source }: AsyncInvocation): Promise<void> {
    const { lambda, notice } = this.options;
    const { name, asyncRetryAttempts = RETRY_WAITS_SECONDS.length } = lambda.describe(functionArn);
    const maxRetries = Math.min(asyncRetryAttempts, RETRY_WAITS_SECONDS.length);
    for (let retries = 0; ; retries++) {
      const failure = await this.attempt(functionArn, payload);
      if (failure === undefined) return;
      if (failure.isFinal || retries >= maxRetries) {
        const attempts = retries === 0 ? '1 attempt' : `${retries + 1} attempts`;
        notice(
          `The function ${name}, invoked by ${source}, failed after ${attempts} and its event is lost: ` +
            `${failure.message} What it printed: ${lambda.logFile(functionArn)}`,
        );
        return;
      }
      await this.pause(RETRY_WAITS_SECONDS[retries]);
    }
  }

  private async attempt(
    functionArn: string,
    payload: unknown,
  ): Promise<{ readonly message: string; readonly isFinal: boolean } | undefined> {
    try {
      const { functionError, payload: answer } = await this.options.lambda.invoke(functionArn, payload);
      if (functionError === undefined) return undefined;
      const { errorType, errorMessage } = answer as { errorType?: string; errorMessage?: string };
      return { message: `${errorType}: ${errorMessage}`, isFinal: false };
    } catch (error) {
      // what the service refuses, such as a function that can't run locally, it refuses again.
      return { message: (error as Error).message, isFinal: error instanceof ServiceError };
    }
  }
}
