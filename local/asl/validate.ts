import { QueryLanguage, State, StateMachineDefinition, isDistributed } from './definition';
import { compile, expressionSource, isExpression } from './expression';
import { unsupportedReader } from './item-reader';
import { isObject } from './json';
import { ParsedResource, parseResource } from './tasks';
import { parseTimestamp } from './timestamp';

/** A finding in the shape of ValidateStateMachineDefinition. */
export interface Diagnostic {
  readonly severity: 'ERROR';
  readonly code: string;
  readonly message: string;
  readonly location: string;
}

/** AWS would refuse the definition. */
export class InvalidDefinition extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(
      `Invalid State Machine Definition: '${diagnostics.map((d) => `${d.code}: ${d.message} at ${d.location}`).join(', ')}'`,
    );
  }
}

/** AWS would take the definition, this interpreter doesn't: each finding names the state and the feature. */
export class UnsupportedDefinition extends Error {
  constructor(readonly findings: readonly string[]) {
    super(`The local runtime doesn't run this definition: ${findings.join('; ')}`);
  }
}

const TYPES = ['Pass', 'Task', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'];
const WITHOUT_NEXT = ['Choice', 'Succeed', 'Fail'];
/** Fields that JSONata states must not have. */
const JSONPATH_FIELDS = [
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'ErrorPath',
  'CausePath',
  'MaxConcurrencyPath',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
];
/** Fields of a state without a query language of its own that mean the same in both. */
const NEUTRAL_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pass: ['Assign'],
  Task: ['Resource', 'TimeoutSeconds', 'HeartbeatSeconds', 'Retry', 'Catch', 'Assign'],
  Wait: ['Seconds', 'Timestamp'],
  Succeed: [],
  Fail: ['Error', 'Cause'],
  Parallel: ['Branches', 'Retry', 'Catch', 'Assign'],
};
const COMMON_FIELDS = ['Type', 'Comment', 'Next', 'End', 'QueryLanguage'];

/**
 * Checks a definition as CreateStateMachine does, as far as a wrong one could otherwise be half run, and that this
 * interpreter can run all of it. `supports` is asked about every Resource.
 */
export function validate(
  definition: unknown,
  supports: (resource: string) => boolean,
  type: 'STANDARD' | 'EXPRESS' = 'STANDARD',
): asserts definition is StateMachineDefinition {
  const check = new Check(supports, type);
  check.machine(definition);
  if (check.diagnostics.length > 0) throw new InvalidDefinition(check.diagnostics);
  if (check.unsupported.length > 0) throw new UnsupportedDefinition(check.unsupported);
}

class Check {
  readonly diagnostics: Diagnostic[] = [];
  readonly unsupported: string[] = [];

  private hasJsonata = false;

  constructor(
    private readonly supports: (resource: string) => boolean,
    private readonly type: 'STANDARD' | 'EXPRESS',
  ) {}

  machine(definition: unknown): void {
    if (!isObject(definition)) {
      this.diagnostics.push({
        severity: 'ERROR',
        code: 'INVALID_JSON_DESCRIPTION',
        message: 'The definition must be a JSON object',
        location: '/',
      });
      return;
    }
    const language = definition.QueryLanguage ?? 'JSONPath';
    if (language !== 'JSONPath' && language !== 'JSONata') {
      this.add('/', `'QueryLanguage' must be 'JSONPath' or 'JSONata' but was ${JSON.stringify(language)}`);
      return;
    }
    this.processor(definition, '', language);
    if (!this.hasJsonata && this.unsupported.length === 0) {
      this.unsupported.push("the machine uses JSONPath (neither it nor any of its states has QueryLanguage 'JSONata')");
    }
  }

  private processor(processor: Record<string, unknown>, path: string, language: QueryLanguage): void {
    const missing = ['StartAt', 'States'].filter((field) => processor[field] === undefined);
    if (missing.length > 0) {
      this.add(path || '/', `These fields are required: [${missing.join(', ')}]`);
      return;
    }
    const { StartAt: startAt, States: states } = processor;
    if (!isObject(states) || Object.keys(states).length === 0) {
      this.add(`${path}/States`, 'The field must be an object with at least one state');
      return;
    }
    if (typeof startAt !== 'string' || !Object.hasOwn(states, startAt)) {
      this.add(`${path}/StartAt`, `Missing 'StartAt' target: ${String(startAt)}`);
    }
    const names = Object.keys(states);
    for (const [name, state] of Object.entries(states)) {
      this.state(name, state, `${path}/States/${name}`, names, language);
    }
  }

