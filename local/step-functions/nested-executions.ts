import { StatesError, TaskRequest, TaskServices } from '../asl';
import { JsonService, ServiceError } from '../service';
import type { ExecutionRecord } from './records';

const START = /^arn:aws[a-z-]*:states:::states:startExecution(\.sync(:2)?)?$/;

interface Executions extends JsonService {
  waitForExecution(executionArn: string): Promise<Readonly<ExecutionRecord>>;
}

/** Adds `states:startExecution` to the services: a state machine as a step of another one. */
export function nestedExecutions(services: TaskServices, executions: Executions): TaskServices {
  return {
    supports: (resource) => START.test(resource) || services.supports(resource),
    run: (request) => {
      const match = START.exec(request.resource);
      return match === null ? services.run(request) : startExecution(request, executions, match[1], match[2]);
    },
  };
}

async function startExecution(
  request: TaskRequest,
  executions: Executions,
  sync: string | undefined,
  parsed: string | undefined,
): Promise<unknown> {
  const { StateMachineArn: stateMachineArn, Name: name, Input: input } = request.arguments as Record<string, unknown>;
  const started = (await call(executions, 'StartExecution', {
    stateMachineArn,
    ...(name === undefined ? {} : { name }),
    ...(input === undefined ? {} : { input: typeof input === 'string' ? input : JSON.stringify(input) }),
  })) as { executionArn: string; startDate: number };
  const answer = { ExecutionArn: started.executionArn, StartDate: started.startDate };
  if (sync === undefined) return answer;
  request.submitted(answer);
  const stop = () => void executions.handle('StopExecution', { executionArn: started.executionArn });
  request.signal.addEventListener('abort', stop, { once: true });
  const record = await executions.waitForExecution(started.executionArn);
  request.signal.removeEventListener('abort', stop);
  const described = describe(record, parsed !== undefined);
  if (record.status === 'SUCCEEDED') return described;
  throw new StatesError('States.TaskFailed', JSON.stringify(describe(record, false)));
}

/** DescribeExecution as the integration shows it; `.sync:2` shows JSON where `.sync` shows text. */
function describe(record: Readonly<ExecutionRecord>, parsed: boolean): Record<string, unknown> {
  const data = (text: string): unknown => (parsed ? JSON.parse(text) : text);
  return {
    ...(record.cause === undefined ? {} : { Cause: record.cause }),
    ...(record.error === undefined ? {} : { Error: record.error }),
    ExecutionArn: record.executionArn,
    Input: data(record.input),
    InputDetails: { Included: true },
    Name: record.name,
    ...(record.output === undefined ? {} : { Output: data(record.output), OutputDetails: { Included: true } }),
    StartDate: record.startDate / 1000,
    StateMachineArn: record.stateMachineArn,
    Status: record.status,
    StopDate: (record.stopDate ?? record.startDate) / 1000,
  };
}

async function call(service: JsonService, operation: string, input: Record<string, unknown>): Promise<unknown> {
  try {
    return await service.handle(operation, input);
  } catch (e) {
    if (!(e instanceof ServiceError)) throw e;
    throw new StatesError(`StepFunctions.${e.code}Exception`.replace('ExceptionException', 'Exception'), e.message);
  }
}
