import type { LocalRuntime } from '../../local/runtime';
import {
  CALL_SECONDS,
  LAMBDA_GB_SECOND,
  LAMBDA_REQUEST,
  READ_UNIT,
  SEARCH_SECONDS,
  TRANSITION,
  WRITE_UNIT,
} from './orchestration-prices';

/** What the study has asked of AWS beside the instances. */
export interface Orchestration {
  readonly transitions: number;
  readonly invocations: number;
  readonly reads: number;
  readonly writes: number;
  readonly usd: number;
  /** How often the state machine has called each operation that starts a job. */
  readonly starts: Readonly<Record<string, number>>;
}

/** States that ask the search. */
const SEARCHING = /NextTrial|RecordTrial/;

const START = /^create|^submit/;

/** Counts what a runtime does from now on, and what it would cost on AWS. */
export class Meter {
  private transitions = 0;
  private invocations = 0;
  private gigabyteSeconds = 0;
  private readonly starts: Record<string, number> = {};
  /** Units of what was counted several times. */
  private readonly more = { reads: 0, writes: 0 };
  private before: Promise<unknown> = Promise.resolve();

  constructor(private readonly runtime: LocalRuntime) {
    runtime.stepFunctions.onEvent(({ event }) => {
      if (event.type.endsWith('StateEntered')) this.transitions++;
      if (event.type === 'TaskScheduled') this.scheduled(event.taskScheduledEventDetails as ScheduledTask);
    });
  }

  /** Invokes a function of the app, as training code and workers do. */
  async invoke(name: string, payload: unknown, searches = false): Promise<unknown> {
    this.count(name, searches);
    return this.call(name, payload);
  }

  /** The same, counted as if it had been invoked `times`, one after another. */
  async invokeFor(times: number, name: string, payload: unknown): Promise<unknown> {
    const invoked = this.before.then(async () => {
      const { reads, writes } = this.runtime.dynamoDb.used;
      const answer = await this.call(name, payload);
      this.more.reads += (times - 1) * (this.runtime.dynamoDb.used.reads - reads);
      this.more.writes += (times - 1) * (this.runtime.dynamoDb.used.writes - writes);
      return answer;
    });
    this.before = invoked.catch(() => undefined);
    this.count(name, false, times);
    return invoked;
  }

  private async call(name: string, payload: unknown): Promise<unknown> {
    const answer = await this.runtime.lambda.invoke(name, payload);
    if (answer.functionError) throw new Error(`${name}: ${JSON.stringify(answer.payload)}`);
    return answer.payload;
  }

  read(): Orchestration {
    const { transitions, invocations, starts } = this;
    const { used } = this.runtime.dynamoDb;
    const [reads, writes] = [used.reads + this.more.reads, used.writes + this.more.writes];
    const lambda = invocations * LAMBDA_REQUEST + this.gigabyteSeconds * LAMBDA_GB_SECOND;
    const usd = transitions * TRANSITION + lambda + reads * READ_UNIT + writes * WRITE_UNIT;
    return { transitions, invocations, reads, writes, usd, starts };
  }

  private scheduled({ resourceType, resource, parameters }: ScheduledTask): void {
    if (resourceType === 'lambda') {
      const { FunctionName } = JSON.parse(parameters) as { FunctionName: string };
      this.count(FunctionName, SEARCHING.test(FunctionName));
    } else if (START.test(resource)) {
      const operation = resource.replace('.sync', '');
      this.starts[operation] = (this.starts[operation] ?? 0) + 1;
    }
  }

  private count(name: string, searches: boolean, times = 1): void {
    this.invocations += times;
    const gigabytes = this.runtime.lambda.describe(name).memoryMb / 1024;
    this.gigabyteSeconds += times * gigabytes * (searches ? SEARCH_SECONDS : CALL_SECONDS);
  }
}

interface ScheduledTask {
  readonly resourceType: string;
  readonly resource: string;
  readonly parameters: string;
}
