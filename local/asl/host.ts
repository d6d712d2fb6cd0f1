import { Clock } from '../clock';
import type { Execution } from './execution';
import { Expressions } from './expression';
import { HistoryEvent } from './history';
import type { MapRun } from './map-run';
import { TaskServices, TaskTokens } from './tasks';

/** What an execution needs from around it. */
export interface ExecutionHost {
  readonly clock: Clock;
  readonly services: TaskServices;
  readonly expressions: Expressions;
  readonly tokens: TaskTokens;
  /** From 0 to below 1: jitter of retries. */
  readonly random: () => number;
  /** Unique names: task tokens, child executions, map runs. */
  readonly uniqueName: () => string;
  readonly region: string;
  readonly account: string;
  /** Reads what an ItemReader names; throws an error whose message becomes the cause. */
  readonly readObject?: (bucket: string, key: string) => Promise<string | Uint8Array>;
  executionStarted?(execution: Execution): void;
  executionEvent?(execution: Execution, event: HistoryEvent): void;
  executionEnded?(execution: Execution): void;
  mapRunStarted?(mapRun: MapRun): void;
  mapRunEnded?(mapRun: MapRun): void;
}
