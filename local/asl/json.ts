/** The most bytes of UTF-8 that AWS passes into or out of a state. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function byteLength(json: string): number {
  return Buffer.byteLength(json, 'utf8');
}

/** The name that Step Functions gives the type of a JSON value in its messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Follows a JSON pointer (RFC 6901); undefined where it leads nowhere. */
export function atPointer(value: unknown, pointer: string): unknown {
  let current = value;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return current;
}
