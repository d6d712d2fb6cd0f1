import { isObject } from '../template/json';
import { TemplateError } from '../template/template-error';
import { compileOperator } from './pattern-operators';

/** Whether an event, or a part of one, matches. */
export type PatternTest = (event: unknown) => boolean;

/** Reads an event pattern of EventBridge; what it holds that can't be matched here is refused by its path. */
export function compilePattern(pattern: unknown, path: string): PatternTest {
  if (!isObject(pattern)) {
    throw new TemplateError(path, `expected an object of fields, not ${JSON.stringify(pattern)}.`);
  }
  const tests = Object.entries(pattern).map(([field, expected]) => compileField(field, expected, `${path}/${field}`));
  return (event) => tests.every((test) => test(event));
}

function compileField(field: string, expected: unknown, path: string): PatternTest {
  if (field === '$or' && Array.isArray(expected)) {
    const alternatives = expected.map((pattern, index) => compilePattern(pattern, `${path}/${index}`));
    return (event) => alternatives.some((test) => test(event));
  }
  if (Array.isArray(expected)) {
    if (expected.length === 0) throw new TemplateError(path, 'the list is empty: no event can match it. Leave it out.');
    const operators = expected.map((entry, index) => compileOperator(entry, `${path}/${index}`));
    return (event) => {
      const leaves = leavesOf(fieldOf(event, field));
      return operators.some((matches) => matches(leaves));
    };
  }
  if (!isObject(expected)) {
    throw new TemplateError(path, `expected a list of values, not ${JSON.stringify(expected)}. Put it in a list.`);
  }
  const nested = compilePattern(expected, path);
  return (event) => {
    const value = fieldOf(event, field);
    return Array.isArray(value) ? value.some((entry) => nested(entry)) : nested(value);
  };
}

function fieldOf(event: unknown, field: string): unknown {
  return isObject(event) && Object.hasOwn(event, field) ? event[field] : undefined;
}

/** The plain values at a field: none where it is absent or an object, several where it is a list. */
function leavesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf);
  return value === undefined || isObject(value) ? [] : [value];
}
