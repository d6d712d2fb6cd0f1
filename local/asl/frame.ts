import { EvaluationError, StatesError } from './errors';
import { State } from './definition';
import type { Execution } from './execution';
import { ExpressionError, expressionSource, isExpression } from './expression';
import { Cursor } from './history';
import { typeName } from './json';
import { Scope } from './scope';

/** Where a state runs: its level of variables, its branch of the history, what stops it. */
export interface Level {
  readonly execution: Execution;
  readonly scope: Scope;
  readonly cursor: Cursor;
  readonly signal: AbortSignal;
  /** Inside a Parallel branch or an inline Map iteration, where AWS records the end of an aborted state. */
  readonly nested: boolean;
}

/** What a state's expressions may read beside its input. */
export interface StatesData {
  readonly result?: unknown;
  readonly errorOutput?: unknown;
  readonly mapItem?: { readonly Index: number; readonly Value: unknown };
}

/** Values that hold no expression at any depth: answered as they stand. */
const constants = new WeakSet<object>();

/** One visit of a state. */
export class Frame {
  /** Retries made so far. */
  retryCount = 0;
  /** Set while a task that owns a token runs. */
  taskToken?: string;
  readonly enteredTime: string;

  constructor(
    readonly level: Level,
    readonly name: string,
    readonly state: State,
    readonly input: unknown,
    readonly enteredId: number,
  ) {
    this.enteredTime = new Date(level.execution.host.clock.now()).toISOString();
  }

  /** An evaluation error of this state, with the preamble that AWS gives every cause. */
  evaluationError(message: string, location?: string): EvaluationError {
    return new EvaluationError(this.cause(message), location);
  }

  runtimeError(message: string): StatesError {
    return new StatesError('States.Runtime', this.cause(message));
  }

  cause(message: string): string {
    return `An error occurred while executing the state '${this.name}' (entered at the event id #${this.enteredId}). ${message}`;
  }

  /** The value of a field with every expression in it evaluated; `location` is its path in AWS's messages. */
  async evaluate(value: unknown, location: string, data: StatesData = {}): Promise<unknown> {
    if (isExpression(value)) return this.expression(value, location, data);
    if (typeof value !== 'object' || value === null || constants.has(value)) return value;
    let constant = true;
    let copy: unknown;
    if (Array.isArray(value)) {
      const items: unknown[] = [];
      for (const [i, item] of value.entries()) {
        items.push(await this.evaluate(item, `${location}[${i}]`, data));
        constant &&= items[i] === item;
      }
      copy = items;
    } else {
      const object: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        object[key] = await this.evaluate(item, `${location}/${key}`, data);
        constant &&= object[key] === item && !isExpression(item);
      }
      copy = object;
    }
    if (constant && !Array.isArray(value)) {
      constants.add(value);
      return value;
    }
    return copy;
  }

  /** Evaluates a field that must be a number, when it is there. */
  async number(value: unknown, location: string): Promise<number | undefined> {
    if (value === undefined) return undefined;
    const result = await this.evaluate(value, location);
    if (typeof result !== 'number') throw this.typeError(value, location, 'number', result);
    return result;
  }

  typeError(value: unknown, location: string, expected: string, was: unknown): EvaluationError {
    const what = isExpression(value)
      ? `The JSONata expression '${expressionSource(value)}' specified for the field '${location}' returned`
      : `The field '${location}' has`;
    return this.evaluationError(
      `${what} an unexpected result type. Expected '${expected}', but was '${typeName(was)}' for value: ${JSON.stringify(was)}`,
      location,
    );
  }

  private async expression(value: string, location: string, data: StatesData): Promise<unknown> {
    const source = expressionSource(value);
    const states = {
      input: this.input,
      context: this.context(data),
      ...('result' in data ? { result: data.result } : {}),
      ...('errorOutput' in data ? { errorOutput: data.errorOutput } : {}),
    };
    try {
      return await this.level.execution.host.expressions.evaluate(source, states, this.level.scope.all());
    } catch (e) {
      if (!(e instanceof ExpressionError)) throw e;
      throw this.evaluationError(
        `The JSONata expression '${source}' specified for the field '${location}' ${e.message}`,
        location,
      );
    }
  }

  private context(data: StatesData): unknown {
    const { context, isContextGiven } = this.level.execution;
    const retries = ['Task', 'Parallel', 'Map'].includes(this.state.Type) ? { RetryCount: this.retryCount } : {};
    return {
      ...context,
      ...(isContextGiven ? {} : { State: { Name: this.name, EnteredTime: this.enteredTime, ...retries } }),
      ...(this.taskToken === undefined ? {} : { Task: { Token: this.taskToken } }),
      ...(data.mapItem === undefined ? {} : { Map: { Item: data.mapItem } }),
    };
  }
}
