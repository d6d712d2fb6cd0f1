import { Catcher, State } from './definition';
import { EvaluationError, Interrupted, StatesError, matches } from './errors';
import { Frame, Level, StatesData } from './frame';
import { MAX_PAYLOAD_BYTES, byteLength } from './json';
import { decideRetry } from './retry';
import { runChoice } from './states/choice';
import { runFail } from './states/fail';
import { runMap } from './states/map';
import { runParallel } from './states/parallel';
import { runTask } from './states/task';
import { runWait } from './states/wait';

/** What a state type's own work gave. */
export interface Completion {
  /** The result, for `$states.result`; absent where the type has none. */
  readonly data: StatesData;
  /** What goes out when no Output is given. */
  readonly fallback: unknown;
  readonly output?: unknown;
  readonly assign?: Readonly<Record<string, unknown>>;
  /** Where the two fields stand, for messages. */
  readonly location?: string;
  readonly next?: string;
}

export interface StateOutcome {
  readonly output: unknown;
  readonly next?: string;
}

/** The types whose abortion AWS records. */
const ABORTABLE = ['Task', 'Wait', 'Parallel', 'Map'];

/** Runs one state with its Retry and Catch, its events, its Assign and Output. */
export async function runState(name: string, state: State, input: unknown, level: Level): Promise<StateOutcome> {
  const { history } = level.execution;
  const enteredId = history.add(level.cursor, `${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: { truncated: false } },
  });
  const frame = new Frame(level, name, state, input, enteredId);
  try {
    return await attempt(frame, []);
  } catch (e) {
    if (level.nested && recordsAbort(state, e)) {
      history.add(level.cursor, `${state.Type}StateAborted`);
    }
    throw e;
  }
}

/** A stopped branch records each state it was in; so does a failed task inside one. */
function recordsAbort(state: State, e: unknown): boolean {
  if (e instanceof Interrupted) return e.scope === 'branch' && ABORTABLE.includes(state.Type);
  return state.Type === 'Task' && e instanceof StatesError && !(e instanceof EvaluationError);
}

async function attempt(frame: Frame, attempts: number[]): Promise<StateOutcome> {
  for (;;) {
    try {
      return await exit(frame, await complete(frame));
    } catch (e) {
      if (!(e instanceof StatesError)) throw e;
      recordEvaluation(frame, e);
      const decision = decideRetry(frame.state.Retry, e, (i) => attempts[i] ?? 0);
      if (decision?.retries) {
        attempts[decision.index] = (attempts[decision.index] ?? 0) + 1;
        frame.retryCount++;
        const { clock, random } = frame.level.execution.host;
        const seconds = decision.jitter ? decision.seconds * random() : decision.seconds;
        await clock.sleep(seconds * 1000, frame.level.signal);
        continue;
      }
      const index = frame.state.Catch?.findIndex((catcher) => matches(catcher.ErrorEquals, e)) ?? -1;
      recordFailure(frame, e);
      if (index < 0) throw e;
      return await caught(frame, frame.state.Catch![index], index, e);
    }
  }
}

async function caught(frame: Frame, catcher: Catcher, index: number, e: StatesError): Promise<StateOutcome> {
  try {
    return await exit(frame, {
      data: { errorOutput: e.output },
      fallback: e.output,
      output: catcher.Output,
      assign: catcher.Assign,
      location: `Catch[${index}]/`,
      next: catcher.Next,
    });
  } catch (failure) {
    if (failure instanceof StatesError) recordEvaluation(frame, failure);
    throw failure;
  }
}

function complete(frame: Frame): Completion | Promise<Completion> {
  const { state, input } = frame;
  const own = { output: state.Output, assign: state.Assign, next: state.Next };
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      return { ...own, data: {}, fallback: input };
    case 'Wait':
      return runWait(frame).then(() => ({ ...own, data: {}, fallback: input }));
    case 'Fail':
      return runFail(frame);
    case 'Choice':
      return runChoice(frame);
    case 'Task':
      return runTask(frame).then((result) => ({ ...own, data: { result }, fallback: result }));
    case 'Parallel':
      return runParallel(frame).then((result) => ({ ...own, data: { result }, fallback: result }));
    case 'Map':
      return runMap(frame).then((result) => ({ ...own, data: { result }, fallback: result }));
  }
}

/** Evaluates Assign and Output, both from the variables as they were, and leaves the state. */
async function exit(frame: Frame, completion: Completion): Promise<StateOutcome> {
  const { level, state, name } = frame;
  const prefix = completion.location ?? '';
  const assigned =
    completion.assign === undefined
      ? undefined
      : ((await frame.evaluate(completion.assign, `${prefix}Assign`, completion.data)) as Record<string, unknown>);
  const output =
    completion.output === undefined
      ? completion.fallback
      : await frame.evaluate(completion.output, `${prefix}Output`, completion.data);
  const text = JSON.stringify(output);
  limit(frame, text);
  const assignedText = Object.fromEntries(Object.entries(assigned ?? {}).map(([k, v]) => [k, JSON.stringify(v)]));
  limit(frame, Object.values(assignedText).join(''));
  level.scope.assign(assigned ?? {});
  level.execution.history.add(level.cursor, `${state.Type}StateExited`, {
    stateExitedEventDetails: {
      name,
      output: text,
      outputDetails: { truncated: false },
      ...(assigned === undefined || Object.keys(assigned).length === 0
        ? {}
        : { assignedVariables: assignedText, assignedVariablesDetails: { truncated: false } }),
    },
  });
  return { output, next: completion.next };
}

function limit(frame: Frame, json: string): void {
  if (byteLength(json) > MAX_PAYLOAD_BYTES) {
    throw new StatesError(
      'States.DataLimitExceeded',
      `The state/task '${frame.name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    );
  }
}

function recordEvaluation(frame: Frame, e: StatesError): void {
  // an error of an inner state was recorded there.
  if (!(e instanceof EvaluationError) || e.recorded) return;
  e.recorded = true;
  frame.level.execution.history.add(frame.level.cursor, 'EvaluationFailed', {
    evaluationFailedEventDetails: {
      error: e.error,
      cause: e.causeText,
      ...(e.location === undefined ? {} : { location: e.location }),
      state: frame.name,
    },
  });
}

/** AWS records a failed Map or Parallel whether caught or not, but not before a retry. */
function recordFailure(frame: Frame, e: StatesError): void {
  const { level, state } = frame;
  if (state.Type === 'Map' && e.error !== 'States.Runtime') level.execution.history.add(level.cursor, 'MapStateFailed');
  if (state.Type === 'Parallel') level.execution.history.add(level.cursor, 'ParallelStateFailed');
}
