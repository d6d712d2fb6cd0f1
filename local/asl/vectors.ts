import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { VirtualClock } from '../clock';
import { State, StateMachineDefinition } from './definition';
import { StatesError } from './errors';
import { Execution } from './execution';
import { Expressions } from './expression';
import { HistoryEvent } from './history';
import { ExecutionHost } from './host';
import { isObject } from './json';
import { TaskRequest, TaskServices, TaskTokens } from './tasks';
import { StateTest, findState, testState } from './test-state';
import { InvalidDefinition, UnsupportedDefinition, validate } from './validate';

/** One canned result of a task; see the README of the vectors. */
interface TaskEntry {
  readonly output?: unknown;
  readonly error?: string | null;
  readonly cause?: string;
  readonly hang?: boolean;
  readonly arguments?: unknown;
  readonly anyArgumentAt?: readonly string[];
}

interface Action {
  readonly [key: string]: unknown;
}

interface Expected {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly anyValueAt?: readonly string[];
  readonly [field: string]: unknown;
}

interface Case {
  readonly definition?: unknown;
  readonly input?: unknown;
  readonly tasks?: Readonly<Record<string, readonly TaskEntry[]>>;
  readonly s3?: Readonly<Record<string, string>>;
  readonly actions?: readonly Action[];
  readonly expected: Expected;
  readonly eventTypes?: readonly string[] | null;
  readonly eventTypeCounts?: Readonly<Record<string, number>>;
}

interface Vector extends Case, Omit<StateTest, 'definition' | 'input'> {
  readonly name: string;
  readonly kind?: string;
  readonly stateMachineType?: 'STANDARD' | 'EXPRESS';
  readonly cases?: readonly Case[];
}

export interface VectorResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it failed, or what was refused. */
  readonly reason?: string;
}

