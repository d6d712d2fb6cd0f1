/** One value of a request: its type and its limits, as the service's model states them. */
export type Constraint =
  | StringConstraint
  | { readonly type: 'integer'; readonly min: number; readonly max?: number }
  | { readonly type: 'number' }
  | { readonly type: 'boolean' }
  | { readonly type: 'any' }
  | { readonly type: 'list'; readonly min?: number; readonly max: number; readonly member: Constraint }
  | { readonly type: 'map'; readonly max: number; readonly key: StringConstraint; readonly value: StringConstraint }
  | StructureConstraint;

export interface StringConstraint {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly oneOf?: readonly string[];
}

export interface StructureConstraint {
  readonly type: 'structure';
  readonly fields: Readonly<Record<string, Constraint>>;
  readonly required?: readonly string[];
}

/** All that is wrong with a value, each in the words of AWS: the value, the place and the constraint. */
export function violationsOf(value: unknown, constraint: Constraint, path: string = ''): string[] {
  const wrong = (problem: string) => [violation(value, path, problem)];
  switch (constraint.type) {
    case 'any':
      return [];
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? [] : wrong('Member must be a number');
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('Member must be a boolean');
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrong('Member must be an integer');
      if (value < constraint.min) return wrong(`Member must have value greater than or equal to ${constraint.min}`);
      if (constraint.max !== undefined && value > constraint.max) {
        return wrong(`Member must have value less than or equal to ${constraint.max}`);
      }
      return [];
    case 'string':
      return stringViolations(value, constraint, path);
    case 'list':
      if (!Array.isArray(value)) return wrong('Member must be a list');
      return [
        ...lengthViolations(value, value.length, constraint, path),
        ...value.flatMap((member, index) => violationsOf(member, constraint.member, `${path}.${index + 1}.member`)),
      ];
    case 'map': {
      if (!isStructure(value)) return wrong('Member must be a map');
      const entries = Object.entries(value);
      return [
        ...lengthViolations(value, entries.length, constraint, path),
        ...entries.flatMap(([key, entry]) => [
          ...stringViolations(key, constraint.key, `${path}.key`),
          ...stringViolations(entry, constraint.value, `${path}.${key.slice(0, 256)}.value`),
        ]),
      ];
    }
    case 'structure':
      return structureViolations(value, constraint, path);
  }
}

function structureViolations(value: unknown, constraint: StructureConstraint, path: string): string[] {
  if (!isStructure(value)) return [violation(value, path, 'Member must be a structure')];
  const violations: string[] = [];
  for (const name of constraint.required ?? []) {
    if (value[name] === undefined || value[name] === null) {
      violations.push(violation(null, member(path, name), 'Member must not be null'));
    }
  }
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined || entry === null) continue;
    const known = Object.hasOwn(constraint.fields, name) ? constraint.fields[name] : undefined;
    violations.push(
      ...(known === undefined
        ? [
            violation(
              entry,
              member(path, name),
              `Member must be one of the known: ${Object.keys(constraint.fields).join(', ')}`,
            ),
          ]
        : violationsOf(entry, known, member(path, name))),
    );
  }
  return violations;
}

function stringViolations(value: unknown, constraint: StringConstraint, path: string): string[] {
  const wrong = (problem: string) => [violation(value, path, problem)];
  if (typeof value !== 'string') return wrong('Member must be a string');
  const { min, max, pattern, oneOf } = constraint;
  if (min !== undefined && value.length < min) return wrong(`Member must have length greater than or equal to ${min}`);
  // the length goes first, so that no pattern runs over a long text.
  if (max !== undefined && value.length > max) return wrong(`Member must have length less than or equal to ${max}`);
  if (oneOf !== undefined && !oneOf.includes(value)) {
    return wrong(`Member must satisfy enum value set: [${oneOf.join(', ')}]`);
  }
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) {
    return wrong(`Member must satisfy regular expression pattern: ${pattern}`);
  }
  return [];
}

function lengthViolations(
  value: unknown,
  length: number,
  { min, max }: { readonly min?: number; readonly max: number },
  path: string,
): string[] {
  if (length > max) return [violation(value, path, `Member must have length less than or equal to ${max}`)];
  if (min !== undefined && length < min) {
    return [violation(value, path, `Member must have length greater than or equal to ${min}`)];
  }
  return [];
}

function violation(value: unknown, path: string, problem: string): string {
  const shown = value === null ? 'null' : `'${typeof value === 'string' ? value : JSON.stringify(value)}'`;
  const short = shown.length > 200 ? `${shown.slice(0, 200)}...'` : shown;
  return `Value ${short} at '${path === '' ? 'request' : path}' failed to satisfy constraint: ${problem}`;
}

function member(path: string, name: string): string {
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  return path === '' ? lower : `${path}.${lower}`;
}

function isStructure(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
