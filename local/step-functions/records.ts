import { ExecutionStatus, MapRun } from '../asl';

/** What is kept of an execution, on disk too. Times are milliseconds since the epoch. */
export interface ExecutionRecord {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly startDate: number;
  /** JSON text. */
  readonly input: string;
  /** Set for a child of a Distributed Map. */
  readonly mapRunArn?: string;
  status: ExecutionStatus;
  stopDate?: number;
  /** JSON text. */
  output?: string;
  error?: string;
  cause?: string;
}

export type MapRunRecord = MapRun;
