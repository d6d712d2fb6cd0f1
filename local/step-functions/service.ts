import { randomUUID } from 'node:crypto';
import { Execution, ExecutionHost, Expressions, HistoryEvent, StatesError, TaskServices, TaskTokens } from '../asl';
import { Clock } from '../clock';
import { JsonService, ServiceError } from '../service';
import { endAbandoned } from './abandoned';
import { describeExecution, describeMapRun, listedExecution, listedMapRun, withoutData } from './answers';
import { Fields, arnName, checkFields, constraint, invalid, pageSize } from './input';
import { nestedExecutions } from './nested-executions';
import { page } from './paging';
import { Machines, StateMachine } from './machines';
import { ExecutionRecord } from './records';
import { ExecutionStore } from './store';

export interface StepFunctionsOptions {
  readonly clock: Clock;
  readonly services: TaskServices;
  readonly stateMachines: readonly StateMachine[];
  /** Where executions are kept; without it they live as long as the service. */
  readonly folder?: string;
  readonly region: string;
  readonly account: string;
  /** From 0 to below 1, for `$random()`, `$uuid()` and the jitter of retries. Default `Math.random`. */
  readonly random?: () => number;
  /** Reads what an ItemReader names. */
  readonly readObject?: (bucket: string, key: string) => Promise<string | Uint8Array>;
}

/** An event of an execution as it happens. */
export interface ExecutionEvent {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  /** Set for a child of a Distributed Map. */
  readonly mapRunArn?: string;
  readonly event: HistoryEvent;
}

const MAX_INPUT = 262_144;
/** Characters that no name may have, beside white space and control characters. */
const FORBIDDEN = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;
const STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'];
const PAGING = { maxResults: 'integer', nextToken: 'string' } as const;

/** Step Functions on this machine: the API over the interpreter of `local/asl`. */
export class StepFunctionsService implements JsonService {
  readonly targetPrefix = 'AWSStepFunctions';
  private readonly machines: Machines;
  private readonly running = new Map<string, Execution>();
  private readonly listeners = new Set<(event: ExecutionEvent) => void>();
  private readonly store: ExecutionStore;
  private readonly host: ExecutionHost;
  private readonly services: TaskServices;

  /** Refuses a definition that can't be run, by machine, state and feature. */
  constructor(private readonly options: StepFunctionsOptions) {
    const { clock, random = Math.random } = options;
    this.services = nestedExecutions(options.services, this);
    this.machines = new Machines(options.stateMachines, {
      account: options.account,
      creationDate: clock.now(),
      isSupported: (resource) => this.services.supports(resource),
    });
    this.store = new ExecutionStore(options.folder);
    this.host = {
      clock,
      services: this.services,
      expressions: new Expressions(clock, random),
      tokens: new TaskTokens(),
      random,
      uniqueName: randomUUID,
      region: options.region,
      account: options.account,
      readObject: options.readObject,
      executionStarted: (execution) => {
        this.running.set(execution.arn, execution);
        this.store.start(recordOf(execution));
      },
      executionEvent: (execution, event) => this.record(execution, event),
      executionEnded: (execution) => this.finish(execution),
      mapRunStarted: (mapRun) => this.store.saveMapRun(mapRun),
      mapRunEnded: (mapRun) => this.store.saveMapRun(mapRun),
    };
    endAbandoned(this.store, clock.now());
  }

  /** Frees the folder for another process. Running executions go on. */
  close(): void {
    this.store.close();
  }

