import { Processor, State, StateMachineDefinition } from './definition';
import { StatesError, matches } from './errors';
import { Execution } from './execution';
import { Frame, StatesData } from './frame';
import { ExecutionHost } from './host';
import { isObject } from './json';
import { batchItems } from './item-batcher';
import { parseItems } from './item-reader';
import { exceedsTolerated } from './map-distributed';
import { selectItem } from './map-inline';
import { decideRetry } from './retry';
import { Scope } from './scope';
import { runState } from './state';
import { mapItems, toleratedFailures } from './states/map';

/** What TestState is asked: one state, with a mock in place of its task, branches or iterations. */
export interface StateTest {
  /** One state, or a machine with `stateName`. */
  readonly definition: State | StateMachineDefinition;
  readonly stateName?: string;
  readonly input: unknown;
  readonly inspectionLevel?: string;
  readonly mock?: {
    readonly result?: unknown;
    readonly errorOutput?: { readonly error?: string; readonly cause?: string };
  };
  readonly stateConfiguration?: {
    readonly retrierRetryCount?: number;
    readonly mapIterationFailureCount?: number;
    /** What the ItemReader's object holds. */
    readonly mapItemReaderData?: string;
  };
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface StateTestResult {
  status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  output?: unknown;
  error?: string;
  cause?: string;
  nextState?: string;
  inspectionData?: Record<string, unknown>;
}

/** Runs one state alone, once, as the TestState API does. The definition must be valid. */
export async function testState(host: ExecutionHost, test: StateTest): Promise<StateTestResult> {
  const state = findState(test.definition, test.stateName);
  const name = test.stateName ?? 'StateName';
  const inspection: Record<string, unknown> = { input: test.input };
  const { frame, level } = prepare(host, state, name, test);
  const result = await run();
  const variables = level.scope.all();
  if (Object.keys(variables).length > 0) inspection.variables = variables;
  return (test.inspectionLevel ?? 'INFO') === 'INFO' ? result : { ...result, inspectionData: inspection };

  async function run(): Promise<StateTestResult> {
    let data: StatesData;
    try {
      if (!['Task', 'Map', 'Parallel'].includes(state.Type)) {
        const { output, next } = await runState(name, state, test.input, level);
        return { status: 'SUCCEEDED', output, ...(next === undefined ? {} : { nextState: next }) };
      }
      await inspect(frame, inspection, test);
      const error = test.mock?.errorOutput;
      if (error !== undefined) throw new StatesError(error.error, error.cause);
      data = { result: test.mock?.result };
      // the rest of the state is that of a Pass whose result is the mock's.
      const output = state.Output === undefined ? data.result : await frame.evaluate(state.Output, 'Output', data);
      const assigned = await frame.evaluate(state.Assign ?? {}, 'Assign', data);
      level.scope.assign(assigned as Record<string, unknown>);
      return { status: 'SUCCEEDED', output, ...(state.Next === undefined ? {} : { nextState: state.Next }) };
    } catch (e) {
      if (!(e instanceof StatesError)) throw e;
      return await failed(e);
    }
  }

  async function failed(e: StatesError): Promise<StateTestResult> {
    const named = {
      ...(e.error === undefined ? {} : { error: e.error }),
      ...(e.causeText === undefined ? {} : { cause: e.causeText }),
    };
    const details: Record<string, unknown> = {};
    const decision = decideRetry(state.Retry, e, () => test.stateConfiguration?.retrierRetryCount ?? 0);
    if (decision !== undefined) details.retryIndex = decision.index;
    if (decision?.retries) {
      inspection.errorDetails = { ...details, retryBackoffIntervalSeconds: decision.seconds };
      return { status: 'RETRIABLE', ...named };
    }
    const index = state.Catch?.findIndex((catcher) => matches(catcher.ErrorEquals, e)) ?? -1;
    if (index >= 0) details.catchIndex = index;
    if (Object.keys(details).length > 0) inspection.errorDetails = details;
    if (index < 0) return { status: 'FAILED', ...named };
    const catcher = state.Catch![index];
    const data = { errorOutput: e.output };
    const output =
      catcher.Output === undefined ? e.output : await frame.evaluate(catcher.Output, `Catch[${index}]/Output`, data);
    const assigned = await frame.evaluate(catcher.Assign ?? {}, `Catch[${index}]/Assign`, data);
    level.scope.assign(assigned as Record<string, unknown>);
    return { status: 'CAUGHT_ERROR', output, ...named, nextState: catcher.Next };
  }

  function prepare(on: ExecutionHost, of: State, named: string, { input, variables, context }: StateTest) {
    const made = new Execution(on, {
      arn: `arn:aws:states:${on.region}:${on.account}:express:test:${on.uniqueName()}`,
      stateMachine: { arn: `arn:aws:states:${on.region}:${on.account}:stateMachine:test`, name: 'test' },
      definition: { StartAt: named, States: { [named]: of } },
      input: JSON.stringify(input),
      context,
    });
    if (context === undefined && isObject(made.context.Execution)) delete made.context.Execution.RedriveCount;
    const scope = new Scope();
    scope.assign(variables ?? {});
    const at = {
      execution: made,
      scope,
      cursor: { previous: 0 },
      signal: new AbortController().signal,
      nested: false,
    };
    const visit = new Frame(at, named, of, input, 0);
    visit.retryCount = test.stateConfiguration?.retrierRetryCount ?? 0;
    return { frame: visit, level: at };
  }
}

/** Evaluates what comes before the mock, and records it. */
async function inspect(frame: Frame, inspection: Record<string, unknown>, test: StateTest): Promise<void> {
  const { state } = frame;
  if (state.Type === 'Task') {
    frame.taskToken = test.context?.Task === undefined ? frame.level.execution.host.uniqueName() : undefined;
    const args = state.Arguments === undefined ? undefined : await frame.evaluate(state.Arguments, 'Arguments');
    frame.taskToken = undefined;
    if (args !== undefined) inspection.afterArguments = args;
    return;
  }
  if (state.Type === 'Parallel') {
    if (state.Arguments !== undefined) await frame.evaluate(state.Arguments, 'Arguments');
    return;
  }
  const items = await itemsOf(frame, test);
  inspection.maxConcurrency = (await frame.number(state.MaxConcurrency, 'MaxConcurrency')) ?? 0;
  const tolerated = await toleratedFailures(frame);
  if (tolerated.count !== undefined) inspection.toleratedFailureCount = tolerated.count;
  if (tolerated.percentage !== undefined) inspection.toleratedFailurePercentage = tolerated.percentage;
  if (items !== undefined) await inspectItems(frame, items, inspection);
  const failures = test.stateConfiguration?.mapIterationFailureCount ?? 0;
  // without a threshold of its own, TestState takes the mock as it stands.
  if (exceedsTolerated(failures, items?.length ?? failures, tolerated)) {
    throw new StatesError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }
}

async function itemsOf(frame: Frame, test: StateTest): Promise<unknown[] | undefined> {
  const { ItemReader: reader } = frame.state;
  if (reader === undefined) return mapItems(frame);
  const text = test.stateConfiguration?.mapItemReaderData;
  return text === undefined ? undefined : parseItems(reader, text);
}

async function inspectItems(frame: Frame, items: unknown[], inspection: Record<string, unknown>): Promise<void> {
  const selected: unknown[] = [];
  for (const [i, item] of items.entries()) selected.push(await selectItem(frame, item, i));
  if (frame.state.ItemSelector !== undefined) inspection.afterItemSelector = selected;
  if (frame.state.ItemBatcher !== undefined) inspection.afterItemBatcher = await batchItems(frame, selected);
}

/** The state asked for, at any depth. */
export function findState(definition: State | StateMachineDefinition, stateName?: string): State {
  if (!('States' in definition)) return definition;
  const within = ({ States: states }: Processor): State | undefined => {
    if (stateName !== undefined && Object.hasOwn(states, stateName)) return states[stateName];
    for (const { Branches: branches, ItemProcessor: processor } of Object.values(states)) {
      for (const inner of [...(branches ?? []), ...(processor === undefined ? [] : [processor])]) {
        const found = within(inner);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  const found = stateName === undefined ? definition.States[definition.StartAt] : within(definition);
  if (found === undefined) throw new Error(`the definition has no state '${stateName}'`);
  return found;
}
