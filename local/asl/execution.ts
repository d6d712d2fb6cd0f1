import { newController } from './abort';
import { runBranch } from './branch';
import { Processor, StateMachineDefinition } from './definition';
import { HistoryLimitError, Interrupted, StatesError } from './errors';
import type { Level } from './frame';
import { ExecutionHost } from './host';
import { History } from './history';
import { Scope } from './scope';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionOptions {
  /** Ends with a colon where the name is still to be given. */
  readonly arn: string;
  readonly stateMachine: { readonly arn: string; readonly name: string };
  readonly definition: Processor | StateMachineDefinition;
  /** JSON text. */
  readonly input: string;
  readonly roleArn?: string;
  /** Set for a child of a Distributed Map. */
  readonly mapRunArn?: string;
  /** What `$states.context` is, in place of what the execution would make of itself and its states. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** One execution of a state machine. */
export class Execution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachine: { readonly arn: string; readonly name: string };
  readonly input: string;
  readonly roleArn: string;
  readonly mapRunArn?: string;
  readonly history: History;
  readonly context: Readonly<Record<string, unknown>>;
  readonly isContextGiven: boolean;
  /** Milliseconds since the epoch. */
  readonly startDate: number;
  stopDate?: number;
  status: ExecutionStatus = 'RUNNING';
  /** JSON text. */
  output?: string;
  error?: string;
  cause?: string;
  private readonly definition: Processor | StateMachineDefinition;
  private readonly controller = newController();
  /** Resolves when the execution has ended. */
  readonly ended: Promise<void>;
  private markEnded!: () => void;

  constructor(
    readonly host: ExecutionHost,
    options: ExecutionOptions,
  ) {
    this.arn = options.arn.endsWith(':') ? `${options.arn}${host.uniqueName()}` : options.arn;
    this.name = this.arn.slice(this.arn.lastIndexOf(':') + 1);
    this.stateMachine = options.stateMachine;
    this.definition = options.definition;
    this.input = options.input;
    this.roleArn = options.roleArn ?? `arn:aws:iam::${host.account}:role/local`;
    this.mapRunArn = options.mapRunArn;
    this.startDate = host.clock.now();
    this.history = new History(host.clock, (event) => host.executionEvent?.(this, event));
    this.isContextGiven = options.context !== undefined;
    this.context = options.context ?? {
      Execution: {
        Id: this.arn,
        Input: JSON.parse(this.input) as unknown,
        Name: this.name,
        RoleArn: this.roleArn,
        StartTime: new Date(this.startDate).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: this.stateMachine.arn, Name: this.stateMachine.name },
    };
    this.ended = new Promise((resolve) => (this.markEnded = resolve));
  }

  /** Runs to the end. Never rejects: how it ended stands in `status`, `output`, `error` and `cause`. */
  run(): Promise<void> {
    this.host.executionStarted?.(this);
    this.history.add({ previous: 0 }, 'ExecutionStarted', {
      executionStartedEventDetails: {
        input: this.input,
        inputDetails: { truncated: false },
        roleArn: this.roleArn,
      },
    });
    this.limitTime();
    this.branch(this.definition, JSON.parse(this.input), {
      scope: new Scope(),
      cursor: { previous: 0 },
      signal: this.controller.signal,
      nested: false,
    }).then(
      (output) => this.end('SUCCEEDED', { output: JSON.stringify(output) }),
      (e: unknown) => this.fail(e),
    );
    return this.ended;
  }

  /** Stops it as StopExecution does; its tasks and the children of its map runs are stopped with it. */
  stop(error?: string, cause?: string): void {
    this.end('ABORTED', { error, cause });
  }

  /** Runs states within this execution: a branch of Parallel, an iteration of an inline Map. */
  branch(processor: Processor, input: unknown, level: Omit<Level, 'execution'>): Promise<unknown> {
    return runBranch(processor, input, { execution: this, ...level });
  }

  /** An execution of its own for a Distributed Map, not started yet. */
  child(options: ExecutionOptions): Execution {
    return new Execution(this.host, options);
  }

  private limitTime(): void {
    const limit = 'TimeoutSeconds' in this.definition ? this.definition.TimeoutSeconds : undefined;
    if (limit === undefined) return;
    this.host.clock.sleep(limit * 1000, this.controller.signal).then(
      () => this.end('TIMED_OUT', {}),
      () => undefined,
    );
  }

  private fail(e: unknown): void {
    if (e instanceof Interrupted) return;
    if (e instanceof StatesError) this.end('FAILED', { error: e.error, cause: e.causeText });
    else if (e instanceof HistoryLimitError) this.end('FAILED', { error: 'States.Runtime', cause: e.message });
    // a defect of the interpreter: reported as AWS reports its own, with the stack to find it by.
    else this.end('FAILED', { error: 'States.Runtime', cause: (e as Error)?.stack ?? String(e) });
  }

  private end(
    status: Exclude<ExecutionStatus, 'RUNNING'>,
    { output, error, cause }: { output?: string; error?: string; cause?: string },
  ): void {
    if (this.status !== 'RUNNING') return;
    this.status = status;
    this.stopDate = this.host.clock.now();
    this.output = output;
    this.error = error;
    this.cause = cause;
    const type = {
      SUCCEEDED: 'ExecutionSucceeded',
      FAILED: 'ExecutionFailed',
      TIMED_OUT: 'ExecutionTimedOut',
      ABORTED: 'ExecutionAborted',
    }[status];
    const details =
      status === 'SUCCEEDED'
        ? { output, outputDetails: { truncated: false } }
        : { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    this.history.close(type, { [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: details });
    this.controller.abort(new Interrupted('execution'));
    this.host.executionEnded?.(this);
    this.markEnded();
  }
}
