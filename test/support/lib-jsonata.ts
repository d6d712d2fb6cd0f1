import jsonata from 'jsonata';

/** Every JSONata expression in a definition, without its marks. */
export function expressionsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('{%') ? [sourceOf(value)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item) => expressionsIn(item));
}

/** The value of an expression `{% ... %}` as plain JSON, as Step Functions would have it; undefined if there is none. */
export async function evaluate(expression: unknown, variables: Record<string, unknown>): Promise<unknown> {
  const value: unknown = await jsonata(sourceOf(expression as string)).evaluate(undefined, variables);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** All expressions of an object replaced by their values. */
export async function evaluateAll(value: unknown, variables: Record<string, unknown>): Promise<unknown> {
  if (typeof value === 'string') return value.startsWith('{%') ? evaluate(value, variables) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluateAll(item, variables)));
  const entries = Object.entries(value).map(async ([key, item]) => [key, await evaluateAll(item, variables)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function sourceOf(expression: string): string {
  const [, source] = /^\{%(.*)%\}$/s.exec(expression) ?? [];
  if (source === undefined) throw new Error(`no JSONata expression: ${expression}`);
  return source.trim();
}
