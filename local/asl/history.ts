import { Clock } from '../clock';
import { HistoryLimitError } from './errors';

/** The most events of one execution on AWS. */
export const MAX_HISTORY_EVENTS = 25_000;

/** An event in the shape of GetExecutionHistory; its details stand under `<type>EventDetails`. */
export interface HistoryEvent {
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly type: string;
  readonly id: number;
  readonly previousEventId: number;
  readonly [details: string]: unknown;
}

/** Where a branch stands: the id of its last event. */
export interface Cursor {
  previous: number;
}

export class History {
  readonly events: HistoryEvent[] = [];
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly listener?: (event: HistoryEvent) => void,
  ) {}

  /** Adds an event of a branch and answers its id. */
  add(cursor: Cursor, type: string, details: Readonly<Record<string, unknown>> = {}): number {
    const id = this.events.length + 1;
    // a branch that hasn't noticed the end of its execution yet.
    if (this.closed) return id;
    if (id >= MAX_HISTORY_EVENTS && type !== 'ExecutionSucceeded') {
      throw new HistoryLimitError(
        `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
      );
    }
    this.push({ timestamp: this.clock.now() / 1000, type, id, previousEventId: cursor.previous, ...details });
    cursor.previous = id;
    return id;
  }

  /** Adds the last event of the execution; later ones are dropped. */
  close(type: string, details: Readonly<Record<string, unknown>>): void {
    const id = this.events.length + 1;
    this.push({ timestamp: this.clock.now() / 1000, type, id, previousEventId: id - 1, ...details });
    this.closed = true;
  }

  private push(event: HistoryEvent): void {
    this.events.push(event);
    this.listener?.(event);
  }
}
