/** A line as CloudWatch Logs keeps it. */
export interface LogEvent {
  /** 56 digits, increasing within a stream. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

const ID_DIGITS = 56;
const TIME_DIGITS = 16;

/** The log stream of one training job. */
export class LogStream {
  readonly name: string;
  private count = 0;

  /** @param now when the first line came, in milliseconds */
  constructor(jobName: string, now: number) {
    this.name = `${jobName}/algo-1-${Math.floor(now / 1000)}`;
  }

  append(message: string, timestamp: number): LogEvent {
    const time = `3${String(Math.floor(timestamp)).padStart(TIME_DIGITS - 1, '0')}`;
    const id = time + String(this.count++).padStart(ID_DIGITS - TIME_DIGITS, '0');
    return { id, timestamp, message };
  }
}
