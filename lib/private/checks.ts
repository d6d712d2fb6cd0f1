import { Duration, Token } from 'aws-cdk-lib';

/** Checks of props: eager, and silent about values that are only known at deployment. */

export function requireInteger(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be an integer from ${min} to ${max}, got ${JSON.stringify(value)}`);
  }
}

export function requireNumber(
  name: string,
  value: number | undefined,
  allowed: string,
  test: (n: number) => boolean,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (typeof value !== 'number' || !Number.isFinite(value) || !test(value)) {
    throw new Error(`${name} must be ${allowed}, got ${typeof value === 'number' ? value : JSON.stringify(value)}`);
  }
}

export function requireMatch(name: string, value: string | undefined, pattern: RegExp, allowed: string): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!pattern.test(value)) {
    throw new Error(`${name} must be ${allowed}, got ${JSON.stringify(value)}`);
  }
}

export function requireLength(name: string, value: string | undefined, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (value.length > max) {
    throw new Error(`${name} must have at most ${max} characters, got ${value.length} in ${JSON.stringify(value)}`);
  }
}

/** A state machine evaluates texts that begin like this as expressions. */
export function requireNoExpression(name: string, value: string | undefined): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (value.trimStart().startsWith('{%')) {
    throw new Error(`${name} must not start with "{%", got ${JSON.stringify(value)}`);
  }
}

export function requireSeconds(name: string, value: Duration | undefined, min: number, max: number): void {
  if (value === undefined || value.isUnresolved()) return;
  requireInteger(`${name} in seconds`, value.toSeconds({ integral: false }), min, max);
}

/** Parts of a VPC say nothing without it. */
export function requireVpcFor(parts: { [name: string]: unknown }, vpc: unknown): void {
  const [name] = Object.entries(parts).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined && vpc === undefined) {
    throw new Error(`${name} must not be given without vpc; give the VPC that they belong to`);
  }
}
