import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { HistoryEvent } from '../asl';
import { lockFolder } from './lock';
import { ExecutionRecord, MapRunRecord } from './records';

/** The executions and map runs of the service: in memory and, with a folder, on disk. */
export class ExecutionStore {
  readonly executions = new Map<string, ExecutionRecord>();
  readonly mapRuns = new Map<string, MapRunRecord>();
  /** Histories that memory holds: all without a folder, those of running executions with one. */
  private readonly histories = new Map<string, HistoryEvent[]>();
  private readonly unlock: () => void = () => undefined;

  constructor(private readonly folder?: string) {
    if (folder === undefined) return;
    mkdirSync(join(folder, 'executions'), { recursive: true });
    mkdirSync(join(folder, 'map-runs'), { recursive: true });
    this.unlock = lockFolder(folder);
    for (const record of readRecords<ExecutionRecord>(join(folder, 'executions'))) {
      this.executions.set(record.executionArn, record);
    }
    for (const record of readRecords<MapRunRecord>(join(folder, 'map-runs'))) this.mapRuns.set(record.arn, record);
  }

  close(): void {
    this.unlock();
  }

  start(record: ExecutionRecord): void {
    this.executions.set(record.executionArn, record);
    this.histories.set(record.executionArn, []);
    this.save(record);
  }

  /** Keeps the record as it is now. */
  save(record: ExecutionRecord): void {
    if (this.folder !== undefined) replace(this.path('executions', record.executionArn, '.json'), record);
  }

  saveMapRun(record: MapRunRecord): void {
    this.mapRuns.set(record.arn, record);
    if (this.folder !== undefined) replace(this.path('map-runs', record.arn, '.json'), record);
  }

  append(executionArn: string, event: HistoryEvent): void {
    this.histories.get(executionArn)?.push(event);
    if (this.folder !== undefined) {
      appendFileSync(this.path('executions', executionArn, '.history.jsonl'), `${JSON.stringify(event)}\n`);
    }
  }

  /** Lets memory forget the history of an ended execution where the disk has it. */
  release(executionArn: string): void {
    if (this.folder !== undefined) this.histories.delete(executionArn);
  }

  history(executionArn: string): readonly HistoryEvent[] {
    return this.histories.get(executionArn) ?? this.readHistory(executionArn).events;
  }

  /** Ends a history that a killed process left open, cutting off a line that it could only write in part. */
  resume(executionArn: string): readonly HistoryEvent[] {
    const { events, bytes } = this.readHistory(executionArn);
    const path = this.path('executions', executionArn, '.history.jsonl');
    if (existsSync(path)) truncateSync(path, bytes);
    return events;
  }

  private readHistory(executionArn: string): { events: HistoryEvent[]; bytes: number } {
    const path = this.folder === undefined ? '' : this.path('executions', executionArn, '.history.jsonl');
    if (!existsSync(path)) return { events: [], bytes: 0 };
    const events: HistoryEvent[] = [];
    let bytes = 0;
    for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
      try {
        events.push(JSON.parse(line) as HistoryEvent);
      } catch {
        // everything after a broken line is doubtful.
        break;
      }
      bytes += Buffer.byteLength(line) + 1;
    }
    return { events, bytes };
  }

  private path(kind: string, arn: string, suffix: string): string {
    const name = arn
      .slice(arn.lastIndexOf(':') + 1)
      .replaceAll(/[^A-Za-z0-9_-]/g, '')
      .slice(0, 40);
    const hash = createHash('sha256').update(arn).digest('hex').slice(0, 16);
    return join(this.folder!, kind, `${name}-${hash}${suffix}`);
  }
}

/** Writes a file whole or not at all. */
function replace(path: string, value: unknown): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(value));
  renameSync(`${path}.tmp`, path);
}

function readRecords<T>(folder: string): T[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as T);
}
