import { gzipSync } from 'node:zlib';
import type { AsyncInvoker } from '../events';
import type { LogEvent } from './log-stream';
import { TRAINING_LOG_GROUP } from './training-job-subscriptions';
import type { TrainingJobSubscription } from './training-job-subscriptions';

export interface StreamDeliveryOptions {
  readonly subscription: TrainingJobSubscription;
  readonly streamName: string;
  readonly account: string;
  readonly invoker: AsyncInvoker;
  /** How long lines are collected before they are delivered. */
  readonly delaySeconds: number;
}

const MAX_BATCH_EVENTS = 100;
/** A batch has at least one line, however long. */
const MAX_BATCH_CHARACTERS = 262_144;

/** Brings the lines of one stream to one subscription, in their order: one batch at a time. */
export class StreamDelivery {
  private readonly waiting: LogEvent[] = [];
  private isRunning = false;

  constructor(private readonly options: StreamDeliveryOptions) {}

  add(event: LogEvent): void {
    if (!this.options.subscription.matches(event.message)) return;
    this.waiting.push(event);
    if (this.isRunning) return;
    this.isRunning = true;
    void this.options.invoker.hold(this.run());
  }

  private async run(): Promise<void> {
    const { invoker, subscription, delaySeconds } = this.options;
    while (this.waiting.length > 0) {
      if (this.waiting.length < MAX_BATCH_EVENTS) await invoker.pause(delaySeconds);
      await invoker.invoke({
        functionArn: subscription.functionArn,
        payload: this.payloadOf(this.nextBatch()),
        source: `the subscription filter ${subscription.name}`,
      });
    }
    this.isRunning = false;
  }

  private nextBatch(): LogEvent[] {
    let [count, characters] = [0, 0];
    for (const { message } of this.waiting.slice(0, MAX_BATCH_EVENTS)) {
      characters += message.length;
      if (count > 0 && characters > MAX_BATCH_CHARACTERS) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private payloadOf(logEvents: readonly LogEvent[]): unknown {
    const { account, streamName, subscription } = this.options;
    const message = {
      messageType: 'DATA_MESSAGE',
      owner: account,
      logGroup: TRAINING_LOG_GROUP,
      logStream: streamName,
      subscriptionFilters: [subscription.name],
      logEvents,
    };
    return { awslogs: { data: gzipSync(JSON.stringify(message)).toString('base64') } };
  }
}
