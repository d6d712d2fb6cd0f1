import { randomUUID } from 'node:crypto';

export const STEP_FUNCTIONS_SOURCE = 'aws.states';
export const EXECUTION_STATUS_CHANGE = 'Step Functions Execution Status Change';

/** What an event may carry of input and output, each as an escaped text. */
const MAX_DATA_BYTES = 248 * 1024;

/** The fields of DescribeExecution that the event shows. */
export interface DescribedExecution {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  /** Seconds since the epoch. */
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount?: number;
  readonly redriveStatus?: string;
  readonly redriveStatusReason?: string;
}

/** The event that Step Functions sends to EventBridge when an execution has come to a status. */
export function executionStatusEvent(
  execution: DescribedExecution,
  status: string,
  now: number,
): Record<string, unknown> {
  const { executionArn } = execution;
  const [, , , region, account] = executionArn.split(':');
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': EXECUTION_STATUS_CHANGE,
    source: STEP_FUNCTIONS_SOURCE,
    account,
    time: `${new Date(now).toISOString().slice(0, 19)}Z`,
    region,
    resources: [executionArn],
    detail: detailOf(execution, status),
  };
}

function detailOf(execution: DescribedExecution, status: string): Record<string, unknown> {
  const { executionArn, stateMachineArn, name, startDate, stopDate, input } = execution;
  // an execution of few states may have ended before the event of its start is told.
  const isRunning = status === 'RUNNING';
  const output = isRunning ? undefined : execution.output;
  const outputBytes = output === undefined ? 0 : escapedBytes(output);
  const hasInput = escapedBytes(input) + outputBytes <= MAX_DATA_BYTES;
  const hasOutput = outputBytes <= MAX_DATA_BYTES;
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: milliseconds(startDate),
    stopDate: isRunning || stopDate === undefined ? null : milliseconds(stopDate),
    input: hasInput ? input : null,
    inputDetails: { included: hasInput },
    output: output !== undefined && hasOutput ? output : null,
    outputDetails: output === undefined ? null : { included: hasOutput },
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: execution.redriveCount ?? 0,
    redriveDate: null,
    redriveStatus: execution.redriveStatus ?? null,
    redriveStatusReason: execution.redriveStatusReason ?? null,
    error: isRunning ? null : (execution.error ?? null),
    cause: isRunning ? null : (execution.cause ?? null),
  };
}

function escapedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
