import { isObject } from '../template/json';
import { TemplateError } from '../template/template-error';

/** Whether one of the values at a field matches; a field that is absent has none. */
type LeavesTest = (leaves: readonly unknown[]) => boolean;
type LeafTest = (leaf: unknown) => boolean;
type Operator = (argument: unknown, path: string) => LeafTest;

const OPERATORS: Readonly<Record<string, Operator>> = {
  prefix: (argument, path) => affix(argument, path, (leaf, text) => leaf.startsWith(text)),
  suffix: (argument, path) => affix(argument, path, (leaf, text) => leaf.endsWith(text)),
  'equals-ignore-case': (argument, path) => {
    const text = string(argument, path).toLowerCase();
    return (leaf) => typeof leaf === 'string' && leaf.toLowerCase() === text;
  },
  wildcard: (argument, path) => {
    const expression = wildcardExpression(string(argument, path));
    return (leaf) => typeof leaf === 'string' && expression.test(leaf);
  },
  numeric,
  'anything-but': anythingBut,
};

/** One entry of a pattern's list: a value, or an object with one operator. */
export function compileOperator(entry: unknown, path: string): LeavesTest {
  if (isObject(entry) && Object.keys(entry).length === 1 && typeof entry.exists === 'boolean') {
    const expected = entry.exists;
    return (leaves) => leaves.length > 0 === expected;
  }
  const test = isObject(entry) ? compileLeaf(entry, path) : equals(entry, path);
  return (leaves) => leaves.some(test);
}

function compileLeaf(entry: Readonly<Record<string, unknown>>, path: string): LeafTest {
  const [name, ...others] = Object.keys(entry);
  if (name === undefined || others.length > 0 || !Object.hasOwn(OPERATORS, name)) {
    const known = ['exists', ...Object.keys(OPERATORS)].join(', ');
    throw new TemplateError(path, `${JSON.stringify(entry)} is not matched locally. Use one operator of ${known}.`);
  }
  return OPERATORS[name](entry[name], `${path}/${name}`);
}

function equals(value: unknown, path: string): LeafTest {
  if (Array.isArray(value)) throw new TemplateError(path, 'a list inside of a list of values is not allowed.');
  return (leaf) => leaf === value;
}

function affix(argument: unknown, path: string, matches: (leaf: string, text: string) => boolean): LeafTest {
  if (isObject(argument) && typeof argument['equals-ignore-case'] === 'string') {
    const text = argument['equals-ignore-case'].toLowerCase();
    return (leaf) => typeof leaf === 'string' && matches(leaf.toLowerCase(), text);
  }
  const text = string(argument, path);
  return (leaf) => typeof leaf === 'string' && matches(leaf, text);
}

/** Matches what is there and is none of the values, or does not fit the operator with any of its texts. */
function anythingBut(argument: unknown, path: string): LeafTest {
  let refused: LeafTest[];
  if (isObject(argument)) {
    const [name, texts] = Object.entries(argument)[0] ?? [];
    const list = Array.isArray(texts) ? texts : [texts];
    refused = list.map((text) => compileLeaf(name === undefined ? {} : { ...argument, [name]: text }, path));
  } else {
    refused = (Array.isArray(argument) ? argument : [argument]).map((value) => equals(value, path));
  }
  return (leaf) => !refused.some((test) => test(leaf));
}

const COMPARISONS: Readonly<Record<string, (leaf: number, limit: number) => boolean>> = {
  '=': (leaf, limit) => leaf === limit,
  '<': (leaf, limit) => leaf < limit,
  '<=': (leaf, limit) => leaf <= limit,
  '>': (leaf, limit) => leaf > limit,
  '>=': (leaf, limit) => leaf >= limit,
};

function numeric(argument: unknown, path: string): LeafTest {
  const list = Array.isArray(argument) ? (argument as unknown[]) : [];
  const pairs = Array.from({ length: Math.ceil(list.length / 2) }, (_, at) => list.slice(2 * at, 2 * at + 2));
  const isValid = ([comparison, limit]: unknown[]) =>
    typeof limit === 'number' && Object.hasOwn(COMPARISONS, String(comparison));
  if (pairs.length === 0 || !pairs.every(isValid)) {
    const shape = '[">", 0, "<=", 5]';
    throw new TemplateError(
      path,
      `expected comparisons with numbers such as ${shape}, not ${JSON.stringify(argument)}.`,
    );
  }
  return (leaf) =>
    typeof leaf === 'number' &&
    pairs.every(([comparison, limit]) => COMPARISONS[String(comparison)](leaf, limit as number));
}

/** `*` stands for any characters; a backslash takes that meaning away. */
function wildcardExpression(text: string): RegExp {
  const source = text.replace(/\\([*\\])|(\*)|[.+?^${}()|[\]\\]/g, (found, escaped?: string, star?: string) => {
    if (star !== undefined) return '[^]*';
    return `\\${escaped ?? found}`;
  });
  return new RegExp(`^${source}$`);
}

function string(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(path, `expected a text, not ${JSON.stringify(value)}.`);
}
