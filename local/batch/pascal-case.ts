/** Fields whose keys are the user's own words. */
const MAPS = new Set(['tags', 'parameters']);

/** An answer of Batch as Step Functions gives it to a state: each field begins with a capital. */
export function toPascalCase(value: unknown): unknown {
  return renamed(value, (name) => name.charAt(0).toUpperCase() + name.slice(1));
}

/** The Arguments of a state as Batch takes them. */
export function toCamelCase(value: unknown): unknown {
  return renamed(value, (name) => name.charAt(0).toLowerCase() + name.slice(1));
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      rename(name),
      MAPS.has(name.toLowerCase()) ? entry : renamed(entry, rename),
    ]),
  );
}
