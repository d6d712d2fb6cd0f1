import jsep from 'jsep';
import { Configuration, ParameterValue } from './search-space';

/**
 * Small expressions over the parameters of a configuration, such as `layers * units <= 4096 and optimizer != 'sgd'`.
 *
 * jsep only parses: what its tree may hold and what that means is all here. There are no properties, no assignments and no
 * calls but those of the functions below, and each part is evaluated at most once, so an expression can neither reach anything nor
 * run long. Nothing is converted: adding a text to a number is an error, most of which are found before any evaluation.
 */
export interface Expression {
  /** The parameters that occur in it. */
  readonly parameters: ReadonlySet<string>;
  readonly kinds: Kinds;
  /**
   * @param configuration must have a value for each of `parameters`
   * @throws ExpressionError where a value is of the wrong kind
   */
  evaluate(configuration: Configuration): ParameterValue;
}

/** What an expression knows of a parameter. */
export interface Variable {
  readonly kinds: Kinds;
  /** All its values, where they are few and known. */
  readonly values?: readonly ParameterValue[];
}

export type Kind = 'number' | 'text' | 'truth value';
export type Kinds = ReadonlySet<Kind>;

export class ExpressionError extends Error {}

const MAX_LENGTH = 1000;

// words beside the signs. jsep keeps its operators for the whole process; this package brings a jsep of its own.
jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);
jsep.addBinaryOp('in', 7);
jsep.addUnaryOp('not');

const NUMBER: Kinds = new Set(['number']);
const TRUTH: Kinds = new Set(['truth value']);
const ORDERED: Kinds = new Set(['number', 'text']);

export function kindOf(value: ParameterValue): Kind {
  return typeof value === 'number' ? 'number' : typeof value === 'string' ? 'text' : 'truth value';
}

/** @throws ExpressionError that says what is wrong with the expression, without quoting all of it */
export function parseExpression(text: string, variables: ReadonlyMap<string, Variable>): Expression {
  if (text.length > MAX_LENGTH) {
    throw new ExpressionError(`it must have at most ${MAX_LENGTH} characters, got ${text.length}`);
  }
  return new Compiler(variables).compile(parse(text));
}

