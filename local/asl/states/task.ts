import { linkAbort } from '../abort';
import { HistoryLimitError, Interrupted, StatesError } from '../errors';
import { Frame } from '../frame';
import { MAX_PAYLOAD_BYTES, byteLength } from '../json';
import { ParsedResource, TaskRequest, parseResource } from '../tasks';

/** Why a task's signal is aborted when nobody stopped the execution. */
const TIMED_OUT = new StatesError('States.Timeout');

/** Task: one attempt at the resource, bounded by TimeoutSeconds and HeartbeatSeconds. */
export async function runTask(frame: Frame): Promise<unknown> {
  const { state, level } = frame;
  const { host } = level.execution;
  const resource = parseResource(state.Resource!)!;
  const hasToken = ['SYNC', 'WAIT_FOR_TASK_TOKEN', 'ACTIVITY'].includes(resource.integration);
  // a new attempt has a new token.
  frame.taskToken = hasToken ? host.uniqueName() : undefined;
  const timeoutSeconds = await seconds(frame, 'TimeoutSeconds');
  const heartbeatSeconds = await seconds(frame, 'HeartbeatSeconds');
  const args = state.Arguments === undefined ? frame.input : await frame.evaluate(state.Arguments, 'Arguments');
  const roleArn = await credentials(frame);
  const parameters = JSON.stringify(args);
  if (byteLength(parameters) > MAX_PAYLOAD_BYTES) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${resource.resourceType}' was given arguments with a size exceeding the maximum number of bytes service limit.`,
    );
  }
  const events = new TaskEvents(frame, resource);
  events.scheduled(parameters, { roleArn, timeoutSeconds, heartbeatSeconds });
  events.started();
  try {
    const output = await attemptTask(frame, resource, events, {
      args,
      roleArn,
      timeoutSeconds,
      heartbeatSeconds,
    });
    const text = JSON.stringify(output ?? null);
    if (byteLength(text) > MAX_PAYLOAD_BYTES) {
      const what = ['LAMBDA', 'ACTIVITY'].includes(resource.integration) ? resource.resource : resource.resourceType;
      throw new StatesError(
        'States.DataLimitExceeded',
        `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      );
    }
    events.succeeded(text);
    return JSON.parse(text) as unknown;
  } catch (e) {
    if (e instanceof StatesError) events.failed(e);
    throw e;
  } finally {
    if (frame.taskToken !== undefined) host.tokens.close(frame.taskToken);
    frame.taskToken = undefined;
  }
}

async function seconds(frame: Frame, field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> {
  const value = await frame.number(frame.state[field], field);
  if (value !== undefined && (!Number.isInteger(value) || value <= 0)) {
    throw frame.evaluationError(`The ${field} field must be a whole number above 0 but was: ${value}`, field);
  }
  return value;
}

async function credentials(frame: Frame): Promise<string | undefined> {
  const { Credentials: given } = frame.state;
  if (given === undefined) return undefined;
  const { RoleArn: roleArn } = (await frame.evaluate(given, 'Credentials')) as Record<string, unknown>;
  if (typeof roleArn === 'string') return roleArn;
  throw frame.typeError((given as Record<string, unknown>).RoleArn, 'Credentials/RoleArn', 'string', roleArn);
}

interface Attempt {
  readonly args: unknown;
  readonly roleArn?: string;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
}

/** Waits for whichever comes first: the service, the task token, a timer, or the end of the branch. */
async function attemptTask(
  frame: Frame,
  resource: ParsedResource,
  events: TaskEvents,
  { args, roleArn, timeoutSeconds, heartbeatSeconds }: Attempt,
): Promise<unknown> {
  const { level, state, name } = frame;
  const { host, arn } = level.execution;
  const work = linkAbort(level.signal);
  const timers = linkAbort(level.signal);
  const isCallback = resource.integration === 'WAIT_FOR_TASK_TOKEN';
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const onAbort = () => reject(level.signal.reason as Error);
      if (level.signal.aborted) onAbort();
      timers.signal.addEventListener('abort', onAbort, { once: true });

      const expire = (error: StatesError) => {
        reject(error);
        work.abort(error);
      };
      const arm = (after: number, error: StatesError, isCurrent: () => boolean) =>
        host.clock.sleep(after * 1000, timers.signal).then(
          () => {
            if (isCurrent()) expire(error);
          },
          () => undefined,
        );
      if (timeoutSeconds !== undefined) void arm(timeoutSeconds, TIMED_OUT, () => true);
      let beats = 0;
      const heartbeat = () => {
        const beat = ++beats;
        if (heartbeatSeconds === undefined || timers.signal.aborted) return;
        void arm(heartbeatSeconds, new StatesError('States.Timeout', undefined, true), () => beat === beats);
      };
      heartbeat();

      if (frame.taskToken !== undefined) {
        host.tokens.open(frame.taskToken, {
          succeed: (output) => {
            events.submittedOnce(undefined);
            resolve(output);
          },
          fail: reject,
          heartbeat,
        });
      }
      const request: TaskRequest = {
        resource: state.Resource!,
        integration: resource.integration,
        arguments: args,
        stateName: name,
        executionArn: arn,
        ...(frame.taskToken === undefined ? {} : { taskToken: frame.taskToken }),
        ...(roleArn === undefined ? {} : { credentialsRoleArn: roleArn }),
        ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
        ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
        signal: work.signal,
        submitted: (output) => {
          if (!timers.signal.aborted) events.submittedOnce(output);
        },
        heartbeat,
      };
      Promise.resolve()
        .then(() => host.services.run(request))
        .then((output) => {
          if (timers.signal.aborted) return;
          if (isCallback) events.submittedOnce(output);
          // a service that doesn't tell when the job was created.
          else if (resource.integration === 'SYNC') events.submittedOnce(undefined);
          // a callback's outcome comes through its token.
          if (!isCallback) resolve(output);
        })
        .catch((e: unknown) => reject(asStatesError(e)));
    });
  } finally {
    timers.abort(new Interrupted('branch'));
    timers.release();
    work.release();
  }
}

function asStatesError(e: unknown): Error {
  if (e instanceof StatesError || e instanceof Interrupted || e instanceof HistoryLimitError) return e;
  return new StatesError('States.TaskFailed', e instanceof Error ? e.message : String(e));
}

/** The events of one attempt, which Step Functions names by the kind of resource. */
class TaskEvents {
  private submitted = false;

  constructor(
    private readonly frame: Frame,
    private readonly resource: ParsedResource,
  ) {}

  scheduled(parameters: string, { roleArn, timeoutSeconds, heartbeatSeconds }: Omit<Attempt, 'args'>): void {
    const limits = {
      ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
      ...(heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: heartbeatSeconds }),
      ...(roleArn === undefined ? {} : { taskCredentials: { roleArn } }),
    };
    const { resource, resourceType, integration } = this.resource;
    if (integration === 'LAMBDA' || integration === 'ACTIVITY') {
      this.add('Scheduled', { resource, input: parameters, inputDetails: { truncated: false }, ...limits });
    } else {
      const { region } = this.frame.level.execution.host;
      this.add('Scheduled', { resourceType, resource, region, parameters, ...limits });
    }
  }

  started(): void {
    const { integration } = this.resource;
    if (integration === 'LAMBDA') this.add('Started');
    else if (integration === 'ACTIVITY') this.add('Started', { workerName: 'local' });
    else this.add('Started', this.names());
  }

  submittedOnce(output: unknown): void {
    if (this.submitted || this.resource.integration === 'ACTIVITY') return;
    this.submitted = true;
    this.add('Submitted', {
      ...this.names(),
      output: JSON.stringify(output ?? null),
      outputDetails: { truncated: false },
    });
  }

  succeeded(output: string): void {
    this.add('Succeeded', { ...this.names(), output, outputDetails: { truncated: false } });
  }

  failed(e: StatesError): void {
    this.add(e.error === 'States.Timeout' ? 'TimedOut' : 'Failed', {
      ...this.names(),
      ...(e.error === undefined ? {} : { error: e.error }),
      ...(e.causeText === undefined ? {} : { cause: e.causeText }),
    });
  }

  private names(): Record<string, unknown> {
    const { resource, resourceType, integration } = this.resource;
    return integration === 'LAMBDA' || integration === 'ACTIVITY' ? {} : { resourceType, resource };
  }

  private add(what: string, details?: Record<string, unknown>): void {
    const { integration } = this.resource;
    const family = integration === 'LAMBDA' ? 'LambdaFunction' : integration === 'ACTIVITY' ? 'Activity' : 'Task';
    const key = `${family.charAt(0).toLowerCase()}${family.slice(1)}${what}EventDetails`;
    const { level } = this.frame;
    level.execution.history.add(level.cursor, `${family}${what}`, details === undefined ? {} : { [key]: details });
  }
}
