import { isObject } from './json';
import type { JsonObject } from './json';
import { TemplateError } from './template-error';

/** What the intrinsic functions of one template refer to. */
export interface IntrinsicScope {
  ref(name: string, path: string): unknown;
  getAtt(logicalId: string, attribute: string, path: string): unknown;
  condition(name: string, path: string): boolean;
  /** The entry of a mapping; `otherwise` where there is none, or an error without it. */
  mapping(map: string, first: string, second: string, path: string, otherwise?: unknown): unknown;
  importValue(name: string, path: string): unknown;
}

/** What `AWS::NoValue` resolves to: the property or list entry that holds it disappears. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, path: string, scope: IntrinsicScope) => unknown;

const SUPPORTED: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, path, scope) => scope.ref(text(argument, path), path),
  'Fn::GetAtt': getAtt,
  'Fn::Join': join,
  'Fn::Select': select,
  'Fn::Split': split,
  'Fn::Sub': sub,
  'Fn::FindInMap': findInMap,
  'Fn::If': chooseIf,
  'Fn::ImportValue': (argument, path, scope) => scope.importValue(text(resolve(argument, path, scope), path), path),
  'Fn::Base64': (argument, path, scope) => Buffer.from(text(resolve(argument, path, scope), path)).toString('base64'),
};

/** Replaces every intrinsic function inside of `value`; one that is not known is refused by its name and path. */
export function resolve(value: unknown, path: string, scope: IntrinsicScope): unknown {
  if (Array.isArray(value)) {
    return value.map((entry, index) => resolve(entry, `${path}/${index}`, scope)).filter((entry) => entry !== NO_VALUE);
  }
  if (!isObject(value)) return value;
  const name = intrinsicName(value);
  if (name !== undefined) {
    const intrinsic = SUPPORTED[name];
    if (intrinsic === undefined) {
      const known = Object.keys(SUPPORTED).join(', ');
      throw new TemplateError(path, `${name} can't be resolved without AWS. The local runtime knows ${known}.`);
    }
    return intrinsic(value[name], `${path}/${name}`, scope);
  }
  const resolved: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    const answer = resolve(entry, `${path}/${key}`, scope);
    if (answer !== NO_VALUE) resolved[key] = answer;
  }
  return resolved;
}

/** Evaluates a condition of the template's `Conditions`. */
export function evaluateCondition(value: unknown, path: string, scope: IntrinsicScope): boolean {
  if (isObject(value) && Object.keys(value).length === 1) {
    const [name, argument] = Object.entries(value)[0];
    const at = `${path}/${name}`;
    switch (name) {
      case 'Condition':
        return scope.condition(text(argument, at), at);
      case 'Fn::Equals': {
        const [left, right] = list(argument, at, 2).map((entry) => resolve(entry, at, scope));
        return JSON.stringify(left) === JSON.stringify(right);
      }
      case 'Fn::Not':
        return !evaluateCondition(list(argument, at, 1)[0], at, scope);
      case 'Fn::And':
        return list(argument, at).every((entry) => evaluateCondition(entry, at, scope));
      case 'Fn::Or':
        return list(argument, at).some((entry) => evaluateCondition(entry, at, scope));
    }
    throw new TemplateError(at, `${name} is no condition function. Use Fn::Equals, Fn::Not, Fn::And or Fn::Or.`);
  }
  throw new TemplateError(path, `a condition is an object with one function, not ${JSON.stringify(value)}.`);
}

function intrinsicName(value: JsonObject): string | undefined {
  const keys = Object.keys(value);
  if (keys.length !== 1) return undefined;
  return keys[0] === 'Ref' || keys[0].startsWith('Fn::') ? keys[0] : undefined;
}

function getAtt(argument: unknown, path: string, scope: IntrinsicScope): unknown {
  const parts = typeof argument === 'string' ? argument.split('.') : list(argument, path);
  const [logicalId, ...attribute] = parts.map((part) => text(resolve(part, path, scope), path));
  return scope.getAtt(logicalId, attribute.join('.'), path);
}

function join(argument: unknown, path: string, scope: IntrinsicScope): string {
  const [delimiter, parts] = list(argument, path, 2);
  const resolved = list(resolve(parts, path, scope), path);
  return resolved.map((part, index) => text(part, `${path}/1/${index}`)).join(text(delimiter, path));
}

function select(argument: unknown, path: string, scope: IntrinsicScope): unknown {
  const [index, entries] = list(resolve(argument, path, scope), path, 2);
  const resolved = list(entries, path);
  const at = Number(index);
  if (!Number.isInteger(at) || at < 0 || at >= resolved.length) {
    throw new TemplateError(path, `index ${JSON.stringify(index)} is outside of a list of ${resolved.length}.`);
  }
  return resolved[at];
}

function split(argument: unknown, path: string, scope: IntrinsicScope): string[] {
  const [delimiter, source] = list(argument, path, 2);
  return text(resolve(source, path, scope), path).split(text(delimiter, path));
}

function sub(argument: unknown, path: string, scope: IntrinsicScope): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = isObject(variables) ? variables : {};
  return text(template, path).replace(/\$\{([^}]*)\}/g, (_whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (Object.hasOwn(own, name)) return text(resolve(own[name], `${path}/${name}`, scope), path);
    const dot = name.indexOf('.');
    const value = dot < 0 ? scope.ref(name, path) : scope.getAtt(name.slice(0, dot), name.slice(dot + 1), path);
    return text(value, path);
  });
}

function findInMap(argument: unknown, path: string, scope: IntrinsicScope): unknown {
  const given = list(argument, path);
  const [map, first, second] = list(given.slice(0, 3), path, 3).map((key) => text(resolve(key, path, scope), path));
  // with the transform AWS::LanguageExtensions, which the CDK adds where it needs it.
  const options = given[3];
  const otherwise = isObject(options) ? resolve(options.DefaultValue, path, scope) : undefined;
  return scope.mapping(map, first, second, path, otherwise);
}

function chooseIf(argument: unknown, path: string, scope: IntrinsicScope): unknown {
  const [condition, then, otherwise] = list(argument, path, 3);
  return resolve(scope.condition(text(condition, path), path) ? then : otherwise, path, scope);
}

function list(value: unknown, path: string, length?: number): unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    const expected = length === undefined ? 'a list' : `a list of ${length}`;
    throw new TemplateError(path, `expected ${expected}, not ${JSON.stringify(value)}.`);
  }
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(path, `expected a string, not ${JSON.stringify(value) ?? String(value)}.`);
}
