import { Counts, HistoryEvent } from '../asl';
import { ExecutionRecord, MapRunRecord } from './records';

const seconds = (millis: number) => millis / 1000;
const stop = (millis: number | undefined) => (millis === undefined ? {} : { stopDate: millis / 1000 });
const without = <T>(value: T | undefined, name: string) => (value === undefined ? {} : { [name]: value });

/** The answer of DescribeExecution. */
export function describeExecution(record: ExecutionRecord): Record<string, unknown> {
  return {
    executionArn: record.executionArn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.status,
    startDate: seconds(record.startDate),
    ...stop(record.stopDate),
    input: record.input,
    inputDetails: { included: true },
    ...(record.output === undefined ? {} : { output: record.output, outputDetails: { included: true } }),
    ...without(record.error, 'error'),
    ...without(record.cause, 'cause'),
    ...without(record.mapRunArn, 'mapRunArn'),
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local runtime does not redrive executions',
  };
}

export function listedExecution(record: ExecutionRecord): Record<string, unknown> {
  return {
    executionArn: record.executionArn,
    stateMachineArn: record.stateMachineArn,
    name: record.name,
    status: record.status,
    startDate: seconds(record.startDate),
    ...stop(record.stopDate),
    ...without(record.mapRunArn, 'mapRunArn'),
    redriveCount: 0,
  };
}

/** The answer of DescribeMapRun. */
export function describeMapRun(record: MapRunRecord): Record<string, unknown> {
  return {
    mapRunArn: record.arn,
    executionArn: record.executionArn,
    status: record.status,
    startDate: seconds(record.startDate),
    ...stop(record.stopDate),
    maxConcurrency: record.maxConcurrency,
    toleratedFailureCount: record.toleratedFailureCount,
    toleratedFailurePercentage: record.toleratedFailurePercentage,
    itemCounts: counts(record.counts),
    executionCounts: counts(record.counts),
    redriveCount: 0,
  };
}

export function listedMapRun(record: MapRunRecord): Record<string, unknown> {
  return {
    executionArn: record.executionArn,
    mapRunArn: record.arn,
    stateMachineArn: record.stateMachineArn,
    startDate: seconds(record.startDate),
    ...stop(record.stopDate),
  };
}

function counts(of: Counts): Record<string, number> {
  return { ...of, resultsWritten: 0, failuresNotRedrivable: 0, pendingRedrive: 0 };
}

/** Leaves inputs and outputs out of an event's details, as `includeExecutionData: false` asks. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  const data = ['input', 'inputDetails', 'output', 'outputDetails', 'parameters', 'assignedVariables'];
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).filter(([name]) => !data.includes(name)))
        : value,
    ]),
  ) as unknown as HistoryEvent;
}
