import { InvalidArgumentError } from 'commander';

/** Parses an option's value. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be an integer of at least 1.');
  return value;
}
