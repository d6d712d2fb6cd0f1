import { ItemReader } from './definition';
import { StatesError } from './errors';
import { parseCsv } from './csv';
import { Frame } from './frame';
import { atPointer, isObject } from './json';

const DELIMITERS: Readonly<Record<string, string>> = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
};

/** Reads the items of a Distributed Map from an object. */
export async function readItems(frame: Frame): Promise<unknown[]> {
  const reader = frame.state.ItemReader!;
  const most = await frame.number(reader.ReaderConfig?.MaxItems, 'ItemReader/ReaderConfig/MaxItems');
  const { Bucket: bucket, Key: key } = (await frame.evaluate(reader.Arguments ?? {}, 'ItemReader/Arguments')) as Record<
    string,
    unknown
  >;
  if (typeof bucket !== 'string' || typeof key !== 'string') {
    throw failed(`ItemReader takes Arguments {Bucket, Key}, both strings, but got ${JSON.stringify({ bucket, key })}`);
  }
  const { readObject, clock } = frame.level.execution.host;
  if (readObject === undefined) throw failed(`no object store to read ${bucket}/${key} from was given`);
  let text: string;
  try {
    const content = await clock.track(readObject(bucket, key));
    text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
  } catch (e) {
    throw failed((e as Error).message);
  }
  const items = parseItems(reader, text);
  // 0 stands for no limit.
  return most ? items.slice(0, most) : items;
}

function failed(cause: string): StatesError {
  return new StatesError('States.ItemReaderFailed', cause);
}

/** The items in an object's text. */
export function parseItems(reader: ItemReader, text: string): unknown[] {
  const config = reader.ReaderConfig;
  switch (config?.InputType) {
    case 'CSV':
      return parseRows(config, text);
    case 'JSONL':
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map(parseJson);
    default: {
      const whole = parseJson(text);
      const items = config?.ItemsPointer === undefined ? whole : atPointer(whole, config.ItemsPointer);
      if (!Array.isArray(items)) throw failed('Attempting to map over non-iterable node.');
      return items;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (e) {
    throw failed(`Failed to parse the item source as JSON: ${(e as Error).message}`);
  }
}

function parseRows(config: NonNullable<ItemReader['ReaderConfig']>, text: string): unknown[] {
  const rows = parseCsv(text, DELIMITERS[config.CSVDelimiter ?? 'COMMA'] ?? ',');
  const headers = config.CSVHeaderLocation === 'GIVEN' ? (config.CSVHeaders ?? []) : (rows.shift() ?? []);
  if (new Set(headers).size < headers.length) throw failed('CSV headers cannot contain duplicates.');
  return rows.map((row) => Object.fromEntries(headers.map((header, i) => [header, row[i] ?? ''])));
}

/** What of an ItemReader this interpreter doesn't do, in words; undefined when all is done. */
export function unsupportedReader(reader: ItemReader): string | undefined {
  if (!/^arn:aws[a-z-]*:states:::s3:getObject$/.test(reader.Resource)) return `ItemReader ${reader.Resource}`;
  const config: unknown = reader.ReaderConfig;
  const type = isObject(config) ? (config.InputType ?? 'JSON') : 'JSON';
  return ['JSON', 'JSONL', 'CSV'].includes(String(type)) ? undefined : `ItemReader InputType ${JSON.stringify(type)}`;
}