function parse(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    const { message } = error as Error;
    // deeply nested parentheses use up the stack.
    if (error instanceof RangeError) throw new ExpressionError('it is nested too deeply');
    throw new ExpressionError(
      `${lowerFirst(message)}${message.includes('"="') ? '; comparisons are == != < <= > >=' : ''}`,
    );
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A part of an expression, ready to be evaluated. */
interface Part {
  /** How errors name it. */
  readonly name: string;
  readonly kinds: Kinds;
  readonly variable?: Variable;
  readonly literal?: ParameterValue;
  evaluate(configuration: Configuration): ParameterValue;
}

const ARITHMETIC: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

const ORDER: Record<string, (a: number | string, b: number | string) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** With the numbers of arguments that each takes. */
const FUNCTIONS: Record<string, { readonly least: number; readonly most: number; call(...args: number[]): number }> = {
  abs: { least: 1, most: 1, call: Math.abs },
  ceil: { least: 1, most: 1, call: Math.ceil },
  exp: { least: 1, most: 1, call: Math.exp },
  floor: { least: 1, most: 1, call: Math.floor },
  log: { least: 1, most: 1, call: Math.log },
  log2: { least: 1, most: 1, call: Math.log2 },
  log10: { least: 1, most: 1, call: Math.log10 },
  max: { least: 1, most: 100, call: Math.max },
  min: { least: 1, most: 100, call: Math.min },
  pow: { least: 2, most: 2, call: Math.pow },
  round: { least: 1, most: 1, call: Math.round },
  sqrt: { least: 1, most: 1, call: Math.sqrt },
};

class Compiler {
  private readonly used = new Set<string>();

  constructor(private readonly variables: ReadonlyMap<string, Variable>) {}

  compile(tree: jsep.Expression): Expression {
    const { kinds, evaluate } = this.part(tree);
    return { parameters: this.used, kinds, evaluate };
  }

  private part(tree: jsep.Expression): Part {
    switch (tree.type) {
      case 'Literal':
        return this.literal(tree as jsep.Literal);
      case 'Identifier':
        return this.parameter((tree as jsep.Identifier).name);
      case 'UnaryExpression':
        return this.unary(tree as jsep.UnaryExpression);
      case 'BinaryExpression':
        return this.binary(tree as jsep.BinaryExpression);
      case 'CallExpression':
        return this.call(tree as jsep.CallExpression);
      case 'MemberExpression':
        throw new ExpressionError(
          "a parameter's name with other signs than letters, digits and _ is written as param('its.name')",
        );
      case 'Compound':
        throw new ExpressionError(
          (tree as jsep.Compound).body.length === 0 ? 'it is empty' : 'an operator is missing between two of its parts',
        );
      default:
        throw new ExpressionError(
          `it may hold only numbers, texts, parameters, + - * / %, comparisons, and, or, not, in [...] and ${functionNames()}`,
        );
    }
  }

  private literal({ value, raw }: jsep.Literal): Part {
    if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') {
      throw new ExpressionError(`${raw} is no number, text, true or false`);
    }
    return { name: raw, kinds: new Set([kindOf(value)]), literal: value, evaluate: () => value };
  }

  private parameter(name: string): Part {
    const variable = this.variables.get(name);
    if (variable === undefined) {
      const names = [...this.variables.keys()].join(', ');
      throw new ExpressionError(
        `${JSON.stringify(name)} is not a parameter of the search space; there are ${names} (texts stand in quotes)`,
      );
    }
    this.used.add(name);
    return { name, kinds: variable.kinds, variable, evaluate: (configuration) => configuration[name] };
  }

  private unary({ operator, argument }: jsep.UnaryExpression): Part {
    const part = this.part(argument);
    switch (operator) {
      case '-': {
        const number = this.numeric('-', part);
        const literal = typeof part.literal === 'number' ? -part.literal : undefined;
        return { name: `-${part.name}`, kinds: NUMBER, literal, evaluate: (configuration) => -number(configuration) };
      }
      case 'not':
      case '!': {
        const truth = this.truth(operator, part);
        return { name: `${operator} ...`, kinds: TRUTH, evaluate: (configuration) => !truth(configuration) };
      }
      default:
        throw new ExpressionError(`operator ${operator} is not known`);
    }
  }

  private binary({ operator, left, right }: jsep.BinaryExpression): Part {
    if (operator === 'in') return this.membership(left, right);

    const [a, b] = [this.part(left), this.part(right)];
    const name = `... ${operator} ...`;
    if (Object.hasOwn(ARITHMETIC, operator)) {
      const [x, y] = [this.numeric(operator, a), this.numeric(operator, b)];
      const apply = ARITHMETIC[operator];
      return { name, kinds: NUMBER, evaluate: (configuration) => apply(x(configuration), y(configuration)) };
    }
    if (Object.hasOwn(ORDER, operator)) return { name, kinds: TRUTH, evaluate: this.order(operator, a, b) };
    switch (operator) {
      case 'and':
      case '&&': {
        const [x, y] = [this.truth(operator, a), this.truth(operator, b)];
        return { name, kinds: TRUTH, evaluate: (configuration) => x(configuration) && y(configuration) };
      }
      case 'or':
      case '||': {
        const [x, y] = [this.truth(operator, a), this.truth(operator, b)];
        return { name, kinds: TRUTH, evaluate: (configuration) => x(configuration) || y(configuration) };
      }
      case '==':
      case '===':
      case '!=':
      case '!==': {
        requireComparable(operator, a, b);
        const same = operator.startsWith('=');
        return {
          name,
          kinds: TRUTH,
          evaluate: (configuration) => (a.evaluate(configuration) === b.evaluate(configuration)) === same,
        };
      }
      default:
        throw new ExpressionError(`operator ${operator} is not known`);
    }
  }

  private order(operator: string, a: Part, b: Part): Part['evaluate'] {
    const apply = ORDER[operator];
    const [x, y] = [this.checked(operator, a, ORDERED), this.checked(operator, b, ORDERED)];
    requireComparable(operator, a, b);
    return (configuration) => {
      const [left, right] = [x(configuration) as number | string, y(configuration) as number | string];
      if (typeof left !== typeof right) {
        throw new ExpressionError(`${operator} needs two numbers or two texts, got ${shown(left)} and ${shown(right)}`);
      }
      return apply(left, right);
    };
  }

  private membership(left: jsep.Expression, right: jsep.Expression): Part {
    if (right.type !== 'ArrayExpression') {
      throw new ExpressionError("in needs a list on its right, such as x in ['a', 'b']");
    }
    const member = this.part(left);
    const items = (right as jsep.ArrayExpression).elements.map((element) => {
      if (element === null) throw new ExpressionError('a list must have no gaps');
      const item = this.part(element);
      requireComparable('in', member, item);
      return item;
    });
    return {
      name: '... in ...',
      kinds: TRUTH,
      evaluate: (configuration) => {
        const value = member.evaluate(configuration);
        return items.some((item) => item.evaluate(configuration) === value);
      },
    };
  }

  private call({ callee, arguments: args }: jsep.CallExpression): Part {
    const name = callee.type === 'Identifier' ? (callee as jsep.Identifier).name : '';
    if (name === 'param') return this.parameterByText(args);
    if (!Object.hasOwn(FUNCTIONS, name)) {
      throw new ExpressionError(`function ${JSON.stringify(name)} is not known; there are ${functionNames()}`);
    }
    const { least, most, call } = FUNCTIONS[name];
    if (args.length < least || args.length > most) {
      const count = least === most ? String(least) : `${least} to ${most}`;
      throw new ExpressionError(`${name} must have ${count} arguments, got ${args.length}`);
    }
    const numbers = args.map((argument) => this.numeric(name, this.part(argument)));
    return {
      name: `${name}(...)`,
      kinds: NUMBER,
      evaluate: (configuration) => call(...numbers.map((number) => number(configuration))),
    };
  }

  /** `param('block:width')`: a name that can't stand by itself. */
  private parameterByText(args: jsep.Expression[]): Part {
    const name = args.length === 1 && args[0].type === 'Literal' ? (args[0] as jsep.Literal).value : undefined;
    if (typeof name !== 'string') throw new ExpressionError("param needs a parameter's name in quotes");
    return this.parameter(name);
  }

  private numeric(operator: string, part: Part): (configuration: Configuration) => number {
    return this.checked(operator, part, NUMBER) as (configuration: Configuration) => number;
  }

  private truth(operator: string, part: Part): (configuration: Configuration) => boolean {
    return this.checked(operator, part, TRUTH) as (configuration: Configuration) => boolean;
  }

  /** The part's evaluation with a check of its kind, which is left out where it can't fail. */
  private checked(operator: string, part: Part, wanted: Kinds): Part['evaluate'] {
    const possible = [...part.kinds].filter((kind) => wanted.has(kind));
    const words = [...wanted].map((kind) => `${kind}s`).join(' or ');
    if (possible.length === 0) {
      throw new ExpressionError(`${operator} needs ${words}, but ${part.name} is a ${[...part.kinds].join(' or ')}`);
    }
    if (possible.length === part.kinds.size) return part.evaluate;
    return (configuration) => {
      const value = part.evaluate(configuration);
      if (!wanted.has(kindOf(value))) throw new ExpressionError(`${operator} needs ${words}, got ${shown(value)}`);
      return value;
    };
  }
}

/** What could never be equal or in order is a mistake: a number in quotes, a misspelt value. */
function requireComparable(operator: string, a: Part, b: Part): void {
  if (![...a.kinds].some((kind) => b.kinds.has(kind))) {
    throw new ExpressionError(
      `${operator} compares ${a.name}, a ${[...a.kinds].join(' or ')}, with ${b.name}, a ${[...b.kinds].join(' or ')}`,
    );
  }
  if (Object.hasOwn(ORDER, operator)) return;
  for (const [part, other] of [
    [a, b],
    [b, a],
  ]) {
    const values = part.variable?.values;
    if (values !== undefined && other.literal !== undefined && !values.includes(other.literal)) {
      throw new ExpressionError(`${part.name} can't be ${other.name}; its values are ${values.map(shown).join(', ')}`);
    }
  }
}

function shown(value: ParameterValue): string {
  return JSON.stringify(value);
}

function functionNames(): string {
  return Object.keys(FUNCTIONS).join(', ');
}
