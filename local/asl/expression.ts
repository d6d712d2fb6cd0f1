import jsonata from 'jsonata';
import { Clock } from '../clock';
import { awsFunctions } from './functions';

/** What was wrong with an expression, in AWS's words, to follow "The JSONata expression '...' specified for ...". */
export class ExpressionError extends Error {}

/** Steps after which an expression counts as running for more than AWS's one second. */
const MAX_STEPS = 200_000;
/** Calls within calls after which an expression counts as a stack overflow. */
const MAX_DEPTH = 20_000;

interface Guard {
  steps: number;
  depth: number;
}

interface GuardedEnvironment {
  lookup(name: string): unknown;
}

const compiled = new Map<string, jsonata.Expression>();
const fromMillis = jsonata('$fromMillis(millis, picture, timezone)');

/** Whether a value of a JSONata state is an expression; spaces outside the marks make it a plain string. */
export function isExpression(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') && value.length >= 4;
}

/** The expression between the marks. */
export function expressionSource(value: string): string {
  return value.slice(2, -2).trim();
}

/** Compiles once; throws JSONata's error when the source isn't JSONata. */
export function compile(source: string): jsonata.Expression {
  let expression = compiled.get(source);
  if (expression === undefined) {
    expression = jsonata(source);
    const bind = expression as unknown as { assign(name: symbol, value: unknown): void };
    bind.assign(Symbol.for('jsonata.__evaluate_entry'), (_: unknown, __: unknown, environment: GuardedEnvironment) => {
      const guard = environment.lookup('__guard') as Guard | undefined;
      if (guard === undefined) return;
      guard.depth++;
      if (++guard.steps > MAX_STEPS) throw new ExpressionError('Expression evaluation timeout');
      if (guard.depth > MAX_DEPTH) throw new ExpressionError('Stack overflow error');
    });
    bind.assign(Symbol.for('jsonata.__evaluate_exit'), (_: unknown, __: unknown, environment: GuardedEnvironment) => {
      const guard = environment.lookup('__guard') as Guard | undefined;
      if (guard !== undefined) guard.depth--;
    });
    compiled.set(source, expression);
  }
  return expression;
}

/** Evaluates JSONata as Step Functions does: its functions, its time, no input of its own (`$` is nothing). */
export class Expressions {
  private readonly functions: Readonly<Record<string, unknown>>;

  constructor(clock: Clock, random: () => number) {
    this.functions = {
      ...awsFunctions(random),
      millis: () => clock.now(),
      now: (picture?: string, timezone?: string) => fromMillis.evaluate({ millis: clock.now(), picture, timezone }),
    };
  }

  /** The value as JSON; throws an `ExpressionError` where there is none. */
  async evaluate(
    source: string,
    states: Readonly<Record<string, unknown>>,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    const guard: Guard = { steps: 0, depth: 0 };
    let value: unknown;
    try {
      value = await compile(source).evaluate(undefined, { ...this.functions, ...variables, states, __guard: guard });
    } catch (e) {
      const { code, message } = e as { code?: string; message?: string };
      throw new ExpressionError(`threw an error during evaluation. ${code ? `${code}: ` : ''}${message}`);
    }
    if (value === undefined) throw new ExpressionError('returned nothing (undefined).');
    return toJson(value);
  }
}

/** A plain copy: results share structure with the input and lists carry hidden marks of JSONata. */
function toJson(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ExpressionError('returned an unsupported result type.');
    return value === 0 ? 0 : value;
  }
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : toJson(item)));
  if (typeof value === 'object') {
    if ('_jsonata_lambda' in value || '_jsonata_function' in value) {
      throw new ExpressionError('returned an unsupported result type.');
    }
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) copy[key] = toJson(item);
    }
    return copy;
  }
  throw new ExpressionError('returned an unsupported result type.');
}
