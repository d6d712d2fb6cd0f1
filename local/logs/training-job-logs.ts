import type { Clock } from '../clock';
import type { AsyncInvoker } from '../events';
import { LogStream } from './log-stream';
import { StreamDelivery } from './stream-delivery';
import type { TrainingJobSubscription } from './training-job-subscriptions';

export interface TrainingJobLogsOptions {
  readonly subscriptions: readonly TrainingJobSubscription[];
  readonly invoker: AsyncInvoker;
  readonly clock: Clock;
  readonly account: string;
  /** How long lines are collected before they are delivered. @default 1 */
  readonly deliverySeconds?: number;
}

const DEFAULT_DELIVERY_SECONDS = 1;

interface JobLog {
  readonly stream: LogStream;
  readonly deliveries: readonly StreamDelivery[];
}

/** CloudWatch Logs, as far as training jobs go: brings what they print to the functions that have subscribed. */
export class TrainingJobLogs {
  private readonly jobs = new Map<string, JobLog>();

  constructor(private readonly options: TrainingJobLogsOptions) {}

  /** Takes a line that a training job has printed. */
  append(jobName: string, line: string): void {
    // CloudWatch Logs takes no empty event.
    if (this.options.subscriptions.length === 0 || line === '') return;
    const now = this.options.clock.now();
    const { stream, deliveries } = this.jobLog(jobName, now);
    const event = stream.append(line, now);
    for (const delivery of deliveries) delivery.add(event);
  }

  private jobLog(jobName: string, now: number): JobLog {
    const known = this.jobs.get(jobName);
    if (known !== undefined) return known;
    const { subscriptions, invoker, account, deliverySeconds = DEFAULT_DELIVERY_SECONDS } = this.options;
    const stream = new LogStream(jobName, now);
    const deliveries = subscriptions.map(
      (subscription) =>
        new StreamDelivery({ subscription, streamName: stream.name, account, invoker, delaySeconds: deliverySeconds }),
    );
    const made = { stream, deliveries };
    this.jobs.set(jobName, made);
    return made;
  }
}