  private state(name: string, value: unknown, path: string, names: string[], outer: QueryLanguage): void {
    if (!isObject(value)) return this.add(path, 'A state must be an object');
    if (!TYPES.includes(String(value.Type))) {
      return this.add(`${path}/Type`, `Value is not one of [${TYPES.join(', ')}]: ${JSON.stringify(value.Type)}`);
    }
    const state = value as unknown as State;
    const language = state.QueryLanguage ?? outer;
    if (language === 'JSONPath' && outer === 'JSONata') {
      return this.add(path, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
    }
    this.transitions(state, path, names);
    this.typeFields(name, state, path, language);
    this.hasJsonata ||= language === 'JSONata';
    if (language === 'JSONata') this.jsonata(value, path);
    else {
      const reason = jsonPathReason(value);
      if (reason !== undefined) this.unsupported.push(`state '${name}' uses JSONPath (${reason})`);
    }
  }

  private transitions(state: State, path: string, names: string[]): void {
    const target = (next: unknown, where: string) => {
      if (typeof next !== 'string' || !names.includes(next)) {
        this.add(where, `Missing 'Next' target: ${String(next)}`);
      }
    };
    if (WITHOUT_NEXT.includes(state.Type)) {
      if (state.Next !== undefined || state.End !== undefined) {
        this.add(path, `A ${state.Type} state takes neither 'Next' nor 'End'`);
      }
    } else if ((state.Next === undefined) === (state.End !== true)) {
      this.add(path, "Exactly one of 'Next' and 'End' must be given");
    } else if (state.Next !== undefined) target(state.Next, `${path}/Next`);
    if (state.Default !== undefined) target(state.Default, `${path}/Default`);
    for (const [i, rule] of (Array.isArray(state.Choices) ? state.Choices : []).entries()) {
      target((rule as Record<string, unknown> | null)?.Next, `${path}/Choices[${i}]/Next`);
    }
    for (const [i, catcher] of (state.Catch ?? []).entries()) {
      target(catcher.Next, `${path}/Catch[${i}]/Next`);
      this.errorEquals(catcher.ErrorEquals, `${path}/Catch[${i}]`);
    }
    for (const [i, retrier] of (state.Retry ?? []).entries()) {
      this.errorEquals(retrier.ErrorEquals, `${path}/Retry[${i}]`);
      this.retrier(retrier as unknown as Record<string, unknown>, `${path}/Retry[${i}]`);
    }
  }

  private errorEquals(value: unknown, path: string): void {
    if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
      this.add(path, "The field 'ErrorEquals' is required and must be a list of error names");
    }
  }

  private retrier(retrier: Record<string, unknown>, path: string): void {
    const least = { IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1, MaxDelaySeconds: 1 };
    for (const [field, min] of Object.entries(least)) {
      const value = retrier[field];
      if (value !== undefined && (typeof value !== 'number' || value < min)) {
        this.add(`${path}/${field}`, `Number must be ${min} or more but was ${JSON.stringify(value)}`);
      }
    }
    if (!['FULL', 'NONE', undefined].includes(retrier.JitterStrategy as string | undefined)) {
      this.add(`${path}/JitterStrategy`, `Value is not one of [FULL, NONE]: ${JSON.stringify(retrier.JitterStrategy)}`);
    }
  }

  private typeFields(name: string, state: State, path: string, language: QueryLanguage): void {
    switch (state.Type) {
      case 'Task':
        this.task(name, state, path);
        break;
      case 'Choice':
        if (!Array.isArray(state.Choices) || state.Choices.length === 0) {
          this.add(path, "The field 'Choices' is required and must be a list with at least one rule");
        }
        break;
      case 'Wait': {
        const given = ['Seconds', 'Timestamp', 'SecondsPath', 'TimestampPath'].filter((field) => field in state);
        if (given.length !== 1) this.add(path, "A Wait state takes exactly one of 'Seconds' and 'Timestamp'");
        const { Timestamp: timestamp } = state;
        if (typeof timestamp === 'string' && !isExpression(timestamp) && parseTimestamp(timestamp) === undefined) {
          this.add(`${path}/Timestamp`, 'String does not match RFC3339 timestamp');
        }
        break;
      }
      case 'Parallel':
        if (!Array.isArray(state.Branches) || state.Branches.length === 0) {
          return this.add(path, "The field 'Branches' is required and must be a list with at least one branch");
        }
        for (const [i, branch] of state.Branches.entries()) {
          this.processor(branch as unknown as Record<string, unknown>, `${path}/Branches[${i}]`, language);
        }
        break;
      case 'Map':
        this.map(name, state, path, language);
        break;
    }
  }

