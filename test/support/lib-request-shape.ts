import { CreateTrainingJobRequest$ } from '@aws-sdk/client-sagemaker';

/**
 * A shape of AWS's SDK: `[kind, namespace, name, traits, ...]`. For a structure (3) follow its members' names and shapes,
 * for a list (1) the shape of its items, for a map (2) those of its keys and values. A number is a simple type, a function
 * gives a shape that is declared later, and a pair `[shape, traits]` a shape with traits.
 */
type Shape = number | readonly unknown[] | (() => Shape);

const KIND = { LIST: 1, MAP: 2, STRUCTURE: 3 } as const;
/** Lists and maps of simple types are a flag and the type in one number. */
const LIST_OF = 64;
const MAP_OF = 128;

/** Every field of a CreateTrainingJob request that the API doesn't know or that has another structure there, as paths. */
export function unknownFields(request: unknown): string[] {
  return check(request, CreateTrainingJobRequest$ as unknown as Shape, 'request');
}

function check(value: unknown, declared: Shape, path: string): string[] {
  // an expression may stand for anything.
  if (typeof value === 'string' && value.startsWith('{%')) return [];

  const shape = resolve(declared);
  const isList = shape === LIST_OF || (Array.isArray(shape) && shape[0] === KIND.LIST);
  const isObject = shape === MAP_OF || (Array.isArray(shape) && (shape[0] === KIND.MAP || shape[0] === KIND.STRUCTURE));
  if (isList !== Array.isArray(value) || isObject !== isPlainObject(value)) return [`${path} has another structure`];

  if (!Array.isArray(shape)) return [];
  if (isList) return (value as unknown[]).flatMap((item, i) => check(item, shape[4] as Shape, `${path}[${i}]`));
  if (shape[0] !== KIND.STRUCTURE) return [];
  const [, , , , names, shapes] = shape as [number, string, string, unknown, string[], Shape[]];
  return Object.entries(value as object).flatMap(([name, item]) => {
    const index = names.indexOf(name);
    return index < 0 ? [`${path}.${name} is unknown`] : check(item, shapes[index]!, `${path}.${name}`);
  });
}

function resolve(shape: Shape): Shape {
  if (typeof shape === 'function') return resolve(shape());
  if (Array.isArray(shape) && typeof shape[0] !== 'number') return resolve(shape[0] as Shape);
  return Array.isArray(shape) && shape.length === 2 ? resolve(shape[0] as Shape) : shape;
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
