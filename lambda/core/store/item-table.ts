import { ConditionalCheckFailedException, DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { CLIENT_SETTINGS } from '../aws/client-settings';
import { TooMuchContention } from '../errors';

/** Two small items are left unread only by a table that is throttled. */
const MAX_BATCH_READS = 5;

/** A table of items under a partition and a sort key: the four things that the store does with DynamoDB. */
export interface ItemTable {
  get(partition: string, key: string): Promise<Record<string, unknown> | undefined>;

  /** Two items of a partition in one request. */
  getBoth(partition: string, first: string, second: string): Promise<(Record<string, unknown> | undefined)[]>;

  /** All items of a partition whose key lies in `from <= key < to`, in order. */
  query(partition: string, from: string, to: string): Promise<Record<string, unknown>[]>;

  /** Writes an item that must not exist yet; false if it does. */
  insert(partition: string, key: string, item: object): Promise<boolean>;

  /** Replaces an item that must still have this version; false if it has another. */
  replace(partition: string, key: string, item: object, version: number): Promise<boolean>;
}

/**
 * The table in DynamoDB. All reads are consistent, all writes conditional on a single item, so that any order of crashes
 * leaves a state that Open study can settle.
 */
export class DynamoItemTable implements ItemTable {
  private readonly client: DynamoDBDocumentClient;

  /** @param settings where else than in the environment's account the table is */
  constructor(
    private readonly tableName: string,
    settings: DynamoDBClientConfig = {},
  ) {
    const client = new DynamoDBClient({ ...CLIENT_SETTINGS, ...settings });
    this.client = DynamoDBDocumentClient.from(client, {
      marshallOptions: { removeUndefinedValues: true, allowImpreciseNumbers: true },
      // numbers come back as JavaScript's own, the large ones too.
      unmarshallOptions: { wrapNumbers: (text: string) => Number(text) },
    });
  }

  async get(partition: string, key: string) {
    const answer = await this.client.send(
      new GetCommand({ TableName: this.tableName, Key: { study: partition, item: key }, ConsistentRead: true }),
    );
    return answer.Item;
  }

  async getBoth(partition: string, first: string, second: string) {
    let keys: Record<string, unknown>[] = [first, second].map((item) => ({ study: partition, item }));
    const found: Record<string, unknown>[] = [];
    for (let attempt = 0; keys.length > 0; attempt++) {
      if (attempt === MAX_BATCH_READS) throw new TooMuchContention(`the table left ${keys.length} items unread`);
      const { Responses = {}, UnprocessedKeys = {} } = await this.client.send(
        new BatchGetCommand({ RequestItems: { [this.tableName]: { Keys: keys, ConsistentRead: true } } }),
      );
      found.push(...(Responses[this.tableName] ?? []));
      // what the table was too busy for; the client's own retries don't see it.
      keys = UnprocessedKeys[this.tableName]?.Keys ?? [];
    }
    return [first, second].map((key) => found.find(({ item }) => item === key));
  }

  async query(partition: string, from: string, to: string) {
    const items: Record<string, unknown>[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await this.client.send(
        new QueryCommand({
          TableName: this.tableName,
          KeyConditionExpression: '#study = :study AND #item BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#study': 'study', '#item': 'item' },
          ExpressionAttributeValues: { ':study': partition, ':from': from, ':to': to },
          ConsistentRead: true,
          ExclusiveStartKey: start,
        }),
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    // BETWEEN includes its end.
    return items.filter((item) => item.item !== to);
  }

  insert(partition: string, key: string, item: object) {
    return this.put(partition, key, item, { ConditionExpression: 'attribute_not_exists(#item)' }, { '#item': 'item' });
  }

  replace(partition: string, key: string, item: object, version: number) {
    return this.put(
      partition,
      key,
      item,
      { ConditionExpression: '#version = :version', ExpressionAttributeValues: { ':version': version } },
      { '#version': 'version' },
    );
  }

  private async put(
    partition: string,
    key: string,
    item: object,
    condition: { ConditionExpression: string; ExpressionAttributeValues?: Record<string, unknown> },
    names: Record<string, string>,
  ): Promise<boolean> {
    try {
      await this.client.send(
        new PutCommand({
          TableName: this.tableName,
          Item: { ...(storable(item) as object), study: partition, item: key },
          ...condition,
          ExpressionAttributeNames: names,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

/** DynamoDB's numbers are 0 or have a magnitude from 1e-130 to 1e126. */
const SMALLEST = 1e-130;
const LARGEST = 1e125;

/** The same with numbers that DynamoDB can hold: a loss that explodes is still a report. */
function storable(value: unknown): unknown {
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (Math.abs(value) < SMALLEST) return 0;
    return Math.min(Math.max(value, -LARGEST), LARGEST);
  }
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, storable(part)]));
  }
  return value;
}
