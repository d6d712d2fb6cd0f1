import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDbServer } from '../../../local/dynamodb';
import type { TableDescription } from '../../../local/template';

const TABLE: TableDescription = {
  stackName: 'Hpo',
  logicalId: 'Table',
  name: 'trials',
  arn: 'arn:aws:dynamodb:us-east-1:123456789012:table/trials',
  keySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  attributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'state', AttributeType: 'S' },
    { AttributeName: 'unused', AttributeType: 'S' },
  ],
  globalSecondaryIndexes: [
    {
      IndexName: 'by-state',
      KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};

let folder: string;
const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdk-hpo-dynamodb-'));
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Parameters<typeof DynamoDbServer.start>[0]): Promise<DynamoDbServer> {
  const server = await DynamoDbServer.start(options);
  cleanUps.push(() => server.close());
  return server;
}

function clientOf(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  cleanUps.push(() => client.destroy());
  return client;
}

/** A process that has the folder open, and the URL it listens on or why it does not. */
async function openElsewhere(path: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [join(__dirname, 'open-database.cjs'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: chunk.toString().trim() };
}

test("the template's tables answer the AWS SDK, with conditions and indexes", async () => {
  const client = clientOf((await start({ tables: [TABLE] })).url);
  const Item = { pk: { S: 'study' }, sk: { S: 'trial#1' }, state: { S: 'RUNNING' } };
  const put = () =>
    client.send(new PutItemCommand({ TableName: 'trials', Item, ConditionExpression: 'attribute_not_exists(pk)' }));
  await put();
  await expect(put()).rejects.toThrow(ConditionalCheckFailedException);
  const { Items } = await client.send(
    new QueryCommand({
      TableName: 'trials',
      IndexName: 'by-state',
      KeyConditionExpression: '#state = :state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': { S: 'RUNNING' } },
    }),
  );
  expect(Items).toEqual([Item]);
});

test('data on disk is there after a close, and the tables are not made anew', async () => {
  const path = join(folder, 'db');
  const first = await DynamoDbServer.start({ folder: path, tables: [TABLE] });
  const Item = { pk: { S: 'a' }, sk: { S: 'b' } };
  await clientOf(first.url).send(new PutItemCommand({ TableName: 'trials', Item }));
  await first.close();
  const client = clientOf((await start({ folder: path, tables: [TABLE] })).url);
  expect((await client.send(new GetItemCommand({ TableName: 'trials', Key: Item }))).Item).toEqual(Item);
});

test('every write that was answered is there after a SIGKILL, stale lock or not', async () => {
  const path = join(folder, 'db');
  const { child, said } = await openElsewhere(path);
  const client = clientOf(said);
  let answered = 0;
  const writing = (async () => {
    for (let i = 0; ; i++) {
      await client.send(new PutItemCommand({ TableName: 'trials', Item: { pk: { S: `item-${i}` } } }));
      answered = i + 1;
    }
  })().catch(() => undefined);
  while (answered < 300) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  client.destroy();
  await Promise.all([writing, once(child, 'exit')]);
  expect(existsSync(join(path, 'data', 'LOCK'))).toBe(true);
  const again = clientOf((await start({ folder: path })).url);
  for (let i = 0; i < answered; i++) {
    const { Item } = await again.send(
      new GetItemCommand({ TableName: 'trials', Key: { pk: { S: `item-${i}` } }, ConsistentRead: true }),
    );
    expect(Item).toBeDefined();
  }
});

test('a folder that another process has open is refused by name', async () => {
  const path = join(folder, 'db');
  await openElsewhere(path);
  await expect(DynamoDbServer.start({ folder: path })).rejects.toThrow(/is in use by another process\. End the other/);
});

test('a folder that this process has open is refused too', async () => {
  const path = join(folder, 'db');
  await start({ folder: path });
  await expect(DynamoDbServer.start({ folder: path })).rejects.toThrow(/is in use by another process/);
});

test('of two that start at once, one is refused', async () => {
  const path = join(folder, 'db');
  const started = await Promise.allSettled([start({ folder: path }), start({ folder: path })]);
  expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('a damaged database is named', async () => {
  const path = join(folder, 'db');
  await (await DynamoDbServer.start({ folder: path, tables: [TABLE] })).close();
  writeFileSync(join(path, 'data', 'CURRENT'), 'nonsense');
  await expect(DynamoDbServer.start({ folder: path })).rejects.toThrow(/can't be opened: .*Delete it to start anew/);
});

test('a table that DynamoDB refuses is named', async () => {
  const starting = DynamoDbServer.start({ tables: [{ ...TABLE, name: 'x' }] });
  await expect(starting).rejects.toThrow(/the table x \(Hpo\/Table\) can't be created: /);
});

test('a client that goes away in the middle of a request leaves the server alive', async () => {
  const server = await start({ tables: [TABLE] });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"half":');
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { TableNames } = await clientOf(server.url).send(new ListTablesCommand({}));
  expect(TableNames).toEqual(['trials']);
});

test.each([{ host: 'evil.example' }, { host: '127.0.0.1', origin: 'https://evil.example' }])(
  'a web page with %j gets no answer',
  async (headers) => {
    const { url } = await start({});
    const status = await new Promise((resolve) => {
      request(url, { method: 'OPTIONS', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  },
);