/** Runs every vector file of a folder, by name. */
export async function runVectors(folder: string): Promise<VectorResult[]> {
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`);
  const results: VectorResult[] = [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  if (files.length === 0) throw new Error(`the folder ${folder} holds no vector (*.json)`);
  for (const file of files.sort()) {
    results.push(await runVectorFile(join(folder, file)));
  }
  return results;
}

export async function runVectorFile(path: string): Promise<VectorResult> {
  const name = basename(path, '.json');
  try {
    const vector = expand(JSON.parse(readFileSync(path, 'utf8'))) as Vector;
    for (const [i, one] of (vector.cases ?? [vector]).entries()) {
      const merged = { ...vector, ...one, definition: one.definition ?? vector.definition };
      const difference = merged.kind === 'testState' ? await runTestState(merged) : await runCase(merged);
      if (difference !== undefined) {
        return {
          name,
          outcome: 'failed',
          reason: vector.cases === undefined ? difference : `case ${i}: ${difference}`,
        };
      }
    }
    return { name, outcome: 'passed' };
  } catch (e) {
    if (e instanceof UnsupportedDefinition) return { name, outcome: 'skipped', reason: e.findings.join('; ') };
    return { name, outcome: 'failed', reason: e instanceof Error ? (e.stack ?? e.message) : String(e) };
  }
}

/** `{"$repeat": [s, n]}` stands for a long string, `{"$text": s}` for a definition that isn't JSON. */
function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (!isObject(value)) return value;
  if (Array.isArray(value.$repeat)) {
    const [text, times] = value.$repeat as [string, number];
    return text.repeat(times);
  }
  if (typeof value.$text === 'string') return value.$text;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item)]));
}

/** The difference to what AWS did, in words; undefined when there is none. */
async function runCase(one: Vector): Promise<string | undefined> {
  const invalid = checkDefinition(one);
  if (one.expected.status === 'INVALID_DEFINITION') return invalid === undefined ? 'AWS refuses it' : undefined;
  if (invalid !== undefined) return invalid;
  const problems: string[] = [];
  const host = vectorHost(new CannedServices(one.tasks ?? {}, problems), one.s3 ?? {});
  const execution = new Execution(host, {
    arn: `arn:aws:states:${host.region}:${host.account}:execution:m0:`,
    stateMachine: { arn: `arn:aws:states:${host.region}:${host.account}:stateMachine:m0`, name: 'm0' },
    definition: one.definition as StateMachineDefinition,
    input: JSON.stringify(one.input ?? {}),
  });
  host.executionEvent = (of, event) => {
    if (of === execution) act(execution, one.actions ?? [], event);
  };
  if (!(await endsInTime(execution.run()))) return `still running after ${PATIENCE_MS} ms, and nothing to wait for`;
  return problems[0] ?? differences(one, execution);
}

/** Real time: an execution that waits for nothing would let the process end without a word. */
const PATIENCE_MS = 20_000;

async function endsInTime(ended: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), PATIENCE_MS)));
  const inTime = await Promise.race([ended.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

function checkDefinition({ definition, stateMachineType }: Vector): string | undefined {
  try {
    // every resource is answered from the file.
    validate(definition, () => true, stateMachineType);
    return undefined;
  } catch (e) {
    if (e instanceof InvalidDefinition) return e.message;
    throw e;
  }
}

async function runTestState(vector: Vector): Promise<string | undefined> {
  const given = vector.definition as State | StateMachineDefinition;
  const invalid = checkTested(vector, given);
  if (invalid !== undefined) return invalid;
  const host = vectorHost(new CannedServices({}, []), {});
  const actual = await testState(host, { ...vector, definition: given, input: vector.input });
  return compare(vector.expected, actual as unknown as Record<string, unknown>);
}

/** Only the state under test need be one that this interpreter runs. */
function checkTested(vector: Vector, given: State | StateMachineDefinition): string | undefined {
  const state = findState(given, vector.stateName);
  const alone = {
    QueryLanguage: state.QueryLanguage ?? given.QueryLanguage,
    StartAt: 'StateName',
    States: { StateName: standAlone(state) },
  };
  const invalid = checkDefinition({ ...vector, definition: alone });
  if (invalid !== undefined || !('States' in given)) return invalid;
  try {
    return checkDefinition({ ...vector, definition: given });
  } catch (e) {
    if (e instanceof UnsupportedDefinition) return undefined;
    throw e;
  }
}

/** A state on its own names others that the definition doesn't hold. */
function standAlone(state: State): State {
  const { Next: next, Default: fallback, Catch: catchers, Choices: rules, ...rest } = state;
  return {
    ...rest,
    ...(next === undefined ? {} : { End: true }),
    ...(fallback === undefined ? {} : { Default: 'StateName' }),
    ...(catchers === undefined ? {} : { Catch: catchers.map((catcher) => ({ ...catcher, Next: 'StateName' })) }),
    ...(rules === undefined ? {} : { Choices: rules.map((rule) => ({ ...rule, Next: 'StateName' })) }),
  };
}

/** Stops the execution after the event that an action names. */
function act(execution: Execution, actions: readonly Action[], event: HistoryEvent): void {
  for (const action of actions) {
    const text = JSON.stringify(action);
    if (!text.includes('stopExecution') || !text.includes(JSON.stringify(event.type))) continue;
    const details = isObject(action.stopExecution) ? action.stopExecution : action;
    // once the event is complete.
    queueMicrotask(() => execution.stop(textOf(details.error), textOf(details.cause)));
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function vectorHost(services: CannedServices, objects: Readonly<Record<string, string>>): ExecutionHost {
  const clock = new VirtualClock();
  const tokens = services.tokens;
  let names = 0;
  return {
    clock,
    services,
    expressions: new Expressions(clock, () => 0.5),
    tokens,
    random: () => 0.5,
    uniqueName: () => `name-${++names}`,
    region: 'us-east-1',
    account: '123456789012',
    readObject: async (bucket, key) => {
      const text = objects[`${bucket}/${key}`];
      if (text === undefined) throw new Error('The specified key does not exist.');
      return text;
    },
  };
}

/** Answers tasks from a vector, in the order of the calls of each state, or by arguments where those are given. */
class CannedServices implements TaskServices {
  readonly tokens = new TaskTokens();
  private readonly left: Map<string, TaskEntry[]>;

  constructor(
    tasks: Readonly<Record<string, readonly TaskEntry[]>>,
    private readonly problems: string[],
  ) {
    this.left = new Map(Object.entries(tasks).map(([name, entries]) => [name, [...entries]]));
  }

  supports(): boolean {
    return true;
  }

  async run(request: TaskRequest): Promise<unknown> {
    const entry = this.take(request);
    if (request.integration === 'SYNC') request.submitted({});
    if (entry.hang) {
      if (request.integration === 'WAIT_FOR_TASK_TOKEN') return {};
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason as Error), { once: true });
      });
    }
    if (request.integration !== 'WAIT_FOR_TASK_TOKEN') {
      if ('error' in entry) throw new StatesError(entry.error ?? undefined, entry.cause ?? undefined);
      return entry.output;
    }
    setImmediate(() => {
      const pending = this.tokens.get(request.taskToken!);
      if ('error' in entry) pending?.fail(new StatesError(entry.error ?? undefined, entry.cause ?? undefined));
      else pending?.succeed(entry.output);
    });
    return {};
  }

  private take(request: TaskRequest): TaskEntry {
    const entries = this.left.get(request.stateName) ?? [];
    const fits = (entry: TaskEntry) =>
      !('arguments' in entry) || sameJson(entry.arguments, request.arguments, entry.anyArgumentAt ?? []);
    const at = entries.findIndex(fits);
    if (at < 0) {
      const problem = `state '${request.stateName}' called ${request.resource} with ${JSON.stringify(request.arguments)}, AWS with ${JSON.stringify(entries[0]?.arguments) ?? 'nothing'}`;
      this.problems.push(problem);
      throw new StatesError('Vector.UnexpectedCall', problem);
    }
    return entries.splice(at, 1)[0];
  }
}

function differences(one: Case, execution: Execution): string | undefined {
  const actual: Record<string, unknown> = { status: execution.status };
  if (execution.output !== undefined) actual.output = JSON.parse(execution.output) as unknown;
  if (execution.error !== undefined) actual.error = execution.error;
  if (execution.cause !== undefined) actual.cause = execution.cause;
  const difference = compare(one.expected, actual);
  if (difference !== undefined) return difference;
  const types = execution.history.events.map((event) => event.type);
  if (Array.isArray(one.eventTypes)) {
    if (!isDeepStrictEqual(types, one.eventTypes)) {
      return `events: expected ${one.eventTypes.join(' ')}, got ${types.join(' ')}`;
    }
  } else if (one.eventTypeCounts !== undefined) {
    const counts: Record<string, number> = {};
    for (const type of asRecorded(types)) counts[type] = (counts[type] ?? 0) + 1;
    if (!isDeepStrictEqual(counts, one.eventTypeCounts)) {
      return `event counts: expected ${JSON.stringify(one.eventTypeCounts)}, got ${JSON.stringify(counts)}`;
    }
  }
  return undefined;
}

const PARALLEL_ENDS = ['ParallelStateSucceeded', 'ParallelStateFailed', 'ParallelStateAborted', 'ParallelStateExited'];

/**
 * The types as the recorder of the vectors counted them. It made the events between the start and the end of a
 * Parallel order-free in place, which lost the event that stands right before ParallelStateExited, and the exits of
 * inner Parallel states.
 */
function asRecorded(types: readonly string[]): string[] {
  const kept = [...types];
  let start = 0;
  let inside: string[] = [];
  let isInside = false;
  for (let i = 0; i < kept.length; i++) {
    const type = kept[i];
    if (type === 'ParallelStateStarted') {
      start = i + 1;
      inside = [];
      isInside = true;
    } else if (PARALLEL_ENDS.includes(type)) {
      kept.splice(start, i - start, ...inside);
      isInside = false;
    } else if (isInside) inside.push(type);
  }
  return kept;
}

function compare(expected: Expected, actual: Record<string, unknown>): string | undefined {
  const { anyValueAt, ...wanted } = expected;
  if (sameJson(wanted, actual, anyValueAt ?? [])) return undefined;
  return `expected ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`;
}

/** Whether two values are the same JSON, but for what stands at the pointers. */
function sameJson(expected: unknown, actual: unknown, except: readonly string[], at = ''): boolean {
  if (except.includes(at)) return (expected === undefined) === (actual === undefined);
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return expected === actual;
  }
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  const left = expected as Record<string, unknown>;
  const right = actual as Record<string, unknown>;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) =>
    sameJson(left[key], right[key], except, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}