  private task(name: string, state: State, path: string): void {
    const { Resource: resource, Credentials: credentials } = state;
    if (typeof resource !== 'string') return this.add(path, "The field 'Resource' is required but was missing");
    if (credentials !== undefined) {
      if (!isObject(credentials) || credentials.RoleArn === undefined) {
        return this.add(`${path}/Credentials`, "The field 'RoleArn' is required but was missing");
      }
    }
    if (parseResource(resource) === undefined) {
      return this.add(
        `${path}/Resource`,
        `The resource provided ${resource} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`,
      );
    }
    if (this.type === 'EXPRESS') this.express(parseResource(resource)!, `${path}/Resource`);
    if (!this.supports(resource)) this.unsupported.push(`state '${name}' uses Resource ${resource}`);
    for (const field of ['TimeoutSeconds', 'HeartbeatSeconds'] as const) {
      const value = state[field];
      if (value !== undefined && !isExpression(value) && !(Number.isInteger(value) && (value as number) > 0)) {
        this.add(`${path}/${field}`, `Number must be 1 or more but was ${JSON.stringify(value)}`);
      }
    }
  }

  private express({ integration }: ParsedResource, path: string): void {
    if (integration === 'ACTIVITY') this.add(path, 'Express state machine does not support Activity ARN');
    if (integration === 'SYNC' || integration === 'WAIT_FOR_TASK_TOKEN') {
      const pattern = integration === 'SYNC' ? '.sync' : '.waitForTaskToken';
      this.add(path, `Express state machine does not support '${pattern}' service integration`);
    }
  }

  private map(name: string, state: State, path: string, language: QueryLanguage): void {
    if (!isObject(state.ItemProcessor)) {
      if ('Iterator' in state) this.unsupported.push(`state '${name}' uses Iterator: rename it to ItemProcessor`);
      else this.add(path, "The field 'ItemProcessor' is required but was missing");
      return;
    }
    this.processor(state.ItemProcessor, `${path}/ItemProcessor`, language);
    if (state.ResultWriter !== undefined) this.unsupported.push(`state '${name}' uses ResultWriter`);
    if (state.ItemProcessor.ProcessorConfig?.ExecutionType === 'EXPRESS') {
      this.unsupported.push(`state '${name}' uses ExecutionType EXPRESS`);
    }
    if (state.ItemReader !== undefined) {
      const reason = unsupportedReader(state.ItemReader);
      if (reason !== undefined) this.unsupported.push(`state '${name}' uses ${reason}`);
    }
    if (!isDistributed(state) && (state.ItemReader !== undefined || state.ItemBatcher !== undefined)) {
      this.add(path, "'ItemReader' and 'ItemBatcher' need ProcessorConfig Mode 'DISTRIBUTED'");
    }
    if (state.Label !== undefined && !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,40}$/.test(state.Label)) {
      this.add(`${path}/Label`, `A label has 1 to 40 characters and no special ones, but was '${state.Label}'`);
    }
  }

  private jsonata(state: Record<string, unknown>, path: string): void {
    for (const field of JSONPATH_FIELDS) {
      if (field in state) this.add(`${path}/${field}`, `The field '${field}' is not supported with JSONata`);
    }
    const { Branches: _, ItemProcessor: __, ...own } = state;
    this.expressions(own, path);
  }

  private expressions(value: unknown, path: string): void {
    if (isExpression(value)) {
      try {
        compile(expressionSource(value));
      } catch (e) {
        this.add(path, `The JSONata expression '${expressionSource(value)}' is not valid: ${(e as Error).message}`);
      }
    } else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) this.expressions(item, `${path}[${i}]`);
    } else if (isObject(value)) {
      for (const [key, item] of Object.entries(value)) this.expressions(item, `${path}/${key}`);
    }
  }

  private add(location: string, message: string): void {
    this.diagnostics.push({ severity: 'ERROR', code: 'SCHEMA_VALIDATION_FAILED', message, location });
  }
}

/** Why a JSONPath state can't be run as it stands; undefined when nothing in it depends on the query language. */
function jsonPathReason(state: Record<string, unknown>): string | undefined {
  const neutral = NEUTRAL_FIELDS[String(state.Type)];
  if (neutral === undefined) return `Type ${String(state.Type)}`;
  const foreign = Object.keys(state).find((field) => !COMMON_FIELDS.includes(field) && !neutral.includes(field));
  if (foreign !== undefined) return foreign;
  const { Branches: _, Catch: catchers, ...own } = state;
  for (const catcher of (catchers ?? []) as Record<string, unknown>[]) {
    const field = Object.keys(catcher).find((key) => !['ErrorEquals', 'Next', 'Comment', 'Assign'].includes(key));
    if (field !== undefined) return `Catch ${field}`;
  }
  return dynamicKey({ ...own, Catch: catchers });
}

function dynamicKey(value: unknown): string | undefined {
  // JSONPath would take the text as it stands.
  if (isExpression(value)) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    if (key.endsWith('.$')) return key;
    const inner = dynamicKey(item);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
