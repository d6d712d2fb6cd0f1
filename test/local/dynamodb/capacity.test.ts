import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { DynamoDbServer } from '../../../local/dynamodb';
import { sizeOfItem } from '../../../local/dynamodb/capacity';

const TABLE = {
  stackName: 'Hpo',
  logicalId: 'Table',
  name: 'trials',
  arn: 'arn:aws:dynamodb:us-east-1:123456789012:table/trials',
  keySchema: [
    { AttributeName: 'study', KeyType: 'HASH' as const },
    { AttributeName: 'item', KeyType: 'RANGE' as const },
  ],
  attributeDefinitions: [
    { AttributeName: 'study', AttributeType: 'S' as const },
    { AttributeName: 'item', AttributeType: 'S' as const },
  ],
  globalSecondaryIndexes: [],
};
const TableName = TABLE.name;
const key = (item: string) => ({ study: { S: 's' }, item: { S: item } });

let server: DynamoDbServer;
let client: DynamoDBClient;

beforeEach(async () => {
  server = await DynamoDbServer.start({ tables: [TABLE] });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: server.url, region: 'us-east-1', credentials });
});

afterEach(async () => {
  client.destroy();
  await server.close();
});

test.each([
  [{ a: { S: 'four' } }, 5],
  [{ number: { N: '-123.45' } }, 10],
  [{ n: { NULL: true }, b: { BOOL: false } }, 4],
  [{ m: { M: { x: { S: 'y' } } } }, 7],
  [{ l: { L: [{ S: 'ab' }, { S: 'c' }] } }, 9],
  [{ s: { SS: ['ab', 'c'] } }, 4],
])('%j has %i bytes', (item, bytes) => {
  expect(sizeOfItem(item as never)).toBe(bytes);
});

test('a write is charged by the kilobyte, a refused one too, and what is no request is not', async () => {
  await client.send(new PutItemCommand({ TableName, Item: { ...key('1'), text: { S: 'x'.repeat(1500) } } }));
  expect(server.used).toEqual({ reads: 0, writes: 2 });
  const again = new PutItemCommand({ TableName, Item: key('1'), ConditionExpression: 'attribute_not_exists(study)' });
  await expect(client.send(again)).rejects.toThrow(/conditional/i);
  expect(server.used).toEqual({ reads: 0, writes: 3 });
  await expect(client.send(new PutItemCommand({ TableName, Item: {} }))).rejects.toThrow();
  expect(server.used).toEqual({ reads: 0, writes: 3 });
});

test('a read is charged by four kilobytes, half where it need not be consistent, and a query as a whole', async () => {
  for (const item of ['1', '2']) {
    await client.send(new PutItemCommand({ TableName, Item: { ...key(item), text: { S: 'x'.repeat(3000) } } }));
  }
  await client.send(new GetItemCommand({ TableName, Key: key('1'), ConsistentRead: true }));
  expect(server.used.reads).toBe(1);
  await client.send(new GetItemCommand({ TableName, Key: key('1') }));
  expect(server.used.reads).toBe(1.5);
  const ConsistentRead = true;
  const Keys = [key('1'), key('2'), key('3')];
  await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead } } }));
  expect(server.used.reads).toBe(4.5);
  const query = { KeyConditionExpression: 'study = :s', ExpressionAttributeValues: { ':s': { S: 's' } } };
  await client.send(new QueryCommand({ TableName, ...query, ConsistentRead }));
  expect(server.used.reads).toBe(6.5);
});