  /** Calls the listener for every event of every execution from now on; answers how to stop that. */
  onEvent(listener: (event: ExecutionEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves with what DescribeExecution answers once the execution has ended. */
  async waitForExecution(executionArn: string): Promise<Readonly<ExecutionRecord>> {
    const record = this.execution(executionArn);
    await this.running.get(executionArn)?.ended;
    return record;
  }

  handle(operation: string, input: Record<string, unknown>): Promise<unknown> {
    const known = Object.hasOwn(this.operations, operation) ? this.operations[operation] : undefined;
    if (known === undefined) {
      return Promise.reject(
        new ServiceError(
          'UnknownOperationException',
          `the local Step Functions has no ${operation}: it has ${Object.keys(this.operations).join(', ')}`,
        ),
      );
    }
    return Promise.resolve().then(() => {
      checkFields(operation, input, known.fields);
      return known.run(input as Record<string, string>, input);
    });
  }

  /** Stands for the wire protocol: text fields are read from the first argument, others from the second. */
  private readonly operations: Readonly<
    Record<string, { fields: Fields; run(text: Record<string, string>, input: Record<string, unknown>): unknown }>
  > = {
    StartExecution: {
      fields: { stateMachineArn: 'string!', name: 'string', input: 'string', traceHeader: 'string' },
      run: ({ stateMachineArn, name, input }) => this.start(stateMachineArn, name, input),
    },
    StopExecution: {
      fields: { executionArn: 'string!', error: 'string', cause: 'string' },
      run: ({ executionArn, error, cause }) => {
        const record = this.execution(executionArn);
        checkError(error, cause);
        this.running.get(executionArn)?.stop(error, cause);
        return { stopDate: record.stopDate! / 1000 };
      },
    },
    DescribeExecution: {
      fields: { executionArn: 'string!', includedData: 'string' },
      run: ({ executionArn, includedData }) => {
        const { input, inputDetails, output, outputDetails, ...rest } = describeExecution(this.execution(executionArn));
        if (includedData === 'METADATA_ONLY') return rest;
        return { ...rest, input, inputDetails, ...(output === undefined ? {} : { output, outputDetails }) };
      },
    },
    ListExecutions: {
      fields: { stateMachineArn: 'string', mapRunArn: 'string', statusFilter: 'string', ...PAGING },
      run: (text, input) => this.listExecutions(text, input),
    },
    GetExecutionHistory: {
      fields: { executionArn: 'string!', reverseOrder: 'boolean', includeExecutionData: 'boolean', ...PAGING },
      run: ({ executionArn, nextToken }, input) => {
        this.execution(executionArn);
        const events = this.store.history(executionArn);
        const ordered = input.reverseOrder === true ? [...events].reverse() : events;
        const { items, ...rest } = page(ordered, (event) => String(event.id), pageSize(input), nextToken);
        return { events: input.includeExecutionData === false ? items.map(withoutData) : items, ...rest };
      },
    },
    DescribeStateMachine: {
      fields: { stateMachineArn: 'string!', includedData: 'string' },
      run: ({ stateMachineArn }) => this.machines.describe(this.machines.find(stateMachineArn)),
    },
    DescribeStateMachineForExecution: {
      fields: { executionArn: 'string!', includedData: 'string' },
      run: ({ executionArn }) => {
        const { stateMachineArn } = this.execution(executionArn);
        const {
          creationDate,
          type: _,
          status: __,
          ...rest
        } = this.machines.describe(this.machines.find(stateMachineArn.split('/')[0]));
        return { ...rest, updateDate: creationDate };
      },
    },
    ListStateMachines: {
      fields: PAGING,
      run: ({ nextToken }, input) => {
        const { items, ...rest } = page(this.machines.all, (m) => m.arn, pageSize(input), nextToken);
        return {
          stateMachines: items.map((machine) => this.machines.listed(machine)),
          ...rest,
        };
      },
    },
    ValidateStateMachineDefinition: {
      fields: { definition: 'string!', type: 'string', severity: 'string', maxResults: 'integer' },
      run: ({ definition, type }) => this.machines.validate(definition, type === 'EXPRESS' ? 'EXPRESS' : 'STANDARD'),
    },
    DescribeMapRun: {
      fields: { mapRunArn: 'string!' },
      run: ({ mapRunArn }) => describeMapRun(this.mapRun(mapRunArn)),
    },
    ListMapRuns: {
      fields: { executionArn: 'string!', ...PAGING },
      run: ({ executionArn, nextToken }, input) => {
        this.execution(executionArn);
        const runs = [...this.store.mapRuns.values()].filter((run) => run.executionArn === executionArn);
        const { items, ...rest } = page(newestFirst(runs), (run) => run.arn, pageSize(input), nextToken);
        return { mapRuns: items.map(listedMapRun), ...rest };
      },
    },
    SendTaskSuccess: {
      fields: { taskToken: 'string!', output: 'string!' },
      run: ({ taskToken, output }) => {
        const value = parseJson(output, 'InvalidOutput', 'Invalid Output');
        this.task(taskToken).succeed(value);
        return {};
      },
    },
    SendTaskFailure: {
      fields: { taskToken: 'string!', error: 'string', cause: 'string' },
      run: ({ taskToken, error, cause }) => {
        checkError(error, cause);
        this.task(taskToken).fail(new StatesError(error, cause));
        return {};
      },
    },
    SendTaskHeartbeat: {
      fields: { taskToken: 'string!' },
      run: ({ taskToken }) => {
        this.task(taskToken).heartbeat();
        return {};
      },
    },
  };

  private start(stateMachineArn: string, name: string = randomUUID(), input = '{}'): unknown {
    const machine = this.machines.find(stateMachineArn);
    if (name.length < 1 || name.length > 80 || FORBIDDEN.test(name)) {
      throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
    }
    if (Buffer.byteLength(input) > MAX_INPUT) {
      throw constraint('', 'input', `Member must have length less than or equal to ${MAX_INPUT}`);
    }
    parseJson(input, 'InvalidExecutionInput', 'Invalid State Machine Execution Input');
    const { region, account } = this.options;
    const arn = `arn:aws:states:${region}:${account}:execution:${machine.name}:${name}`;
    const same = this.store.executions.get(arn);
    if (same !== undefined) {
      if (same.status === 'RUNNING' && same.input === input) {
        return { executionArn: arn, startDate: same.startDate / 1000 };
      }
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const execution = new Execution(this.host, {
      arn,
      stateMachine: machine,
      definition: machine.definition,
      input,
      roleArn: machine.roleArn,
    });
    void execution.run();
    return { executionArn: arn, startDate: execution.startDate / 1000 };
  }

  private listExecutions(text: Record<string, string>, input: Record<string, unknown>): unknown {
    const { stateMachineArn, mapRunArn, statusFilter, nextToken } = text;
    if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
      throw invalid("Exactly one of 'stateMachineArn' and 'mapRunArn' must be given");
    }
    if (statusFilter !== undefined && !STATUSES.includes(statusFilter)) {
      throw constraint(
        `'${statusFilter}'`,
        'statusFilter',
        `Member must satisfy enum value set: [${STATUSES.join(', ')}]`,
      );
    }
    if (mapRunArn === undefined) this.machines.find(stateMachineArn);
    else this.mapRun(mapRunArn);
    const found = [...this.store.executions.values()].filter(
      (record) =>
        (mapRunArn === undefined ? record.stateMachineArn === stateMachineArn : record.mapRunArn === mapRunArn) &&
        (statusFilter === undefined || record.status === statusFilter),
    );
    const { items, ...rest } = page(newestFirst(found), (record) => record.executionArn, pageSize(input), nextToken);
    return { executions: items.map(listedExecution), ...rest };
  }

  private record(execution: Execution, event: HistoryEvent): void {
    this.store.append(execution.arn, event);
    for (const listener of this.listeners) {
      try {
        listener({
          executionArn: execution.arn,
          stateMachineArn: execution.stateMachine.arn,
          ...(execution.mapRunArn === undefined ? {} : { mapRunArn: execution.mapRunArn }),
          event,
        });
      } catch (e) {
        // a broken listener must not change the course of an execution.
        process.emitWarning(e as Error);
      }
    }
  }

  private finish(execution: Execution): void {
    const record = this.store.executions.get(execution.arn)!;
    Object.assign(record, recordOf(execution));
    this.store.save(record);
    this.store.release(execution.arn);
    this.running.delete(execution.arn);
  }

  private execution(arn: string): ExecutionRecord {
    arnName(arn, ['execution']);
    const record = this.store.executions.get(arn);
    if (record === undefined) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return record;
  }

  private mapRun(arn: string) {
    arnName(arn, ['mapRun']);
    const record = this.store.mapRuns.get(arn);
    if (record === undefined) throw new ServiceError('ResourceNotFound', `Resource not found: '${arn}'`);
    return record;
  }

  private task(token: string) {
    if (token.length < 1 || token.length > 2048) {
      throw constraint('', 'taskToken', 'Member must have length between 1 and 2048');
    }
    const pending = this.host.tokens.get(token);
    if (pending !== undefined) return pending;
    if (this.host.tokens.isClosed(token)) {
      throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}

function recordOf(execution: Execution): ExecutionRecord {
  return {
    executionArn: execution.arn,
    stateMachineArn: execution.stateMachine.arn,
    name: execution.name,
    roleArn: execution.roleArn,
    startDate: execution.startDate,
    input: execution.input,
    ...(execution.mapRunArn === undefined ? {} : { mapRunArn: execution.mapRunArn }),
    status: execution.status,
    ...(execution.stopDate === undefined ? {} : { stopDate: execution.stopDate }),
    ...(execution.output === undefined ? {} : { output: execution.output }),
    ...(execution.error === undefined ? {} : { error: execution.error }),
    ...(execution.cause === undefined ? {} : { cause: execution.cause }),
  };
}

function newestFirst<T extends { readonly startDate: number }>(records: readonly T[]): T[] {
  // those of one instant in the order in which they came, newest first too.
  return [...records].reverse().sort((a, b) => b.startDate - a.startDate);
}

function parseJson(text: string, code: string, message: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (e) {
    throw new ServiceError(code, `${message}: '${(e as Error).message}'`);
  }
}

function checkError(error: string | undefined, cause: string | undefined): void {
  if (error !== undefined && error.length > 256) {
    throw constraint('', 'error', 'Member must have length less than or equal to 256');
  }
  if (cause !== undefined && cause.length > 32_768) {
    throw constraint('', 'cause', 'Member must have length less than or equal to 32768');
  }
}
