import { createHash } from 'node:crypto';
import { javaRandom } from './java-random';

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** JSONata shows the message of what a function throws. */
function fail(message: string): never {
  throw new Error(message);
}

/** Marks a list as a JSONata sequence, so that one element answers the element: what AWS does for `$range`. */
function sequence(values: unknown[]): unknown[] {
  Object.defineProperty(values, 'sequence', { enumerable: false, value: true });
  return values;
}

function range(first: unknown, last: unknown, step: unknown): unknown[] | undefined {
  if (first === undefined || last === undefined || step === undefined) return undefined;
  if (typeof first !== 'number' || typeof last !== 'number' || typeof step !== 'number') {
    return fail('$range takes three numbers: first, last and step');
  }
  if (step === 0) return fail('the step of $range must not be 0');
  const count = Math.floor((last - first) / step) + 1;
  if (count > 1_000_000) return fail(`$range would give ${count} elements; at most 1000000 are possible`);
  return sequence(Array.from({ length: Math.max(count, 0) }, (_, i) => first + i * step));
}

function partition(list: unknown, size: unknown): unknown[][] | undefined {
  if (list === undefined || size === undefined) return undefined;
  if (!Array.isArray(list)) return fail('$partition takes a list and a chunk size');
  if (typeof size !== 'number' || Math.trunc(size) < 1) return fail('the chunk size of $partition must be 1 or more');
  const width = Math.trunc(size);
  return Array.from({ length: Math.ceil(list.length / width) }, (_, i) => list.slice(i * width, (i + 1) * width));
}

function hash(data: unknown, algorithm: unknown): string | undefined {
  if (data === undefined || algorithm === undefined) return undefined;
  const name = typeof algorithm === 'string' ? HASHES[algorithm] : undefined;
  if (name === undefined)
    return fail(`$hash knows ${Object.keys(HASHES).join(', ')}, not ${JSON.stringify(algorithm)}`);
  return createHash(name)
    .update(typeof data === 'string' ? data : JSON.stringify(data), 'utf8')
    .digest('hex');
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') return fail('$parse takes a string');
  return JSON.parse(text);
}

function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = '4';
  hex[16] = '89ab'[Math.floor(random() * 4)];
  const text = hex.join('');
  return [0, 8, 12, 16, 20].map((at, i) => text.slice(at, [8, 12, 16, 20, 32][i])).join('-');
}

/** The functions that Step Functions adds to JSONata, and `$eval`, which it takes away. */
export function awsFunctions(random: () => number): Readonly<Record<string, unknown>> {
  return {
    range,
    partition,
    hash,
    parse,
    uuid: () => uuid(random),
    random: (seed: unknown) => (typeof seed === 'number' ? javaRandom(seed) : random()),
    eval: undefined,
  };
}
