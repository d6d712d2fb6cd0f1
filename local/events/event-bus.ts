import type { Clock } from '../clock';
import type { StepFunctionsService } from '../step-functions';
import type { AsyncInvoker } from './async-invoker';
import type { ExecutionRule } from './execution-rules';
import { executionStatusEvent } from './execution-status-event';
import type { DescribedExecution } from './execution-status-event';

export interface EventBusOptions {
  readonly rules: readonly ExecutionRule[];
  readonly stepFunctions: StepFunctionsService;
  readonly invoker: AsyncInvoker;
  readonly clock: Clock;
}

/** The history event with which an execution comes to a status. */
const STATUS_OF: Readonly<Record<string, string>> = {
  ExecutionStarted: 'RUNNING',
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/** The default event bus, as far as executions send to it: invokes the functions of the rules that match. */
export class EventBus {
  private readonly unsubscribe: () => void;

  constructor(private readonly options: EventBusOptions) {
    const { rules, stepFunctions, invoker, clock } = options;
    this.unsubscribe =
      rules.length === 0
        ? () => undefined
        : stepFunctions.onEvent(({ executionArn, event }) => {
            const status = STATUS_OF[event.type];
            if (status !== undefined) void invoker.hold(this.send(executionArn, status, clock.now()));
          });
  }

  close(): void {
    this.unsubscribe();
  }

  private async send(executionArn: string, status: string, now: number): Promise<void> {
    const { rules, stepFunctions, invoker } = this.options;
    // answered after the call that recorded the event, so that the record shows the end as well.
    const execution = (await stepFunctions.handle('DescribeExecution', { executionArn })) as DescribedExecution;
    const event = executionStatusEvent(execution, status, now);
    for (const { name, matches, targets } of rules) {
      if (!matches(event)) continue;
      for (const { functionArn, inputOf } of targets) {
        void invoker.invoke({ functionArn, payload: inputOf(event), source: `the rule ${name}` });
      }
    }
  }
}
