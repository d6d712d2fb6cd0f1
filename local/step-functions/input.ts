import { ServiceError } from '../service';

export type FieldType = 'string' | 'integer' | 'boolean';

/** The fields of an operation's input; `!` marks one that is required. */
export type Fields = Readonly<Record<string, FieldType | `${FieldType}!`>>;

/** Checks an input against its fields: a missing, unknown or wrong one is a `ValidationException` that names it. */
export function checkFields(operation: string, input: Record<string, unknown>, fields: Fields): void {
  for (const name of Object.keys(input)) {
    if (!Object.hasOwn(fields, name)) {
      throw invalid(`'${name}' is not a field of ${operation}: it takes ${Object.keys(fields).join(', ') || 'none'}`);
    }
  }
  for (const [name, type] of Object.entries(fields)) {
    const value = input[name];
    if (value === undefined || value === null) {
      if (type.endsWith('!')) throw constraint('null', name, 'Member must not be null');
      continue;
    }
    const wanted = type.replace('!', '');
    const fits = wanted === 'integer' ? Number.isInteger(value) : typeof value === wanted;
    if (!fits) throw constraint(`'${JSON.stringify(value)}'`, name, `Member must be of type ${wanted}`);
  }
}

export function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

export function constraint(value: string, field: string, rule: string): ServiceError {
  return invalid(`1 validation error detected: Value ${value} at '${field}' failed to satisfy constraint: ${rule}`);
}

/** A page size: 0 and nothing stand for the default of 100. */
export function pageSize(input: Record<string, unknown>): number {
  const size = (input.maxResults as number | undefined) ?? 0;
  if (size < 0 || size > 1000) {
    throw constraint(`'${size}'`, 'maxResults', 'Member must have value between 0 and 1000');
  }
  return size === 0 ? 100 : size;
}

/** Checks an ARN of Step Functions and answers what follows its kind. */
export function arnName(arn: string, kinds: readonly string[]): string {
  const match = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:([A-Za-z]+):(.+)$/.exec(arn);
  if (match === null) throw new ServiceError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  if (!kinds.includes(match[1])) {
    throw new ServiceError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${match[1]}'`);
  }
  return match[2];
}
