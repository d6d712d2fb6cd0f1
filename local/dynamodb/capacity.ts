import type { IncomingMessage, ServerResponse } from 'node:http';

/** Capacity units, as DynamoDB charges them on demand. */
export interface Capacity {
  reads: number;
  writes: number;
}

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;

const READ_BYTES = 4096;
const WRITE_BYTES = 1024;

/** Adds what a request costs to `used`, once it is answered: nothing where it was refused. An update counts as one unit. */
export function meter(request: IncomingMessage, response: ServerResponse, used: Capacity): void {
  const operation = String(request.headers['x-amz-target']).split('.')[1];
  if (!Object.hasOwn(COSTS, operation)) return;
  const asked: Buffer[] = [];
  const answered: Buffer[] = [];
  request.on('data', (chunk: Buffer) => asked.push(chunk));
  const end = response.end.bind(response) as (...values: unknown[]) => ServerResponse;
  response.end = ((...values: unknown[]) => {
    if (typeof values[0] === 'string' || Buffer.isBuffer(values[0])) answered.push(Buffer.from(values[0] as string));
    const text = Buffer.concat(answered).toString();
    if (response.statusCode === 200 || text.includes('#ConditionalCheckFailedException')) {
      const cost = COSTS[operation](
        JSON.parse(Buffer.concat(asked).toString()) as Message,
        JSON.parse(text) as Message,
      );
      used.reads += cost.reads ?? 0;
      used.writes += cost.writes ?? 0;
    }
    return end(...values);
  }) as typeof response.end;
}

interface Message {
  readonly ConsistentRead?: boolean;
  readonly Item?: Item;
  readonly Items?: readonly Item[];
  readonly RequestItems?: Readonly<
    Record<string, { readonly Keys: readonly unknown[]; readonly ConsistentRead?: boolean }>
  >;
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
}

const COSTS: Readonly<Record<string, (asked: Message, answered: Message) => Partial<Capacity>>> = {
  GetItem: ({ ConsistentRead }, { Item }) => ({ reads: readUnits(sizeOfItem(Item ?? {}), ConsistentRead) }),
  // a batch is charged item by item, those that aren't there too.
  BatchGetItem: ({ RequestItems = {} }, { Responses = {} }) => ({
    reads: Object.entries(RequestItems).reduce((sum, [table, { Keys, ConsistentRead }]) => {
      const found = Responses[table] ?? [];
      const missing = (Keys.length - found.length) * readUnits(0, ConsistentRead);
      return found.reduce((units, item) => units + readUnits(sizeOfItem(item), ConsistentRead), sum + missing);
    }, 0),
  }),
  // what a query reads is added up before it is rounded.
  Query: ({ ConsistentRead }, { Items = [] }) => ({ reads: readUnits(sizeOfItems(Items), ConsistentRead) }),
  Scan: ({ ConsistentRead }, { Items = [] }) => ({ reads: readUnits(sizeOfItems(Items), ConsistentRead) }),
  // a write that its condition refuses is charged as well.
  PutItem: ({ Item = {} }) => ({ writes: Math.max(1, Math.ceil(sizeOfItem(Item) / WRITE_BYTES)) }),
  UpdateItem: () => ({ writes: 1 }),
  DeleteItem: () => ({ writes: 1 }),
};

function readUnits(bytes: number, consistent: boolean | undefined): number {
  return Math.max(1, Math.ceil(bytes / READ_BYTES)) * (consistent === true ? 1 : 0.5);
}

function sizeOfItems(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + sizeOfItem(item), 0);
}

/**
 * Bytes of an item as DynamoDB counts them.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOfItem(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value), 0);
}

function sizeOf(attribute: Attribute): number {
  const [[type, value]] = Object.entries(attribute);
  switch (type) {
    case 'S':
      return Buffer.byteLength(value as string);
    case 'N':
      // a byte for two digits, and one.
      return Math.ceil((value as string).replace(/[^0-9]/g, '').length / 2) + 1;
    case 'B':
      return Buffer.byteLength(value as string, 'base64');
    case 'M':
      // three bytes for the map and one for each of its entries.
      return 3 + Object.keys(value as Item).length + sizeOfItem(value as Item);
    case 'L':
      return (value as Attribute[]).reduce((sum, part) => sum + 1 + sizeOf(part), 3);
    case 'SS':
    case 'NS':
    case 'BS':
      return (value as string[]).reduce((sum, part) => sum + sizeOf({ [type[0]]: part }), 0);
    default:
      return 1;
  }
}
